"""Rebuild: the new index is complete before it serves, and no failure touches the old one."""

from dataclasses import replace

import pytest
from fakes import ColourEncoder, InlineQueue

from indexer.rebuild import LOCK, Rebuild
from indexer.reconcile import audit, sweep
from indexer.rows import RowBuilder
from services.bootstrap import Platform
from services.encoders import ModelInfo
from services.errors import Conflict, IndexMismatch, Unavailable
from services.search import Query, TextPart


class OtherEncoder(ColourEncoder):
    """The same space, by another name."""

    model = ModelInfo("other", "2", "2" * 64, 4)


@pytest.fixture
def full(platform: Platform, queue: InlineQueue, make) -> Platform:
    products = [make(f"p{i}", "red", "blue") for i in range(10)] + [make("bad", "broken"), make("gone", "red")]
    platform.catalogue.put(products)
    queue.send([product.id for product in products])
    platform.catalogue.delete("gone")
    queue.send(["gone"])
    return platform


def rebuild_with(platform: Platform, builder: RowBuilder, model: ModelInfo | None = None) -> Rebuild:
    return Rebuild(
        platform.catalogue,
        platform.claims,
        platform.locks,
        platform.indexes,
        builder,
        model or platform.encoder.model,
    )


def ids(platform: Platform) -> list[str]:
    return sorted(hit.record.product.id for hit in platform.search.run(Query(texts=[TextPart("red")], limit=100)).hits)


def test_a_new_generation_serves_the_same_products(full: Platform, builder: RowBuilder) -> None:
    before, reports = ids(full), []
    rebuilt = rebuild_with(full, builder).run(lambda done, total: reports.append((done, total)))
    assert (rebuilt.name.generation, rebuilt.rows, rebuilt.failed) == (2, 20, 1)
    assert reports[-1] == (12, 12)
    full.index.forget()
    assert ids(full) == before
    assert full.search.run(Query(texts=[TextPart("red")])).index.generation == 2
    assert full.indexes.names() == [rebuilt.name], "the old one is gone"


@pytest.mark.parametrize("failing", ["build", "upsert", "promote"])
def test_any_failure_leaves_the_old_one_serving(full: Platform, builder: RowBuilder, monkeypatch, failing) -> None:
    before = ids(full)

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("it broke")

    if failing == "build":
        monkeypatch.setattr(builder, "build", fail)
    elif failing == "promote":
        monkeypatch.setattr(full.indexes, "promote", fail)
    else:
        create = full.indexes.create

        def create_broken(*arguments):
            store = create(*arguments)
            monkeypatch.setattr(store, "upsert", fail)
            return store

        monkeypatch.setattr(full.indexes, "create", create_broken)
    with pytest.raises(Unavailable):
        rebuild_with(full, builder).run(lambda *_: None)
    full.index.forget()
    assert ids(full) == before
    assert [name.generation for name in full.indexes.names()] == [1], "nothing half-built is left"


def test_changes_made_meanwhile_reach_the_new_index(full: Platform, builder: RowBuilder, queue, make) -> None:
    def meanwhile(done: int, total: int) -> None:
        full.catalogue.put([replace(make("p1", "green"), attributes={"title": "new"}), make("late", "red")])
        full.catalogue.delete("p2")
        queue.send(["p1", "late", "p2"])

    rebuild_with(full, builder).run(meanwhile)
    full.index.forget()
    sweep(full.claims, queue.send, room=1000)
    assert audit(full.catalogue, full.claims, full.index.store(), fix=False).clean
    assert "late" in ids(full)
    assert "p2" not in ids(full)


def test_two_at_once_are_refused(full: Platform, builder: RowBuilder) -> None:
    with full.locks.hold(LOCK, 60), pytest.raises(Conflict, match="another rebuild"):
        rebuild_with(full, builder).run(lambda *_: None)


def test_what_a_dead_rebuild_left_is_removed(full: Platform, builder: RowBuilder) -> None:
    left = replace(full.indexes.live(), generation=2)
    full.indexes.create(left, 4)
    rebuilt = rebuild_with(full, builder).run(lambda *_: None)
    assert full.indexes.names() == [rebuilt.name]


def test_another_model_takes_over(full: Platform) -> None:
    other = OtherEncoder()
    builder = RowBuilder(other, full.images, full.limits)
    rebuild_with(full, builder, other.model).run(lambda *_: None)
    full.index.forget()
    with pytest.raises(IndexMismatch, match="lookalike rebuild"):
        full.search.run(Query(texts=[TextPart("red")]))
