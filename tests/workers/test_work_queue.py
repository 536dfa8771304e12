"""What producers put on a real Redis, and what they are told when it is away or full."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import takewhile

import pytest
from components import Component, wait_for

from services.errors import Unavailable
from services.settings import load_settings
from workers.app import BULK_QUEUE, LIVE_QUEUE, make_app
from workers.queue import MAX_WAITING, WorkQueue


@contextmanager
def frozen(server: Component) -> Iterator[None]:
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


def accepted(queue: WorkQueue, ids: list[str], _: int) -> bool:
    try:
        queue.send(ids)
    except Unavailable:
        return False
    return True


def test_urgent_work_has_a_queue_of_its_own_and_chunks_are_cut(broker) -> None:
    opened = broker(chunk_size=3)
    opened.queue.send([str(number) for number in range(7)])
    opened.queue.send(["now"], urgent=True)
    opened.queue.send_import("i1")
    opened.queue.send([])
    assert (opened.wire.llen(BULK_QUEUE), opened.wire.llen(LIVE_QUEUE)) == (4, 1)
    assert opened.queue.waiting() == 5
    assert opened.queue.room() == (MAX_WAITING - 5) * 3
    assert set(opened.wire.keys()) == {b"lookalike", b"lookalike.live"}, "Redis holds messages, and nothing else"


def test_a_queue_that_is_long_has_no_room(broker) -> None:
    opened = broker(chunk_size=1)
    opened.queue.send([str(number) for number in range(MAX_WAITING + 1)])
    assert opened.queue.room() == 0


def test_an_absent_redis_is_told_at_once() -> None:
    settings = load_settings(redis_url="redis://127.0.0.1:1/0")
    queue = WorkQueue(make_app(settings), settings.chunk_size)
    for ask in (lambda: queue.send(["a"]), lambda: queue.send_import("i"), queue.room):
        with pytest.raises(Unavailable, match="the queue does not answer"):
            ask()


def test_a_redis_that_hangs_is_away_too(broker) -> None:
    opened = broker()
    queue = opened.queue
    queue.send(["a"])
    with frozen(opened.servers[-1]):
        began = time.monotonic()
        with pytest.raises(Unavailable, match="the queue does not answer"):
            queue.send(["b"])
        assert time.monotonic() - began < 15
    queue.send(["c"])


def test_a_full_redis_refuses_and_workers_make_room_again(broker) -> None:
    """They start, and work, on a Redis that refuses every write."""
    opened = broker("--maxmemory", "3mb", "--maxmemory-policy", "noeviction", chunk_size=60)
    chunk = [f"{'x' * 500} {number}" for number in range(50)]
    sent = list(takewhile(partial(accepted, opened.queue, chunk), range(100)))
    assert 5 < len(sent) < 100
    with pytest.raises(Unavailable, match="maxmemory"):
        opened.queue.send(chunk)
    worker = opened.work()
    wait_for("the queue to be worked off", opened.idle, 30)
    assert sum(line == "done" for line in opened.notes()) == len(sent)
    assert worker.process.poll() is None
    opened.queue.send(["again"])
    wait_for("the next message", lambda: "again" in opened.notes())


def test_a_secure_redis_is_asked_for_its_certificate() -> None:
    secure = make_app(load_settings(redis_url="rediss://:secret@redis.example:6380/0"))
    assert secure.connection_for_read().ssl == {"ssl_cert_reqs": 2}
    own = make_app(load_settings(redis_url="rediss://redis.example/0?ssl_cert_reqs=none"))
    assert own.connection_for_read().ssl == {"ssl_cert_reqs": 0}
    assert not make_app(load_settings(redis_url="redis://redis.example/0")).connection_for_read().ssl
