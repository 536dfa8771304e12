"""Repairs: forgotten products, and rows that do not match their records."""

import pytest
from fakes import InlineQueue

from indexer.reconcile import Audit, audit, sweep
from services.bootstrap import Platform
from services.errors import Unavailable


@pytest.fixture
def full(platform: Platform, queue: InlineQueue, make) -> Platform:
    """A platform with ten products indexed."""
    products = [make(f"p{i}", "red", "blue") for i in range(10)]
    platform.catalogue.put(products)
    queue.send([product.id for product in products])
    assert platform.index.store().count() == 20
    return platform


def compare(platform: Platform, fix: bool = False) -> Audit:
    return audit(platform.catalogue, platform.claims, platform.index.store(), fix, chunk=3)


def repair(platform: Platform, queue: InlineQueue) -> None:
    compare(platform, fix=True)
    sweep(platform.claims, queue.send, room=1000)


def later(platform: Platform, monkeypatch, seconds: float) -> None:
    clock = platform.claims._clock
    monkeypatch.setattr(platform.claims, "_clock", lambda: clock() + seconds)


def test_what_was_never_queued_is_swept_up(platform, queue: InlineQueue, make, monkeypatch) -> None:
    platform.catalogue.put([make("p", "red")])
    assert sweep(platform.claims, queue.send, room=10) == 0, "its message may still come"
    later(platform, monkeypatch, 31)
    assert sweep(platform.claims, queue.send, room=0) == 0, "the queue is full"
    assert sweep(platform.claims, queue.send, room=10) == 1
    assert platform.catalogue.get("p").state == "indexed"


def test_a_sweep_while_the_queue_is_away_forgets_nothing(platform, queue, make, monkeypatch) -> None:
    platform.catalogue.put([make("p", "red")])
    later(platform, monkeypatch, 31)
    queue.away = True
    with pytest.raises(Unavailable):
        sweep(platform.claims, queue.send, room=10)
    queue.away = False
    later(platform, monkeypatch, 31)
    assert sweep(platform.claims, queue.send, room=10) == 1


def test_agreement(full: Platform) -> None:
    assert compare(full) == Audit(checked=20)
    assert compare(full).clean


def test_missing_rows_come_back(full: Platform, queue: InlineQueue) -> None:
    store = full.index.store()
    store.delete([row.key for row in store.rows_of(["p3", "p7"])][:3])
    assert compare(full).missing == 3
    repair(full, queue)
    assert compare(full) == Audit(checked=20)


def test_stale_rows_are_written_anew(full: Platform, queue: InlineQueue, make) -> None:
    store = full.index.store()
    old = store.rows_of(["p1"], with_vectors=True)
    full.catalogue.put([make("p1", "red", "green")])
    queue.send(["p1"])
    store.upsert(old)  # a worker that was stopped for long, and died after it wrote
    found = compare(full)
    assert (found.stale, found.orphaned) == (1, 1)
    repair(full, queue)
    assert compare(full) == Audit(checked=20)
    assert {row.image for row in store.rows_of(["p1"])} == {"red", "green"}


def test_orphans_go(full: Platform, queue: InlineQueue, make) -> None:
    store = full.index.store()
    late = store.rows_of(["p2"], with_vectors=True)
    full.catalogue.delete("p2")
    queue.send(["p2"])
    store.upsert(late)
    store.upsert([type(late[0])(**{**late[0].__dict__, "product_id": "stranger'] or id != '"})])
    assert compare(full).orphaned == 3
    repair(full, queue)
    assert compare(full) == Audit(checked=18)
    assert store.count() == 18


def test_a_lost_index_is_restored_whole(full: Platform, queue: InlineQueue) -> None:
    store = full.index.store()
    store.delete([row.key for chunk in store.scan() for row in chunk])
    assert compare(full).missing == 20
    repair(full, queue)
    assert compare(full) == Audit(checked=20)


def test_a_bad_photo_is_not_missing_for_ever(platform, queue: InlineQueue, make) -> None:
    platform.catalogue.put([make("half", "red", "broken"), make("bad", "broken")])
    queue.send(["half", "bad"])
    assert compare(platform).clean
