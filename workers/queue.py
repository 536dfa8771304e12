"""Puts work on the queue, for every producer: the API, imports, repairs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from services.errors import Unavailable
from workers.app import AUDIT_TASK, BULK_QUEUE, IMPORT_TASK, INDEX_TASK, LIVE_QUEUE

MAX_WAITING = 200


class WorkQueue:
    """The queues of one broker. Messages name product ids, `chunk` at most, never content."""

    def __init__(self, app: Celery, chunk: int) -> None:
        self._app, self._chunk = app, chunk

    def send(self, product_ids: Sequence[str], urgent: bool = False) -> None:
        """Queue products for indexing. `urgent` ones, somebody's change of a product, go before bulk work.

        Raises Unavailable when the broker is away or full. That loses nothing: what the catalogue accepted is queued
        again by the next sweep.
        """
        for start in range(0, len(product_ids), self._chunk):
            chunk = list(product_ids[start : start + self._chunk])
            self._send(INDEX_TASK, {"product_ids": chunk}, LIVE_QUEUE if urgent else BULK_QUEUE)

    def send_import(self, import_id: str) -> None:
        """Have a worker go on reading an import, after what is queued already. Raises Unavailable like `send`."""
        self._send(IMPORT_TASK, {"import_id": import_id}, BULK_QUEUE)

    def send_audit(self) -> None:
        """Have a worker go on comparing the index, after what is queued already. Raises Unavailable like `send`."""
        self._send(AUDIT_TASK, {"fresh": False}, BULK_QUEUE)

    def room(self) -> int:
        """How many products may be queued before the queues count as long. Raises Unavailable."""
        return max(0, MAX_WAITING - self.waiting()) * self._chunk

    def waiting(self) -> int:
        """How many messages are queued. Raises Unavailable."""
        with (
            _translated(),
            self._app.producer_or_acquire() as producer,
            producer.channel.conn_or_acquire() as redis,
        ):
            # One round trip for both.
            counts: list[int] = redis.pipeline(transaction=False).llen(LIVE_QUEUE).llen(BULK_QUEUE).execute()
        return sum(counts)

    def _send(self, task: str, kwargs: Mapping[str, object], queue: str) -> None:
        with _translated():
            self._app.send_task(task, kwargs=kwargs, queue=queue, retry=False)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, RedisError, OSError) as exc:
        raise Unavailable(f"the queue does not answer: {exc}") from exc
