"""The scheduled comparison, slice by slice: the same findings, whoever dies in between."""

from dataclasses import replace

import pytest
from fakes import InlineQueue

from indexer.audit_slices import audit_slice
from indexer.reconcile import Audit
from services.bootstrap import Platform

ENOUGH_S = 60.0


@pytest.fixture
def damaged(platform: Platform, queue: InlineQueue, make) -> Platform:
    """1,200 products, of which two lost a row, one has a stale one; and a stranger's row."""
    platform.catalogue.put([make(f"p{n:04}", "red") for n in range(1200)])
    queue.send([f"p{n:04}" for n in range(1200)])
    store = platform.index.store()
    rows = {row.product_id: row for row in store.rows_of(["p0003", "p1100", "p0700"], with_vectors=True)}
    store.delete([rows["p0003"].key, rows["p1100"].key])
    store.upsert([replace(rows["p0700"], content_hash="0" * 64), replace(rows["p0700"], product_id="stranger")])
    return platform


def count_slices(platform: Platform, queue: InlineQueue) -> tuple[int, Audit]:
    done = audit_slice(platform, queue.send, -1, fresh=True)
    number = 1
    while done is not None and done.more:
        done = audit_slice(platform, queue.send, -1, fresh=False)
        number += 1
    assert done is not None
    return number, done.found


def test_slices_find_what_one_pass_finds_and_repair_it(damaged: Platform, queue: InlineQueue) -> None:
    number, found = count_slices(damaged, queue)
    assert number >= 6, "three chunks of records, and three of rows"
    assert found == Audit(checked=1200, missing=2, stale=1, orphaned=1)
    assert damaged.index.store().count() == 1200
    assert audit_slice(damaged, queue.send, ENOUGH_S, fresh=True).found == Audit(checked=1200)


def test_a_second_clock_tick_does_not_begin_another(damaged: Platform, queue: InlineQueue) -> None:
    assert audit_slice(damaged, queue.send, -1, fresh=True).more
    assert audit_slice(damaged, queue.send, -1, fresh=True) is None
    with damaged.locks.hold("audit", 60):
        assert audit_slice(damaged, queue.send, -1, fresh=False) is None


def test_one_whose_message_was_lost_is_gone_on_with(damaged: Platform, queue: InlineQueue, monkeypatch) -> None:
    assert audit_slice(damaged, queue.send, -1, fresh=True).found.checked == 500
    clock = damaged.places._clock
    monkeypatch.setattr(damaged.places, "_clock", lambda: clock() + damaged.settings.audit_interval_s)
    done = audit_slice(damaged, queue.send, ENOUGH_S, fresh=True)
    assert (done.more, done.found) == (False, Audit(checked=1200, missing=2, stale=1, orphaned=1))


def test_a_late_message_after_the_end_is_no_work(damaged: Platform, queue: InlineQueue) -> None:
    assert audit_slice(damaged, queue.send, ENOUGH_S, fresh=True).more is False
    assert audit_slice(damaged, queue.send, ENOUGH_S, fresh=False) is None
