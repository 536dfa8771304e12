"""A worker that is told to stop, is killed, or finds a component away; on a real Redis."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from celery import Celery
from components import wait_for
from kombu.message import Message

from services.bootstrap import build
from workers.app import BULK_QUEUE, LIVE_QUEUE

QUICK = {"task_time_limit_s": 4.0, "lease_s": 5.0, "visibility_timeout_s": 6.0, "shutdown_s": 1.0}
UPSERT = "lookalike.v1.upsert"


def stop(worker) -> tuple[int, float]:
    """SIGTERM; returns the exit status, and the seconds that it took."""
    began = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    return worker.process.wait(30), time.monotonic() - began


def test_on_sigterm_a_worker_ends_its_task_and_leaves_the_rest(broker) -> None:
    opened = broker(**{**QUICK, "shutdown_s": 20.0})
    opened.queue.send(["first"])
    worker = opened.work(seconds=1.0)
    wait_for("the first task", opened.notes)
    opened.queue.send(["second"])
    status, took_s = stop(worker)
    assert status == 0
    assert took_s < 10, "it waits for the task, and not for the time"
    assert opened.notes() == ["first", "done"]
    assert (opened.wire.llen(BULK_QUEUE), opened.wire.hlen("unacked")) == (1, 0)


def test_a_task_that_outlasts_the_grace_is_broken_off_and_its_message_put_back(broker) -> None:
    opened = broker(**{**QUICK, "task_time_limit_s": 30.0, "lease_s": 40.0, "visibility_timeout_s": 50.0})
    opened.queue.send(["long"])
    worker = opened.work(seconds=20.0)
    wait_for("the task", opened.notes)
    _, took_s = stop(worker)
    assert took_s < 8
    assert (opened.wire.llen(BULK_QUEUE), opened.wire.hlen("unacked")) == (1, 0), "at once, for another worker"
    opened.work()
    wait_for("the other worker", lambda: opened.notes() == ["long", "long", "done"])


def test_a_killed_child_costs_nothing(broker) -> None:
    opened = broker(**QUICK)
    opened.queue.send(["a"])
    worker = opened.work(seconds=1.0)
    wait_for("the task", opened.notes)
    (child,) = psutil.Process(worker.process.pid).children()
    os.kill(child.pid, signal.SIGKILL)
    wait_for("the second run", lambda: opened.notes() == ["a", "a", "done"])


def test_a_worker_outlives_redis(broker) -> None:
    """It is killed while a task runs and messages wait, and comes back with what it had on disk."""
    opened = broker("--appendonly", "yes", "--appendfsync", "always", **QUICK, chunk_size=1)
    opened.queue.send(["a", "b"])
    worker = opened.work(seconds=1.0)
    wait_for("the first task", opened.notes)
    opened.servers[-1].kill()
    time.sleep(1.5)
    assert opened.notes() == ["a", "done"]
    opened.start()
    opened.queue.send(["c"])
    wait_for("all messages", lambda: {"a", "b", "c"} <= set(opened.notes()) and opened.idle())
    assert worker.process.poll() is None


def test_a_message_of_any_priority_is_read(broker) -> None:
    """Kombu's Redis keeps them in lists of their own."""
    opened = broker(**QUICK)
    theirs = Celery(broker=opened.settings.redis, set_as_current=False)
    for priority in (0, 4, 9):
        ids = {"product_ids": [f"p{priority}"]}
        theirs.send_task("lookalike.v1.index", kwargs=ids, queue=LIVE_QUEUE, priority=priority)
    opened.work()
    wait_for("all", lambda: {"p0", "p4", "p9"} <= set(opened.notes()) and not opened.wire.hlen("unacked"))


