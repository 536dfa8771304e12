"""Products in the catalogue: accept, delete, read, list. A commit here is what "accepted" means."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.catalogue.database import Database
from services.catalogue.records import record_from_row
from services.catalogue.tables import WAITING, products
from services.errors import NotFound
from services.products import Product, Record, State

STATES: dict[State, sa.ColumnElement[bool]] = {
    "queued": WAITING & ~products.c.deleted,
    "indexed": (products.c.indexed_revision >= products.c.revision) & ~products.c.deleted,
    "failed": (products.c.failed_revision >= products.c.revision)
    & (products.c.indexed_revision < products.c.revision)
    & ~products.c.deleted,
    "deleted": products.c.deleted,
}


@dataclass(frozen=True)
class Accepted:
    """What became of one product: the revision that holds it, and whether there is work to queue."""

    product_id: str
    revision: int
    changed: bool


class Catalogue:
    """The products. `resend_after_s` is how long a queue message may take before it counts as lost."""

    def __init__(
        self, database: Database, resend_after_s: float = 30.0, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._resend_after_s = resend_after_s
        self._clock = clock

    def put(self, batch: Sequence[Product]) -> list[Accepted]:
        """Accept products, all or none; of two with one id the later counts.

        A product that is already there, word for word, keeps its revision and causes no work, unless it had failed:
        sending it again is how a shop says "try again".
        """
        wanted = {product.id: product for product in batch}
        if not wanted:
            return []
        now = self._clock()
        with self._database.write() as connection:
            self._insert_missing(connection, list(wanted), now)
            rows = connection.execute(sa.select(products).where(products.c.id.in_(wanted)).with_for_update())
            current = {row.id: row for row in rows}
            changes = [(p, current[p.id].revision + 1) for p in wanted.values() if _differs(p, current[p.id])]
            if changes:
                values = [self._change(p, revision, now) for p, revision in changes]
                connection.execute(sa.update(products).where(products.c.id == sa.bindparam("key")), values)
        revisions = {product.id: revision for product, revision in changes}
        return [Accepted(p.id, revisions.get(p.id, current[p.id].revision), p.id in revisions) for p in wanted.values()]

    def delete(self, product_id: str) -> Accepted:
        """Turn a product into a tombstone. Raises NotFound when there is no such product, or no longer."""
        now = self._clock()
        with self._database.write() as connection:
            row = connection.execute(
                sa.update(products)
                .where(products.c.id == product_id, ~products.c.deleted, products.c.revision > 0)
                .values(
                    revision=products.c.revision + 1,
                    deleted=True,
                    attributes={},
                    images=[],
                    attempts=0,
                    problem_code=None,
                    problem_detail=None,
                    due_at=now + self._resend_after_s,
                    updated_at=now,
                )
                .returning(products.c.revision)
            ).first()
        if row is None:
            raise NotFound(f"there is no product {product_id!r}")
        return Accepted(product_id, row.revision, True)

    def get(self, product_id: str) -> Record:
        """The record of a product. Raises NotFound when there is none, or it was deleted."""
        record = self.get_many([product_id]).get(product_id)
        if record is None or record.deleted:
            raise NotFound(f"there is no product {product_id!r}")
        return record

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Record]:
        """The records of those products that exist, tombstones included, by id."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(products).where(products.c.id.in_(product_ids))).all()
        return {row.id: record_from_row(row) for row in rows}

    def page(
        self,
        limit: int,
        after: str = "",
        state: State | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> list[Record]:
        """The next `limit` products by id after `after`, in `state` (any but deleted when None).

        `attributes` keeps those whose text attribute equals the value given.
        """
        query = sa.select(products).where(products.c.id > after, products.c.revision > 0)
        query = query.where(~products.c.deleted if state is None else STATES[state])
        for name, value in (attributes or {}).items():
            query = query.where(self._text(name) == value)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(products.c.id).limit(limit)).all()
        return [record_from_row(row) for row in rows]

    def everything(self, chunk: int) -> "_Chunks":
        """All records, tombstones included, `chunk` at a time by id: iterate over it, in constant memory."""
        return _Chunks(self._database, chunk)

    def counts(self) -> dict[State, int]:
        """How many products are in each state."""
        columns = [sa.func.count().filter(condition).label(state) for state, condition in STATES.items()]
        with self._database.read() as connection:
            row = connection.execute(sa.select(*columns).where(products.c.revision > 0)).one()
        return {state: getattr(row, state) for state in STATES}

    def values(self, field: str, limit: int = 200) -> list[tuple[str, int]]:
        """The values of a text attribute among products not deleted, and how many have each, most frequent first."""
        value = self._text(field)
        query = (
            sa.select(value.label("value"), sa.func.count().label("number"))
            .where(~products.c.deleted, value.is_not(None))
            .group_by(value)
            .order_by(sa.desc("number"), "value")
            .limit(limit)
        )
        with self._database.read() as connection:
            return [(row.value, row.number) for row in connection.execute(query)]

    def _text(self, attribute: str) -> sa.ColumnElement[str]:
        """An attribute as text, in SQL."""
        if not self._database.sqlite or not {'"', "\\"} & set(attribute):
            plain: sa.ColumnElement[str] = products.c.attributes[attribute].as_string()
            return plain
        # SQLite's JSON paths have no way to spell such a name; going through the keys does, more slowly.
        keys = sa.func.json_each(products.c.attributes).table_valued("key", "value")
        return sa.select(sa.cast(keys.c.value, sa.Text)).where(keys.c.key == attribute).scalar_subquery()

    def _insert_missing(self, connection: sa.Connection, ids: list[str], now: float) -> None:
        """Rows at revision 0 for new ids, so that what follows can lock and update all alike."""
        insert = sqlite_insert if self._database.sqlite else postgresql_insert
        blank = {
            "attributes": {}, "images": [], "deleted": False, "revision": 0, "indexed_revision": 0,
            "failed_revision": 0, "attempts": 0, "claimed_until": 0.0, "due_at": now, "updated_at": now,
        }  # fmt: skip
        # In one order everywhere, so that two imports of the same products cannot deadlock.
        connection.execute(insert(products).on_conflict_do_nothing(), [{"id": key, **blank} for key in sorted(ids)])

    def _change(self, product: Product, revision: int, now: float) -> dict[str, Any]:
        return {
            "key": product.id,
            "attributes": dict(product.attributes),
            "images": [asdict(image) for image in product.images],
            "deleted": False,
            "revision": revision,
            "attempts": 0,
            "problem_code": None,
            "problem_detail": None,
            "due_at": now + self._resend_after_s,
            "updated_at": now,
        }


class _Chunks:
    """Iterates over the whole table by key: a long-lived cursor would hold back checkpoints and vacuums."""

    def __init__(self, database: Database, chunk: int) -> None:
        self._database, self._chunk, self._after = database, chunk, ""

    def __iter__(self) -> "_Chunks":
        return self

    def __next__(self) -> list[Record]:
        query = sa.select(products).where(products.c.id > self._after, products.c.revision > 0)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(products.c.id).limit(self._chunk)).all()
        if not rows:
            raise StopIteration
        self._after = rows[-1].id
        return [record_from_row(row) for row in rows]


def _differs(product: Product, row: Any) -> bool:
    failed = row.failed_revision >= row.revision > row.indexed_revision
    same = row.attributes == dict(product.attributes) and row.images == [asdict(image) for image in product.images]
    return row.revision == 0 or row.deleted or failed or not same
