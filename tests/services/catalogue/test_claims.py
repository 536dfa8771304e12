"""Claims: who works on what, late workers, lost messages, products that kill."""

from dataclasses import replace

import pytest

from services.catalogue import Catalogue, Claims, Outcome
from services.products import Problem, Product

AWAY = Problem("unavailable", "Milvus is away")


def done(revision: int, product_id: str = "p1") -> list[Outcome]:
    return [Outcome(product_id, revision, indexed=True)]


def test_one_worker_at_a_time(catalogue: Catalogue, claims: Claims, product: Product) -> None:
    catalogue.put([product])
    assert [record.revision for record in claims.take(["p1"], "a")] == [1]
    assert claims.take(["p1"], "b") == []
    assert claims.finish("a", done(1)) == []
    assert catalogue.get("p1").state == "indexed"
    assert claims.take(["p1"], "b") == [], "what is indexed needs no work"


def test_a_record_that_moved_on_is_done_again_by_the_same_worker(
    catalogue: Catalogue, claims: Claims, product: Product
) -> None:
    catalogue.put([product])
    claims.take(["p1"], "a")
    catalogue.put([replace(product, attributes={"title": "newer"})])
    assert claims.finish("a", done(1)) == ["p1"]
    assert catalogue.get("p1").state == "queued"
    (again,) = claims.take(["p1"], "a")
    assert again.product.attributes == {"title": "newer"}
    assert claims.finish("a", done(2)) == []
    assert catalogue.get("p1").state == "indexed"


def test_a_claim_ends_with_its_lease(catalogue: Catalogue, claims: Claims, product: Product, clock) -> None:
    catalogue.put([product])
    claims.take(["p1"], "dead")
    clock.now += 39
    assert claims.due(10) == []
    assert claims.take(["p1"], "b") == []
    clock.now += 2
    assert claims.due(10) == ["p1"]
    assert len(claims.take(["p1"], "b")) == 1


def test_late_writes_over_a_newer_index_are_done_afresh(
    catalogue: Catalogue, claims: Claims, product: Product, clock
) -> None:
    """`a` sleeps through its lease; `b` indexes a newer revision; then `a` writes its old rows, and finishes."""
    catalogue.put([product])
    claims.take(["p1"], "a")
    clock.now += 41
    catalogue.put([replace(product, attributes={"title": "newer"})])
    claims.take(["p1"], "b")
    assert claims.finish("b", done(2)) == []
    assert claims.finish("a", done(1)) == ["p1"], "it is told that its work was overtaken"
    record = catalogue.get("p1")
    assert (record.state, record.revision) == ("queued", 3), "and the index is written afresh"
    assert claims.due(10) == ["p1"]


def test_late_writes_while_another_works_make_that_one_start_over(
    catalogue: Catalogue, claims: Claims, product: Product, clock
) -> None:
    catalogue.put([product])
    claims.take(["p1"], "a")
    clock.now += 41
    catalogue.delete("p1")
    claims.take(["p1"], "b")
    assert claims.finish("a", done(1)) == ["p1"]
    assert claims.take(["p1"], "a") == [], "b holds it"
    assert claims.finish("b", done(2)) == ["p1"], "b removed the rows before a wrote them again"
    (again,) = claims.take(["p1"], "b")
    assert again.deleted


def test_a_late_worker_that_wrote_the_newest_revision_does_no_harm(
    catalogue: Catalogue, claims: Claims, product: Product, clock
) -> None:
    catalogue.put([product])
    claims.take(["p1"], "a")
    clock.now += 41
    claims.take(["p1"], "b")
    assert claims.finish("b", done(1)) == []
    assert claims.finish("a", done(1)) == []
    assert catalogue.get("p1").revision == 1


def test_a_lost_message_is_sent_again_but_not_at_once(
    catalogue: Catalogue, claims: Claims, product: Product, clock
) -> None:
    catalogue.put([replace(product, id=f"p{i}") for i in range(5)])
    assert claims.due(10) == []
    clock.now += 31
    assert sorted(claims.due(3) + claims.due(3)) == [f"p{i}" for i in range(5)]
    assert claims.due(3) == []
    clock.now += 31
    assert len(claims.due(10)) == 5


def test_an_outage_does_not_count_as_an_attempt(catalogue: Catalogue, claims: Claims, product: Product, clock) -> None:
    catalogue.put([product])
    for _ in range(20):
        assert claims.take(["p1"], "a")
        claims.release("a", AWAY, counts=False)
        clock.now += 31
        assert claims.due(10) == ["p1"]
    record = catalogue.get("p1")
    assert (record.state, record.problem) == ("queued", AWAY)