def test_live_messages_go_before_bulk_ones_that_came_earlier(broker) -> None:
    opened = broker(**QUICK, chunk_size=1)
    opened.queue.send([f"bulk-{number}" for number in range(12)])
    opened.queue.send([f"live-{number}" for number in range(10)], urgent=True)
    opened.work()
    wait_for("all", lambda: opened.notes().count("done") == 22)
    order = [note[:4] for note in opened.notes() if note != "done"]
    assert order == ["live"] * 8 + ["bulk"] + ["live"] * 2 + ["bulk"] * 11


def test_a_message_waits_for_the_database(broker, migrated) -> None:
    """It is neither lost nor refused, nor taken off the queue unfinished, however long it takes."""
    opened = broker(**QUICK)
    Celery(broker=opened.settings.redis, set_as_current=False).send_task(
        UPSERT, kwargs={"products": [{"id": "p", "images": [{"name": "none"}]}]}, queue=LIVE_QUEUE
    )
    opened.settings.data_dir.mkdir()
    worker = opened.work()
    # Tables that are not there are as good as a database that is away.
    wait_for("a vain attempt", lambda: (opened.settings.data_dir / "catalogue.db").exists())
    time.sleep(QUICK["task_time_limit_s"])
    assert not opened.idle()
    migrated(opened)
    wait_for("the message to be worked off", opened.idle)
    platform = build(opened.settings)
    (refused,) = platform.refused.page(10)
    assert (refused.product_id, refused.problem.code) == ("p", "invalid_product"), "it has no stored image `none`"
    assert worker.process.poll() is None


def test_a_message_that_meets_a_bug_is_kept(broker, migrated) -> None:
    opened = broker(**QUICK)
    migrated(opened)
    with sqlite3.connect(opened.settings.data_dir / "catalogue.db") as database:
        # A rule that the code does not know of.
        database.execute(
            "CREATE TRIGGER rule BEFORE INSERT ON products WHEN new.id = 'p' BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    kwargs = {"products": [{"id": "p", "images": [{"name": "none"}]}]}
    Celery(broker=opened.settings.redis, set_as_current=False).send_task(UPSERT, kwargs=kwargs, queue=LIVE_QUEUE)
    worker = opened.work()
    platform = build(opened.settings)
    wait_for("the message to be kept", lambda: platform.refused.count() == 1)
    (refused,) = platform.refused.page(10)
    assert (refused.task, refused.problem.code) == (UPSERT, "error")
    assert "products" in refused.body
    wait_for("the queue to be empty", opened.idle)
    assert worker.process.poll() is None


@pytest.fixture
def taken(broker) -> Iterator[tuple]:
    """A message that is being worked on, by kombu's own means."""
    opened = broker(task_time_limit_s=0.1, lease_s=0.2, visibility_timeout_s=0.3)
    opened.queue.send(["a"])
    app, messages = opened.queue._app, []
    with app.connection_for_read() as connection:
        with connection.Consumer([app.amqp.queues[BULK_QUEUE]], on_message=messages.append):
            connection.drain_events(timeout=5)
        yield opened, messages[0]


@pytest.mark.parametrize("full", [False, True])
def test_a_message_that_is_put_back_is_never_lost(taken: tuple, full: bool) -> None:
    """At once; or, where Redis has no room, once it counts as a dead worker's."""
    opened, message = taken
    opened.wire.config_set("maxmemory", 1 if full else 0)
    message.reject(requeue=True)
    assert opened.wire.llen(BULK_QUEUE) == (0 if full else 1)
    time.sleep(opened.settings.visibility_timeout_s + 0.1)
    message.channel.qos.restore_visible(interval=1)
    opened.wire.config_set("maxmemory", 0)
    message.channel.qos.restore_visible(interval=1)
    assert opened.wire.llen(BULK_QUEUE) == 1
    assert message.channel.qos.can_consume()


@pytest.mark.parametrize("end", [Message.ack, Message.reject])
def test_a_message_that_is_done_is_gone_on_a_full_redis_too(taken: tuple, end: Callable) -> None:
    opened, message = taken
    opened.wire.config_set("maxmemory", 1)
    end(message)
    assert opened.wire.keys() == []
    assert message.channel.qos.can_consume()
