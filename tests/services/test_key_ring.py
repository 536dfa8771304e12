"""Keys in memory: no look into the database but every few seconds, and what happens when it is away or hangs."""

import threading
from dataclasses import dataclass, field

import pytest
from components import wait_for

from services.api_keys import ApiKey, Scope
from services.errors import Unavailable
from services.key_ring import FRESH_S, PAUSE_S, STALE_S, TOUCH_EVERY_S, UNKNOWN_FRESH_S, KeyRing


def key(key_id: str, expires_at: float | None = None) -> ApiKey:
    return ApiKey(key_id, key_id, "0" * 64, frozenset({Scope.READ}), None, 0.0, expires_at)


@dataclass
class Table:
    """A table that counts what it is asked, may be away, or may hang until the test says so."""

    keys: list[ApiKey] = field(default_factory=lambda: [key("a")])
    away: bool = False
    reads: int = 0
    touched: list[tuple[str, float]] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)

    def load(self) -> list[ApiKey]:
        self.reads += 1
        assert self.free.wait(30)
        if self.away:
            raise Unavailable("the database does not answer")
        return list(self.keys)

    def touch(self, key_id: str, used_at: float) -> None:
        if self.away:
            raise Unavailable("the database does not answer")
        self.touched.append((key_id, used_at))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def table():
    made = Table()
    made.free.set()
    yield made
    made.free.set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(table: Table, clock: Clock):
    made = KeyRing(table.load, table.touch, clock, clock)
    yield made
    table.free.set()
    made.close()


def test_many_calls_cost_one_read(ring: KeyRing, table: Table) -> None:
    assert [ring.find("a") for _ in range(100)] == [key("a")] * 100
    assert table.reads == 1


def test_a_revoked_key_works_for_a_few_seconds_at_most(ring: KeyRing, table: Table, clock: Clock) -> None:
    assert ring.find("a")
    table.keys = []
    clock.now += FRESH_S
    assert ring.find("a")
    clock.now += 0.1
    assert ring.find("a") is None


def test_a_key_that_expires_needs_no_read_to_be_over(ring: KeyRing, table: Table, clock: Clock) -> None:
    table.keys = [key("a", expires_at=clock.now + 2)]
    assert ring.find("a")
    clock.now += 2
    assert ring.find("a") is None
    assert table.reads == 1


def test_a_new_key_works_within_a_second_and_wrong_ones_cost_a_read_a_second(
    ring: KeyRing, table: Table, clock: Clock
) -> None:
    assert [ring.find(f"wrong{i}") for i in range(50)] == [None] * 50
    assert table.reads == 1
    table.keys.append(key("new"))
    clock.now += UNKNOWN_FRESH_S + 0.1
    assert ring.find("new")
    assert table.reads == 2


def test_while_the_database_is_away_known_keys_work_for_a_while_and_others_cannot_be_told(
    ring: KeyRing, table: Table, clock: Clock
) -> None:
    assert ring.find("a")
    table.away = True
    clock.now += UNKNOWN_FRESH_S + 0.1
    with pytest.raises(Unavailable, match="cannot be checked"):
        ring.find("other")
    clock.now += STALE_S - 2
    assert ring.find("a")
    clock.now += 2
    with pytest.raises(Unavailable):
        ring.find("a")
    table.away = False
    clock.now += PAUSE_S
    assert ring.find("a"), "it comes back by itself"


def test_a_database_that_is_away_is_left_alone_between_tries(ring: KeyRing, table: Table, clock: Clock) -> None:
    table.away = True
    for _ in range(20):
        with pytest.raises(Unavailable):
            ring.find("a")
    assert table.reads == 1
    clock.now += PAUSE_S
    with pytest.raises(Unavailable):
        ring.find("a")
    assert table.reads == 2


def test_a_database_that_hangs_holds_up_nobody_for_longer_than_they_want(
    ring: KeyRing, table: Table, clock: Clock
) -> None:
    assert ring.find("a")
    table.free.clear()
    clock.now += FRESH_S + 0.1
    assert ring.find("a", wait_s=0.01), "the old answer will do"
    clock.now += 0.1
    for _ in range(20):
        assert ring.find("a", wait_s=30), "one has waited in vain already"
    with pytest.raises(Unavailable):
        ring.find("other", wait_s=30)
    assert table.reads == 2, "they all wait for one"
    table.free.set()
    wait_for("the answer", lambda: not ring._threads)
    assert ring.find("other") is None


def test_where_no_thread_can_be_started_nothing_gets_stuck(ring: KeyRing, clock: Clock, monkeypatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(Unavailable):
            ring.find("a")
        ring.used(key("a"))
    clock.now += PAUSE_S
    assert ring.find("a")


def test_a_bug_in_reading_is_not_met_by_every_call(ring: KeyRing, table: Table, monkeypatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(table, "keys", None)
    for _ in range(5):
        with pytest.raises(Unavailable):
            ring.find("a")
    assert table.reads == 1


def test_many_at_once_share_a_read(ring: KeyRing, table: Table) -> None:
    table.free.clear()
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(ring.find("a", wait_s=30))) for _ in range(8)]
    for thread in threads:
        thread.start()
    table.free.set()
    for thread in threads:
        thread.join()
    assert found == [key("a")] * 8
    assert table.reads == 1


def test_last_use_is_kept_once_a_minute(ring: KeyRing, table: Table, clock: Clock) -> None:
    for _ in range(50):
        ring.used(key("a"))
    wait_for("the first use", lambda: table.touched)
    clock.now += TOUCH_EVERY_S
    ring.used(key("a"))
    wait_for("the second use", lambda: len(table.touched) == 2)
    assert table.touched == [("a", clock.now - TOUCH_EVERY_S), ("a", clock.now)]


def test_last_use_that_cannot_be_kept_harms_nobody(ring: KeyRing, table: Table, caplog) -> None:
    table.away = True
    ring.used(key("a"))
    wait_for("the warning", lambda: "could not be kept" in caplog.text)
