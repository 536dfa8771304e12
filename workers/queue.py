"""Puts work on the queue, for every producer: the API, imports, repairs."""

from collections.abc import Sequence

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from services.errors import Unavailable
from workers.app import INDEX_TASK, QUEUE

MAX_WAITING = 200


class WorkQueue:
    """The queue of one broker. Messages name product ids, `chunk` at most, never content."""

    def __init__(self, app: Celery, chunk: int) -> None:
        self._app, self._chunk = app, chunk

    def send(self, product_ids: Sequence[str]) -> None:
        """Queue products for indexing. Raises Unavailable when the broker is away.

        That loses nothing: what the catalogue accepted is queued again by the next sweep.
        """
        try:
            for start in range(0, len(product_ids), self._chunk):
                chunk = list(product_ids[start : start + self._chunk])
                self._app.send_task(INDEX_TASK, kwargs={"product_ids": chunk}, retry=False)
        except (OperationalError, RedisError, OSError) as exc:
            raise Unavailable(f"the queue does not answer: {exc}") from exc

    def room(self) -> int:
        """How many products may be queued before the queue counts as long. Raises Unavailable."""
        try:
            with self._app.connection_for_read() as connection, connection.channel() as channel:
                waiting: int = channel.client.llen(QUEUE)
        except (OperationalError, RedisError, OSError) as exc:
            raise Unavailable(f"the queue does not answer: {exc}") from exc
        return max(0, MAX_WAITING - waiting) * self._chunk
