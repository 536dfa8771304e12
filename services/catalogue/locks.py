"""Named locks with a lease, for work that only one process may do at a time."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from services.catalogue.database import Database
from services.catalogue.tables import locks
from services.errors import Conflict


class Locks:
    """Locks kept in the catalogue database; one whose holder died is free again when its lease ends."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    @contextmanager
    def hold(self, name: str, lease_s: float) -> Iterator[Callable[[], None]]:
        """Hold `name` while the block runs; it gets a function that renews the lease, to be called as work goes on.

        Raises Conflict when somebody else holds it, and from the renewal when the lease was lost meanwhile.
        """
        holder = uuid.uuid4().hex
        self._take(name, holder, lease_s)
        try:
            yield lambda: self._take(name, holder, lease_s)
        finally:
            with self._database.write() as connection:
                connection.execute(sa.delete(locks).where(locks.c.name == name, locks.c.holder == holder))

    def _take(self, name: str, holder: str, lease_s: float) -> None:
        now = self._clock()
        with self._database.write() as connection:
            stale = locks.delete().where(locks.c.name == name, (locks.c.held_until <= now) | (locks.c.holder == holder))
            connection.execute(stale)
            other = connection.execute(sa.select(locks.c.held_until).where(locks.c.name == name)).first()
            if other is None:
                connection.execute(sa.insert(locks).values(name=name, holder=holder, held_until=now + lease_s))
        if other is not None:
            raise Conflict(f"another {name} is running; it holds on for {other.held_until - now:.0f} s at most")