def test_a_product_that_kills_its_worker_is_given_up(
    catalogue: Catalogue, claims: Claims, product: Product, clock
) -> None:
    catalogue.put([product])
    for _ in range(3):
        assert claims.take(["p1"], "dies")
        clock.now += 41
        claims.due(10)
    record = catalogue.get("p1")
    assert record.state == "failed"
    assert record.problem is not None
    assert record.problem.code == "gave_up"
    assert claims.due(10) == []


def test_redo_leaves_alone_what_waits_anyway(catalogue: Catalogue, claims: Claims, product: Product) -> None:
    catalogue.put([product, replace(product, id="waits")])
    claims.take(["p1"], "a")
    claims.finish("a", done(1))
    assert claims.redo(["p1", "waits", "unknown"]) == 1
    assert catalogue.get("p1").state == "queued"


def test_bury_makes_tombstones_for_strangers_only(catalogue: Catalogue, claims: Claims, product: Product) -> None:
    catalogue.put([product])
    claims.bury(["p1", "stranger", "stranger"])
    assert catalogue.get("p1").revision == 1
    (tombstone,) = claims.take(["stranger"], "a")
    assert tombstone.deleted


@pytest.mark.parametrize("indexed", [True, False])
def test_a_problem_is_kept_with_the_outcome(
    catalogue: Catalogue, claims: Claims, product: Product, indexed: bool
) -> None:
    catalogue.put([product])
    claims.take(["p1"], "a")
    bad = Problem("bad_image", "image 'back': truncated")
    claims.finish("a", [Outcome("p1", 1, indexed, bad)])
    record = catalogue.get("p1")
    assert (record.state, record.problem) == ("indexed" if indexed else "failed", bad)
    assert record.attempts == (0 if indexed else 1)


def test_a_passing_failure_waits_longer_each_time(
    catalogue: Catalogue, claims: Claims, product: Product, clock
) -> None:
    """Twice as long, with jitter between a half and the whole."""
    catalogue.put([product])
    problem = Problem("unreachable_url", "503")
    for attempt, longest in enumerate((2, 4), 1):
        (record,) = claims.take(["p1"], "w")
        assert (record.attempts, record.deferrals) == (attempt, attempt - 1)
        again = Outcome("p1", 1, indexed=False, problem=problem, again=True, deferrals=record.deferrals)
        assert claims.finish("w", [again]) == []
        record = catalogue.get("p1")
        assert (record.state, record.problem, record.problem_at) == ("queued", problem, clock.now)
        clock.now += longest / 2 - 0.01
        assert claims.due(10) == []
        clock.now += longest / 2 + 0.02
        assert claims.due(10) == ["p1"]
    claims.take(["p1"], "w")
    claims.finish("w", [Outcome("p1", 1, indexed=True)])
    record = catalogue.get("p1")
    assert (record.state, record.problem, record.attempts, record.deferrals) == ("indexed", None, 0, 0)


def test_an_attempt_that_does_not_count(catalogue: Catalogue, claims: Claims, product: Product) -> None:
    catalogue.put([product])
    claims.take(["p1"], "w")
    claims.finish("w", [Outcome("p1", 1, indexed=False, again=True, counts=False)])
    assert catalogue.get("p1").attempts == 0


def test_pauses_while_a_component_is_away_grow_up_to_a_limit(
    catalogue: Catalogue, claims: Claims, product: Product, clock
) -> None:
    catalogue.put([product])
    waits = []
    for _ in range(8):
        assert claims.take(["p1"], "w")
        claims.release("w", AWAY, counts=False)
        began = clock.now
        while not claims.due(1):
            clock.now += 0.5
        waits.append(clock.now - began)
    assert waits[0] <= 2.5
    assert all(15 <= wait <= 30.5 for wait in waits[5:]), "up to resend_after_s"
    assert catalogue.get("p1").attempts == 0


def test_a_message_for_one_takes_others_along_that_are_new(
    catalogue: Catalogue, claims: Claims, product: Product
) -> None:
    catalogue.put([replace(product, id=f"p{i}") for i in range(6)])
    claims.take(["p5"], "tried before")
    claims.release("tried before", AWAY, counts=False)
    claims.take(["p4"], "busy")
    taken = claims.take(["p0"], "w", extra=3)
    assert {record.product.id for record in taken} == {"p0", "p1", "p2", "p3"}
    assert claims.take(["p1"], "other") == [], "its own message finds nothing to do"


def test_problems_of_photos_are_kept_by_name(catalogue: Catalogue, claims: Claims, product: Product) -> None:
    catalogue.put([product])
    claims.take(["p1"], "w")
    bad = {"back": Problem("bad_image", "truncated")}
    claims.finish("w", [Outcome("p1", 1, indexed=True, problem=bad["back"], image_problems=bad)])
    assert catalogue.get("p1").image_problems == bad
    catalogue.put([replace(product, attributes={"title": "newer"})])
    assert catalogue.get("p1").image_problems == {}
