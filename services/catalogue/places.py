"""How far work is that is done in parts, over hours, by whichever worker comes to it."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.catalogue.database import Database
from services.catalogue.tables import places


class Places:
    """A JSON object for each name."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def get(self, name: str) -> tuple[Mapping[str, Any], float] | None:
        """What was kept, and how many seconds ago; None when nothing is."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(places).where(places.c.name == name)).first()
        return None if row is None else (row.value, self._clock() - row.updated_at)

    def keep(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep `value`, in place of what there was."""
        insert = sqlite_insert if self._database.sqlite else postgresql_insert
        new = {"value": dict(value), "updated_at": self._clock()}
        with self._database.write() as connection:
            statement = insert(places).values(name=name, **new)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=new))

    def forget(self, name: str) -> None:
        """The work is done; no error when nothing was kept."""
        with self._database.write() as connection:
            connection.execute(sa.delete(places).where(places.c.name == name))
