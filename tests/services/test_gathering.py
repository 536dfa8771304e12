"""Gathering: one call for all who wait, and whatever happens to one of them is no other's matter."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from components import wait_for

from services.errors import BadImage, DeadlineExceeded, HostAway, Unavailable
from services.gathering import Gatherer

PATIENCE_S = 60.0
"""Far longer than anything here takes: a test that hangs fails after it."""


class Gate:
    """A `call` that records what it was asked, and holds its first calls until they are let go."""

    def __init__(self, held: int = 1) -> None:
        self.asked: list[tuple[str, list[object]]] = []
        self.timeouts: list[float | None] = []
        self.open = threading.Event()
        self.failures: list[BaseException] = []
        self._held, self._lock = held, threading.Lock()

    def __call__(self, key: str, items: Sequence[object], timeout_s: float | None) -> list[str]:
        with self._lock:
            self.asked.append((key, list(items)))
            self.timeouts.append(timeout_s)
            held = len(self.asked) <= self._held
            failure = self.failures.pop(0) if self.failures and not held else None
        if held:
            assert self.open.wait(PATIENCE_S)
        if failure is not None:
            raise failure
        if "bad" in items:
            raise BadImage("'bad' is no photo")
        return [f"{key}:{item}" for item in items]


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


@pytest.fixture
def pool(gate: Gate) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as pool:
        yield pool
        gate.open.set()


def gatherer_of(call: Callable, most: int = 64) -> Gatherer:
    return Gatherer(call, lambda _key: most)


Send = Callable[..., list[Future]]


@pytest.fixture
def send(gate: Gate, pool: ThreadPoolExecutor) -> Send:
    """Has `first` asked for, whose call is held, and `others` behind it, each of a thread of its own, in this order."""

    def sent(gatherer: Gatherer, others: Sequence[object], timeouts: Sequence[float | None] = ()) -> list[Future]:
        futures = [pool.submit(gatherer.run, "k", ["first"])]
        wait_for("the first call", lambda: gate.asked)
        for number, item in enumerate(others):
            items = list(item) if isinstance(item, tuple) else [item]
            timeout_s = timeouts[number] if timeouts else None
            futures.append(pool.submit(gatherer.run, "k", items, timeout_s))
            wait_for("the caller to wait", lambda: gatherer.waiting > number)  # noqa: B023
        return futures

    return sent


def results(futures: Sequence[Future]) -> list[object]:
    """What each returned, or raised."""
    return [future.exception(PATIENCE_S) or future.result() for future in futures]


def test_a_lone_caller_calls_at_once_in_its_own_thread() -> None:
    seen = []
    gatherer = gatherer_of(lambda key, items, timeout_s: seen.append((threading.get_ident(), timeout_s)) or items)
    assert gatherer.run("k", [1, 2]) == [1, 2]
    assert seen == [(threading.get_ident(), None)]
    assert gatherer.idle


def test_those_who_come_during_a_call_share_the_next(gate: Gate, send: Send) -> None:
    gatherer = gatherer_of(gate)
    futures = send(gatherer, ["a", ("b", "c"), "d"])
    gate.open.set()
    assert results(futures) == [["k:first"], ["k:a"], ["k:b", "k:c"], ["k:d"]]
    assert [sorted(map(str, items)) for _, items in gate.asked] == [["first"], ["a", "b", "c", "d"]]
    assert gatherer.idle


def test_keys_do_not_wait_for_each_other(gate: Gate, send: Send) -> None:
    gatherer = gatherer_of(gate)
    futures = send(gatherer, [])
    assert gatherer.run("other", ["x"]) == ["other:x"]
    assert not futures[0].done()


def test_a_call_takes_no_more_than_the_most(gate: Gate, send: Send) -> None:
    gatherer = gatherer_of(gate, most=4)
    futures = send(gatherer, [("a", "b", "c"), ("d", "e"), "f", "g", "h"])
    gate.open.set()
    assert results(futures)[1:] == [["k:a", "k:b", "k:c"], ["k:d", "k:e"], ["k:f"], ["k:g"], ["k:h"]]
    assert [sorted(map(str, items)) for _, items in gate.asked[1:]] == [["a", "b", "c"], ["d", "e", "f", "g"], ["h"]]


def test_the_most_may_depend_on_the_key(gate: Gate, pool: ThreadPoolExecutor) -> None:
    gatherer = Gatherer(gate, lambda key: 1 if key == "alone" else 64)
    held = pool.submit(gatherer.run, "alone", ["first"])
    wait_for("the first call", lambda: gate.asked)
    assert gatherer.run("alone", ["second"]) == ["alone:second"]
    assert not held.done()


def test_what_fills_a_call_by_itself_waits_for_nobody(gate: Gate, send: Send) -> None:
    gatherer = gatherer_of(gate, most=3)
    send(gatherer, [])
    assert gatherer.run("k", ["a", "b", "c"]) == ["k:a", "k:b", "k:c"]
    assert gatherer.run("k", []) == []


def test_bad_input_fails_its_own_caller_alone(gate: Gate, send: Send) -> None:
    gatherer = gatherer_of(gate)
    futures = send(gatherer, ["a", "bad", "b"])
    gate.open.set()
    first, a, bad, b = results(futures)
    assert (first, a, b) == (["k:first"], ["k:a"], ["k:b"])
    assert isinstance(bad, BadImage)
    assert gatherer.idle


def test_the_wrong_number_of_results_reaches_nobody(gate: Gate, pool: ThreadPoolExecutor, send: Send) -> None:
    def forgetful(key: str, items: Sequence[object], timeout_s: float | None) -> list[str]:
        return gate(key, items, timeout_s)[:1]

    gatherer = gatherer_of(forgetful)
    futures = send(gatherer, ["a", "b"])
    gate.open.set()
    assert results(futures) == [["k:first"], ["k:a"], ["k:b"]]


@pytest.mark.parametrize("error", [Unavailable("away"), HostAway("gone"), DeadlineExceeded("late")])
def test_an_outage_is_told_to_all_and_not_tried_for_each(gate: Gate, send: Send, error: Unavailable) -> None:
    gatherer = gatherer_of(gate)
    gate.failures = [error]
    futures = send(gatherer, ["a", "b", "c"])
    gate.open.set()
    first, *others = results(futures)
    assert first == ["k:first"]
    assert [(type(other), str(other)) for other in others] == [(type(error), str(error))] * 3
    assert len(set(map(id, others))) == 3, "an error that is raised in two threads collects both tracebacks"
    assert len(gate.asked) == 2
    assert gatherer.idle


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_who_follows_an_interrupted_caller_is_answered_still(gate: Gate, send: Send, interruption: type) -> None:
    gatherer = gatherer_of(gate)
    gate.failures = [interruption()]
    futures = send(gatherer, ["a", "b", "c", "d"])
    gate.open.set()
    found = results(futures)
    assert sum(isinstance(one, interruption) for one in found) == 1, "the one in whose thread it happened"
    answered = [one for one in found if isinstance(one, list)]
    assert len(answered) == 4
    assert len(gate.asked) == 3, "the three others went together once more"
    assert gatherer.idle


def test_who_waits_too_long_leaves_and_the_others_are_answered(gate: Gate, send: Send) -> None:
    gatherer = gatherer_of(gate)
    futures = send(gatherer, ["hasty", "patient"], [0.05, None])
    with pytest.raises(DeadlineExceeded, match=r"0\.05 s"):
        futures[1].result(PATIENCE_S)
    assert not futures[0].done()
    gate.open.set()
    assert results([futures[0], futures[2]]) == [["k:first"], ["k:patient"]]
    assert gate.asked[1:] == [("k", ["patient"])], "nobody works for who has left"


def test_who_leaves_during_its_own_call_harms_nobody(send: Send, gate: Gate) -> None:
    second = threading.Event()

    def call(key: str, items: Sequence[object], timeout_s: float | None) -> list[str]:
        if "first" in items:
            return gate(key, items, timeout_s)
        assert second.wait(PATIENCE_S)
        return [f"{key}:{item}" for item in items]

    gatherer = gatherer_of(call)
    futures = send(gatherer, ["hasty", "patient"], [1.0, None])
    gate.open.set()
    assert results(futures[:1]) == [["k:first"]]
    assert isinstance(futures[1].exception(PATIENCE_S), DeadlineExceeded)
    second.set()
    assert results(futures[2:]) == [["k:patient"]]
    assert gatherer.idle


def test_who_has_no_time_does_not_begin(gate: Gate, send: Send) -> None:
    gatherer = gatherer_of(gate)
    for timeout_s in (0.0, -1.0):
        with pytest.raises(DeadlineExceeded):
            gatherer.run("k", ["late"], timeout_s)
    assert not gate.asked
    assert gatherer.idle
    futures = send(gatherer, [])
    with pytest.raises(DeadlineExceeded):
        gatherer.run("k", ["late"], 0.0)
    gate.open.set()
    assert results(futures) == [["k:first"]]
    assert gatherer.idle


def test_a_call_has_as_long_as_the_most_patient_of_its_callers(gate: Gate, send: Send) -> None:
    gatherer = gatherer_of(gate)
    futures = send(gatherer, ["a", "b", "c"], [100.0, 900.0, 500.0])
    gate.open.set()
    assert results(futures[1:]) == [["k:a"], ["k:b"], ["k:c"]]
    assert gate.timeouts[0] is None
    assert 800 < gate.timeouts[1] <= 900
    assert gate.asked[1][1][0] == "b", "it is made in the thread that may wait longest"


def test_a_call_without_a_limit_among_others_has_none(gate: Gate, send: Send) -> None:
    gatherer = gatherer_of(gate)
    futures = send(gatherer, ["a", "b"], [100.0, None])
    gate.open.set()
    assert results(futures[1:]) == [["k:a"], ["k:b"]]
    assert gate.timeouts == [None, None]


def test_keys_leave_nothing_behind() -> None:
    gatherer = gatherer_of(lambda key, items, timeout_s: items)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: gatherer.run(f"key {number}", [number]), range(2_000)))
    assert gatherer.idle
    assert not gatherer._waiting


@pytest.mark.parametrize("seed", range(6))
def test_many_threads_with_failures_and_little_time(seed: int) -> None:
    """Each item of a caller that was answered was in exactly one call that succeeded, and none is answered wrongly."""
    rng, lock = random.Random(seed), threading.Lock()
    succeeded: Counter[tuple[int, int]] = Counter()
    under_way: Counter[int] = Counter()
    together: Counter[int] = Counter()

    def call(key: int, items: Sequence[tuple[int, int, bool]], timeout_s: float | None) -> list[tuple[int, int]]:
        with lock:
            chance, pause = rng.random(), rng.random() * 0.002
            under_way[key] += 1
        time.sleep(pause)
        try:
            if any(bad for _, _, bad in items):
                raise BadImage("bad")
            if chance < 0.05:
                raise Unavailable("away")
            if chance < 0.08:
                raise SystemExit
            with lock:
                succeeded.update((caller, number) for caller, number, _ in items)
                together[len(items)] += 1
            return [(caller, number) for caller, number, _ in items]
        finally:
            with lock:
                under_way[key] -= 1

    gatherer = gatherer_of(call, most=16)
    outcomes: Counter[str] = Counter()

    def one(caller: int) -> None:
        with lock:
            size, key, bad = rng.randint(1, 4), rng.randrange(3), rng.random() < 0.05
            timeout_s = rng.choice([None, 30.0, 0.001, 0.004])
        items = [(caller, number, bad and number == 0) for number in range(size)]
        found, error = None, None
        try:
            found = gatherer.run(key, items, timeout_s)
        except (BadImage, Unavailable, SystemExit) as exc:
            error = exc
        if error is None:
            assert found == [(caller, number) for number in range(size)]
            assert not bad
            assert all(succeeded[caller, number] == 1 for number in range(size))
        assert bad or not isinstance(error, BadImage), "another's bad input is not ours"
        assert timeout_s is not None or not isinstance(error, DeadlineExceeded)
        with lock:
            outcomes[type(error).__name__ if error else "answered"] += 1

    with ThreadPoolExecutor(48) as pool:
        for future in [pool.submit(one, caller) for caller in range(3_000)]:
            future.result(PATIENCE_S)
    assert gatherer.idle
    assert sum(outcomes.values()) == 3_000
    assert max(succeeded.values()) == 1
    assert max(together) > 4, "nothing was gathered"
    assert max(together) <= 16
    assert set(outcomes) == {"answered", "BadImage", "Unavailable", "DeadlineExceeded", "SystemExit"}
