"""Counting in a real Redis, which is killed, stopped and started again, and in memory meanwhile."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from components import Component, free_port, listening, redis_server, wait_for
from hypothesis import given
from hypothesis import strategies as st

from services.api_keys import RateLimit
from web.quotas import PAUSE_S, Quotas, _free_after, address_of

HOUR = RateLimit(10, 3600)


class Redis:
    """A Redis of a test's own, that forgets everything when it ends."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._log = folder / "redis.log"
        self._process: Component | None = None

    def start(self) -> None:
        command = [redis_server(), "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._process = Component(command, self._log)
        wait_for("Redis", lambda: listening(self.port))

    def signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.process.pid, number)

    def end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


class Clock:
    """The time that `Quotas` measures its pause with."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    made = Redis(tmp_path)
    made.start()
    yield made
    made.end()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def quotas(server: Redis, clock: Clock) -> Iterator[Quotas]:
    made = Quotas(server.url, clock)
    yield made
    made.close()


@pytest.fixture(params=["redis", "memory"])
def either(request: pytest.FixtureRequest) -> Iterator[Quotas]:
    """The same on Redis, and on memory where there is none."""
    url = request.getfixturevalue("server").url if request.param == "redis" else "redis://127.0.0.1:1/0"
    made = Quotas(url)
    yield made
    made.close()


def test_as_many_calls_are_allowed_as_the_limit_says(either: Quotas) -> None:
    taken = [either.take(HOUR, "a") for _ in range(12)]
    assert [quota.allowed for quota in taken] == [True] * 10 + [False] * 2
    assert [quota.remaining for quota in taken] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert either.take(HOUR, "b").allowed, "another's calls are counted apart"
    assert either.take(RateLimit(11, 3600), "a").allowed, "and another limit's"


def test_a_call_that_costs_several_takes_all_or_none(either: Quotas) -> None:
    assert either.take(HOUR, "a", 7).remaining == 3
    refused = either.take(HOUR, "a", 4)
    assert (refused.allowed, refused.remaining) == (False, 3)
    assert either.take(HOUR, "a", 3).allowed
    assert not either.take(HOUR, "c", 11).allowed


@pytest.mark.parametrize("cost", [1, 3])
def test_after_the_wait_that_was_named_the_call_is_allowed(either: Quotas, cost: int) -> None:
    limit = RateLimit(4, 2)
    while (quota := either.take(limit, "a", cost)).allowed:
        pass
    assert 0 < quota.retry_s <= 4
    time.sleep(quota.retry_s + 0.05)
    assert either.take(limit, "a", cost).allowed


@given(
    amount=st.integers(1, 50), window=st.integers(1, 100), cost=st.integers(1, 50), at=st.floats(0, 1),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)  # fmt: skip
def test_the_wait_is_just_as_long_as_is_needed(
    amount: int, window: int, cost: int, at: float, shares: tuple[float, float]
) -> None:
    cost = min(cost, amount)
    previous, current = round(shares[0] * amount), round(shares[1] * amount)
    left = window * (1 - at)

    def fits(after: float) -> bool:
        weighed = previous * max(0.0, left - after) / window + current
        if after >= left:
            weighed = current * max(0.0, window - (after - left)) / window
        return int(weighed) + cost <= amount

    wait = _free_after(RateLimit(amount, window), cost, previous, left if previous else 0.0, current, left + window)
    assert 0 <= wait <= 2 * window
    assert fits(wait + 1e-6 * window + 1e-9)
    if wait > 1e-3 * window:
        assert not fits(wait - 1e-3 * window) or not fits(wait * 0.999)


def test_several_processes_share_what_is_counted(server: Redis) -> None:
    several = [Quotas(server.url) for _ in range(3)]
    allowed = [quotas.take(HOUR, "a").allowed for _ in range(5) for quotas in several]
    assert sum(allowed) == 10
    for quotas in several:
        quotas.close()


def test_threads_do_not_slip_through(quotas: Quotas) -> None:
    allowed: list[bool] = []
    threads = [
        threading.Thread(target=lambda: allowed.extend(quotas.take(HOUR, "a").allowed for _ in range(10)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(allowed) == 80
    # A call or two may have waited longer than it may for a busy machine's Redis, and been counted in memory.
    assert 10 <= sum(allowed) <= 20


def test_while_redis_is_away_memory_counts_and_then_redis_again(
    quotas: Quotas, server: Redis, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    assert quotas.take(HOUR, "a", 9).remaining == 1
    server.end()
    assert [quotas.take(HOUR, "a").remaining for _ in range(10)] == list(range(9, -1, -1)), "memory begins anew"
    assert not quotas.take(HOUR, "a").allowed, "and is no less strict"
    assert caplog.text.count("Redis is away") == 1
    server.start()
    assert not quotas.take(HOUR, "a").allowed, "within the pause Redis is not asked"
    clock.now += PAUSE_S
    assert quotas.take(HOUR, "a").remaining == 9, "this Redis is a new one"
    assert caplog.text.count("Redis is back") == 1
    assert quotas.take(HOUR, "a").remaining == 8


def test_a_redis_that_hangs_is_waited_for_once_in_a_while(quotas: Quotas, server: Redis, clock: Clock) -> None:
    quotas.take(HOUR, "a")
    server.signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert quotas.take(HOUR, "a").remaining == 9
        first_s = time.monotonic() - began
        for _ in range(200):
            quotas.take(RateLimit(1000, 3600), "b")
        rest_s = time.monotonic() - began - first_s
    finally:
        server.signal(signal.SIGCONT)
    # 200 calls that each waited would take ten seconds at the least; a slow machine is no excuse for that.
    assert rest_s < 200 * 0.05
    clock.now += PAUSE_S
    assert quotas.take(HOUR, "a").remaining in (7, 8), "the call that was not waited for may have been counted"


def test_after_the_pause_one_call_tries_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    quotas = Quotas("redis://127.0.0.1:1/0", clock)
    quotas.take(HOUR, "a")
    clock.now += PAUSE_S
    tried, others_done = [], threading.Event()

    def hang() -> None:
        tried.append(threading.current_thread())
        others_done.wait(30)
        raise ConnectionError("no answer")

    monkeypatch.setattr(quotas, "_redis_storage", hang)
    first = threading.Thread(target=lambda: quotas.take(HOUR, "a"))
    first.start()
    wait_for("the first to try", lambda: tried)
    for _ in range(5):
        assert quotas.take(HOUR, "b").allowed
    others_done.set()
    first.join()
    assert tried == [first]


def test_a_call_tries_a_redis_that_says_nothing_once() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as mute:
        quotas = Quotas(f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
        assert quotas.take(HOUR, "a").remaining == 9
        mute.setblocking(False)
        attempts = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                mute.accept()[0].close()
                attempts += 1
        assert attempts == 1
        quotas.close()


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "redis://nowhere.invalid:6379/0", "sentinel://127.0.0.1:1", "amqp://localhost"]
)
def test_a_redis_that_never_was_costs_nothing_but_a_line_in_the_log(url: str, caplog: pytest.LogCaptureFixture) -> None:
    quotas = Quotas(url, Clock())
    assert [quotas.take(HOUR, "a").remaining for _ in range(3)] == [9, 8, 7]
    assert caplog.text.count("Redis is away") == 1
    quotas.close()


def test_a_full_redis_is_as_good_as_away(quotas: Quotas, server: Redis) -> None:
    import redis

    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", "1")
        assert [quotas.take(HOUR, "a").remaining for _ in range(3)] == [9, 8, 7]


def test_what_is_counted_is_forgotten_in_time(quotas: Quotas, server: Redis) -> None:
    import redis

    quotas.take(HOUR, "a")
    with redis.Redis.from_url(server.url) as client:
        keys = client.keys("*")
        assert keys
        assert all(key.startswith(b"lookalike:limits:") for key in keys)
        assert all(0 < client.ttl(key) <= 2 * 3600 for key in keys)


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::/64"), ("2001:db8::ffff:1", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::/64"), ("", "unknown"), (None, "unknown"),
        ("1.2.3.4, 5.6.7.8", "unknown"), ("x" * 10_000, "unknown"),
    ],
)  # fmt: skip
def test_whom_an_address_counts_as(text: str | None, whom: str) -> None:
    assert address_of(text) == whom
