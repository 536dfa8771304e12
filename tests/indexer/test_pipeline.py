"""The pipeline: what the index holds after any order of changes, late workers and failures."""

from contextlib import suppress
from dataclasses import replace

import pytest

from indexer.pipeline import Pipeline
from indexer.reconcile import sweep
from indexer.rows import RowBuilder
from services.bootstrap import Platform
from services.errors import InvalidRequest, Unavailable
from services.stores import Row, VectorStore


def rows(platform: Platform, *product_ids: str) -> dict[tuple[str, str], int]:
    """The rows of products: (product, image) to revision."""
    return {(row.product_id, row.image): row.revision for row in platform.index.store().rows_of(product_ids)}


class Meddling:
    """A store that lets something happen right before or after its rows are written."""

    def __init__(self, store: VectorStore, before=lambda: None, after=lambda: None) -> None:
        self._store, self._before, self._after = store, before, after

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    def upsert(self, written: list[Row]) -> None:
        before, self._before = self._before, lambda: None
        after, self._after = self._after, lambda: None
        before()
        self._store.upsert(written)
        after()


def meddle(monkeypatch, platform: Platform, **hooks) -> None:
    """Have hooks run around the next upsert of whoever resolves the live index next."""
    store = platform.index.store()
    stores = iter([Meddling(store, **hooks)])
    monkeypatch.setattr(platform.index, "store", lambda: next(stores, store))


def test_products_are_indexed_with_their_attributes(platform, pipeline: Pipeline, make) -> None:
    platform.catalogue.put([make("p", "red", "blue", category="Tops")])
    assert pipeline.run(["p"]) == 1
    assert rows(platform, "p") == {("p", "red"): 1, ("p", "blue"): 1}
    (row, _) = platform.index.store().rows_of(["p"])
    assert row.attributes["category"] == "Tops"
    assert platform.catalogue.get("p").state == "indexed"


def test_a_doubled_message_is_no_work(platform, pipeline: Pipeline, make) -> None:
    platform.catalogue.put([make("p", "red")])
    assert [pipeline.run(["p", "p"]), pipeline.run(["p"]), pipeline.run(["unknown"])] == [1, 0, 0]
    assert platform.encoder.encoded == 1


def test_a_new_photo_is_embedded_and_a_removed_one_leaves(platform, pipeline: Pipeline, make) -> None:
    platform.catalogue.put([make("p", "red", "blue")])
    pipeline.run(["p"])
    platform.catalogue.put([make("p", "red", "green")])
    pipeline.run(["p"])
    assert rows(platform, "p") == {("p", "red"): 2, ("p", "green"): 2}
    assert platform.encoder.encoded == 3, "the photo that stayed was not embedded again"


def test_one_photo_in_many_products_is_embedded_once(platform, pipeline: Pipeline, make) -> None:
    platform.catalogue.put([make(f"p{i}", "red") for i in range(5)])
    pipeline.run([f"p{i}" for i in range(5)])
    assert platform.encoder.encoded == 1
    assert platform.index.store().count() == 5


def test_a_bad_photo_costs_its_row_and_never_the_others(platform, pipeline: Pipeline, make) -> None:
    platform.catalogue.put([make("good", "red"), make("half", "blue", "broken"), make("bad", "broken")])
    pipeline.run(["good", "half", "bad"])
    assert rows(platform, "good", "half", "bad") == {("good", "red"): 1, ("half", "blue"): 1}
    half, bad = platform.catalogue.get("half"), platform.catalogue.get("bad")
    assert (half.state, half.problem.code) == ("indexed", "bad_image")
    assert (bad.state, bad.problem.code) == ("failed", "bad_image")
    assert "'broken'" in bad.problem.detail


def test_a_photo_that_broke_takes_the_old_row_along(platform, pipeline: Pipeline, make) -> None:
    platform.catalogue.put([make("p", "red")])
    pipeline.run(["p"])
    platform.catalogue.put([make("p", "broken")])
    pipeline.run(["p"])
    assert rows(platform, "p") == {}, "the index never shows a photo that the record no longer has"


def test_deleted_products_leave_and_stay_away(platform, pipeline: Pipeline, make) -> None:
    platform.catalogue.put([make("p", "red"), make("other", "red")])
    pipeline.run(["p", "other"])
    platform.catalogue.delete("p")
    pipeline.run(["p"])
    pipeline.run(["p"])
    assert rows(platform, "p", "other") == {("other", "red"): 1}


def test_a_change_while_embedding_is_indexed_before_the_worker_lets_go(
    platform, pipeline: Pipeline, make, monkeypatch
) -> None:
    platform.catalogue.put([make("p", "red")])
    meddle(monkeypatch, platform, after=lambda: platform.catalogue.put([make("p", "blue")]))
    pipeline.run(["p"])
    assert rows(platform, "p") == {("p", "blue"): 2}
    assert platform.catalogue.get("p").state == "indexed"


def test_a_delete_while_embedding_wins(platform, pipeline: Pipeline, make, monkeypatch) -> None:
    platform.catalogue.put([make("p", "red")])
    meddle(monkeypatch, platform, before=lambda: platform.catalogue.delete("p"))
    pipeline.run(["p"])
    assert rows(platform, "p") == {}


