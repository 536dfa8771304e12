"""Messages that could not be accepted: kept whole, with the reason, until somebody retries or drops them."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from services.catalogue.database import Database
from services.catalogue.tables import refused_messages
from services.products import Problem

# A message holds ids, labels and URLs; one that is longer is kept up to here, and can be listed but not retried.
MAX_BODY_CHARS = 1_000_000


@dataclass(frozen=True)
class RefusedMessage:
    """A message, or the part of one that concerns one product: the `task` it asked for, and its `body`, mostly JSON."""

    id: str
    received_at: float
    task: str
    product_id: str | None
    problem: Problem
    body: str


class RefusedMessages:
    """The table of refused messages."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def keep(self, task: str, product_id: str | None, problem: Problem, body: str) -> str:
        """Keep a message; returns the id it is listed under. Raises Unavailable when the database is away."""
        values = {
            "id": uuid.uuid4().hex,
            "received_at": self._clock(),
            "task": task[:200],
            "product_id": product_id and product_id[:512],
            "code": problem.code,
            "detail": problem.detail[:1000],
            "body": body[:MAX_BODY_CHARS],
        }
        with self._database.write() as connection:
            connection.execute(sa.insert(refused_messages).values(**values))
        return str(values["id"])

    def page(self, limit: int, after: str = "") -> list[RefusedMessage]:
        """The next messages by id after `after`."""
        query = sa.select(refused_messages).where(refused_messages.c.id > after)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(refused_messages.c.id).limit(limit)).all()
        return [_message(row) for row in rows]

    def every(self, chunk: int = 100) -> Iterator[list[str]]:
        """The ids of all messages, in chunks."""
        after = ""
        while page := self.page(chunk, after):
            after = page[-1].id
            yield [message.id for message in page]

    def get_many(self, ids: Sequence[str]) -> list[RefusedMessage]:
        """Those of `ids` that are kept."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(refused_messages).where(refused_messages.c.id.in_(ids))).all()
        return [_message(row) for row in rows]

    def drop(self, ids: Sequence[str]) -> int:
        """Forget messages; returns how many were there."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(refused_messages).where(refused_messages.c.id.in_(ids))).rowcount

    def count(self) -> int:
        """How many are kept."""
        with self._database.read() as connection:
            number: int = connection.execute(sa.select(sa.func.count()).select_from(refused_messages)).scalar_one()
        return number


def _message(row: "sa.Row[tuple[object, ...]]") -> RefusedMessage:
    return RefusedMessage(row.id, row.received_at, row.task, row.product_id, Problem(row.code, row.detail), row.body)
