"""Named locks with a lease, for work that only one process may do at a time."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

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
        free = (locks.c.held_until <= now) | (locks.c.holder == holder)
        mine = {"holder": holder, "held_until": now + lease_s}
        insert = sqlite_insert if self._database.sqlite else postgresql_insert
        # One statement, so that of several that come at once one finds it free.
        take = insert(locks).values(name=name, **mine)
        take = take.on_conflict_do_update(index_elements=["name"], set_=mine, where=free)
        with self._database.write() as connection:
            if connection.execute(take.returning(locks.c.name)).first() is not None:
                return
            until = connection.execute(sa.select(locks.c.held_until).where(locks.c.name == name)).scalar()
        raise Conflict(f"another {name} is running; it holds on for {(until or now) - now:.0f} s at most")