@pytest.mark.parametrize("deleted", [False, True])
def test_a_stale_worker_that_writes_late_does_not_win(
    platform: Platform, builder: RowBuilder, make, monkeypatch, deleted: bool
) -> None:
    """One worker sleeps through its lease right before it writes; another indexes a newer state meanwhile."""
    now = 1_000_000.0
    monkeypatch.setattr(platform.claims, "_clock", lambda: now)
    platform.catalogue.put([make("p", "red")])

    def overtake() -> None:
        nonlocal now
        now += 100
        if deleted:
            platform.catalogue.delete("p")
        else:
            platform.catalogue.put([make("p", "blue")])
        assert Pipeline(platform.claims, builder, platform.index).run(["p"]) == 1

    meddle(monkeypatch, platform, before=overtake)
    Pipeline(platform.claims, builder, platform.index).run(["p"])
    assert [image for _, image in rows(platform, "p")] == ([] if deleted else ["blue"])
    (record,) = platform.catalogue.get_many(["p"]).values()
    assert record.indexed_revision == record.revision
    assert record.deleted is deleted


def test_an_outage_releases_everything_and_says_why(platform, pipeline: Pipeline, make, monkeypatch) -> None:
    platform.catalogue.put([make("p", "red")])

    def away() -> None:
        raise Unavailable("Milvus does not answer")

    meddle(monkeypatch, platform, before=away)
    with pytest.raises(Unavailable):
        pipeline.run(["p"])
    record = platform.catalogue.get("p")
    assert (record.state, record.attempts, record.problem.code) == ("queued", 0, "unavailable")
    pipeline.run(["p"])
    assert (platform.catalogue.get("p").state, platform.catalogue.get("p").problem) == ("indexed", None)


def test_a_crash_in_the_middle_is_counted_and_released(platform, pipeline: Pipeline, make, monkeypatch) -> None:
    platform.catalogue.put([make("p", "red")])

    def crash() -> None:
        raise MemoryError("too much")

    meddle(monkeypatch, platform, before=crash)
    with pytest.raises(MemoryError):
        pipeline.run(["p"])
    record = platform.catalogue.get("p")
    assert (record.state, record.attempts, record.problem.code) == ("queued", 1, "interrupted")


def test_one_product_that_the_store_refuses_does_not_hold_up_the_others(
    platform, pipeline: Pipeline, make, monkeypatch
) -> None:
    store = platform.index.store()
    write = store.upsert

    def refuse(written: list[Row]) -> None:
        if any(row.product_id == "odd" for row in written):
            raise InvalidRequest("the store will not have it")
        write(written)

    monkeypatch.setattr(store, "upsert", refuse)
    platform.catalogue.put([make("a", "red"), make("odd", "red"), make("z", "red")])
    pipeline.run(["a", "odd", "z"])
    assert [platform.catalogue.get(key).state for key in ("a", "odd", "z")] == ["indexed", "failed", "indexed"]


def test_a_product_that_is_refused_now_is_not_found_as_it_was(platform, pipeline: Pipeline, make, monkeypatch) -> None:
    platform.catalogue.put([make("p", "red"), make("other", "red")])
    pipeline.run(["p", "other"])

    def refuse(written: list[Row]) -> None:
        raise InvalidRequest("the store will not have it")

    monkeypatch.setattr(platform.index.store(), "upsert", refuse)
    platform.catalogue.put([make("p", "blue")])
    pipeline.run(["p"])
    assert platform.catalogue.get("p").state == "failed"
    assert rows(platform, "p", "other") == {("other", "red"): 1}


def test_a_product_that_never_stands_still_is_left_for_later(platform, pipeline: Pipeline, make, monkeypatch) -> None:
    platform.catalogue.put([make("p", "red")])
    finish = platform.claims.finish

    def meanwhile(*arguments):
        platform.catalogue.put([replace(make("p", "red"), attributes={"n": platform.catalogue.get("p").revision})])
        return finish(*arguments)

    monkeypatch.setattr(platform.claims, "finish", meanwhile)
    assert pipeline.run(["p"], max_s=0.3) >= 0
    assert platform.catalogue.get("p").state == "queued"
    monkeypatch.undo()
    assert pipeline.run(["p"]) == 1, "nobody holds a claim on it"


def test_a_product_that_ends_its_worker_takes_no_others_with_it(platform, pipeline, builder, make, monkeypatch) -> None:
    """Ten in one message, again and again; nine are indexed in the end, and one is given up."""
    platform.catalogue.put([make(f"p{number}", "red") for number in range(10)])
    build, clock, late = builder.build, platform.claims._clock, [0.0]
    monkeypatch.setattr(platform.claims, "_clock", lambda: clock() + late[0])

    def fatal(records, *rest):
        if any(record.product.id == "p4" for record in records):
            raise RuntimeError("the end")
        return build(records, *rest)

    def work(product_ids) -> None:
        with suppress(RuntimeError):
            pipeline.run(list(product_ids))

    monkeypatch.setattr(builder, "build", fatal)
    work([f"p{number}" for number in range(10)])
    for _ in range(12):
        late[0] += 60
        sweep(platform.claims, work, room=1000)
    counts = platform.catalogue.counts()
    assert (counts["indexed"], counts["failed"], counts["queued"]) == (9, 1, 0)
    record = platform.catalogue.get("p4")
    assert (record.state, record.problem.code, record.attempts) == ("failed", "gave_up", platform.claims.max_attempts)
