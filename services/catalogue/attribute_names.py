"""Every name that an attribute has had, and of which kind: noted as products are written, read by searches."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from threading import Lock
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.catalogue.database import Database
from services.catalogue.tables import attribute_names
from services.fields import Attributes
from services.filters.matching import Kind

MAX_NAMES = 10_000
"""So many are remembered, more or less, where several processes write. A feed whose names are drawn at random must not
fill the table, nor every process's memory: names that come later stay unknown, though products have them all the same.
"""

Seen: TypeAlias = set[tuple[str, type]]


class NameNotes:
    """Notes the names of attributes in the transaction that writes the products. Safe to share between threads.

    What this process has noted before costs nothing but the look: names are never forgotten.
    """

    def __init__(self, most: int = MAX_NAMES) -> None:
        self._most = most
        self._noted: frozenset[tuple[str, type]] = frozenset()
        self._full = False

    def new(self, products: Iterable[Attributes]) -> Seen:
        """The names and types of these products that have not been noted yet."""
        seen: Seen = set()
        for attributes in products:
            seen.update(zip(attributes, map(type, attributes.values()), strict=True))
        return set() if self._full else seen - self._noted

    def write(self, connection: sa.Connection, new: Seen) -> None:
        """Write them down, in one order by everybody.

        The last thing in a transaction: who waits here for another's names to be committed keeps nobody else waiting
        that those need.
        """
        if not new:
            return
        if self._count(connection) >= self._most:
            self._full = True
            return
        insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
        rows = [{"name": name, "kind": kind} for name, kind in sorted({(name, _kind(kind)) for name, kind in new})]
        connection.execute(insert(attribute_names).on_conflict_do_nothing(), rows[: self._most])

    def written(self, new: Seen) -> None:
        """To be called once the transaction is committed, and not when it was rolled back."""
        if new and not self._full:
            # Of two threads at once one may lose its names, which are then written once more, to no effect.
            self._noted = self._noted | new

    def _count(self, connection: sa.Connection) -> int:
        return int(connection.execute(sa.select(sa.func.count()).select_from(attribute_names)).scalar_one())


def _kind(of_type: type) -> Kind:
    if issubclass(of_type, bool):  # before int, of which it is one to Python
        return "boolean"
    return "text" if issubclass(of_type, str) else "number"


class AttributeNames:
    """The names that are known, as of `max_age_s` seconds ago at most. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        most: int = MAX_NAMES,
        max_age_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._most, self._max_age_s, self._clock = database, most, max_age_s, clock
        self._lock = Lock()
        self._names: Mapping[str, frozenset[Kind]] = {}
        self._version: object = None
        self._read_at = float("-inf")

    def known(self, wanted: Collection[str] = ()) -> Mapping[str, frozenset[Kind]]:
        """The kinds that each name has had, by name in the order of code points. Raises Unavailable.

        With `wanted`, as of now where one of them is not among those known a moment ago.
        """
        with self._lock:
            fresh = self._clock() - self._read_at < self._max_age_s
            if not fresh or any(name not in self._names for name in wanted):
                self._refresh()
            return self._names

    @property
    def complete(self) -> bool:
        """Whether these are all names that products have: not so once there are as many as are remembered."""
        return sum(map(len, self.known().values())) < self._most

    def _refresh(self) -> None:
        version, now = self._database.version(), self._clock()
        if self._version is None or version != self._version:
            names: dict[str, set[Kind]] = {}
            query = sa.select(attribute_names).order_by(attribute_names.c.name)
            with self._database.read() as connection:
                for row in connection.execute(query):
                    names.setdefault(row.name, set()).add(row.kind)
            self._names = {name: frozenset(kinds) for name, kinds in names.items()}
        self._version, self._read_at = version, now
