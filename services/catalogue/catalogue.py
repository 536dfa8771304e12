"""Products in the catalogue: accept, delete, read, list. A commit here is what "accepted" means."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from services.catalogue.attribute_names import NameNotes
from services.catalogue.changes import Change, Delete, Draft, draft_of, puts
from services.catalogue.database import Database
from services.catalogue.failures import FAILED
from services.catalogue.records import record_from_row
from services.catalogue.rows import insert_missing
from services.catalogue.sql_attributes import Documents
from services.catalogue.sql_filters import condition
from services.catalogue.tables import WAITING, products
from services.errors import Conflict, InvalidProduct, LookalikeError, NotFound
from services.filters import Filter
from services.products import Problem, Product, Record, State

STATES: dict[State, sa.ColumnElement[bool]] = {
    "queued": WAITING & ~products.c.deleted,
    "indexed": (products.c.indexed_revision >= products.c.revision) & ~products.c.deleted,
    "failed": FAILED,
    "deleted": products.c.deleted,
}


REFUSALS: dict[str, type[LookalikeError]] = {
    "stale": Conflict,
    "not_found": NotFound,
    "invalid_product": InvalidProduct,
}


@dataclass(frozen=True)
class Accepted:
    """What became of one change: the revision that holds it, whether there is work to queue, or why it was refused."""

    product_id: str
    revision: int
    changed: bool
    problem: Problem | None = None


Then: TypeAlias = Callable[[sa.Connection, list[Accepted]], None]
"""What is to be written in the same transaction as the changes that were accepted."""


class Catalogue:
    """The products. `resend_after_s` is how long a queue message may take before it counts as lost.

    `predict_min` is how probable a label must be for filters to see it as `predicted_<field>`; None: they see none.
    """

    def __init__(
        self,
        database: Database,
        resend_after_s: float = 30.0,
        clock: Callable[[], float] = time.time,
        predict_min: float | None = 0.5,
    ) -> None:
        self._database = database
        self._resend_after_s = resend_after_s
        self._clock = clock
        self._documents = Documents(products.c.attributes, products.c.predictions, database.sqlite, predict_min)
        self._names = NameNotes()

    def put(self, batch: Sequence[Product]) -> list[Accepted]:
        """Accept products, all or none; of two with one id the later counts.

        A product that is already there, word for word, keeps its revision and causes no work, unless it had failed:
        sending it again is how a shop says "try again".
        """
        return self.write(puts(list({product.id: product for product in batch}.values())))

    def delete(self, product_id: str) -> Accepted:
        """Turn a product into a tombstone. Raises NotFound when there is no such product, or no longer."""
        return self.write_one(Delete(product_id))

    def write_one(self, change: Change) -> Accepted:
        """Accept one change. Raises NotFound, InvalidProduct, or Conflict where a newer version is there."""
        (accepted,) = self.write([change])
        if accepted.problem is not None:
            raise REFUSALS[accepted.problem.code](accepted.problem.detail)
        return accepted

    def write(self, changes: Sequence[Change], then: Then | None = None) -> list[Accepted]:
        """Make changes one after the other, in one transaction; returns what became of each, in their order.

        A change that cannot be made carries its problem, and the others are made all the same. A product's revision
        grows by one, however many of the changes concern it. `then` runs inside the transaction.
        """
        if not changes and then is None:
            return []
        now = self._clock()
        with self._database.write() as connection:
            ids = list({change.product_id: None for change in changes})
            # Rows at revision 0 for new ids, so that what follows can lock and update all alike.
            insert_missing(connection, ids, now)
            rows = sa.select(products).where(products.c.id.in_(ids)).order_by(products.c.id).with_for_update()
            current = {row.id: row for row in connection.execute(rows)}
            drafts = {key: draft_of(row) for key, row in current.items()}
            problems = [drafts[change.product_id].apply(change) for change in changes]
            self._save(connection, current, drafts, now)
            accepted = [
                Accepted(key, current[key].revision + drafts[key].work, drafts[key].work, problem)
                for key, problem in zip((change.product_id for change in changes), problems, strict=True)
            ]
            if then is not None:
                then(connection, accepted)
            names = self._names.new(draft.attributes for draft in drafts.values() if draft.work)
            self._names.write(connection, names)
        self._names.written(names)
        return accepted

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
        where: Filter | None = None,
    ) -> list[Record]:
        """The next `limit` products by id after `after`, in `state` (any but deleted when None).

        `attributes` keeps those whose text attribute equals the value given, `where` those that pass the filter.
        """
        query = sa.select(products).where(products.c.id > after, products.c.revision > 0)
        query = query.where(~products.c.deleted if state is None else STATES[state])
        for name, value in (attributes or {}).items():
            query = query.where(self._text(name) == value)
        if where is not None:
            query = query.where(condition(where, self._documents))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(products.c.id).limit(limit)).all()
        return [record_from_row(row) for row in rows]

    def everything(self, chunk: int, after: str = "") -> "_Chunks":
        """All records after an id, tombstones too, `chunk` at a time by id, in constant memory: iterate over it."""
        return _Chunks(self._database, chunk, after)

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
            .order_by(sa.desc("number"), value)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [(row.value, row.number) for row in connection.execute(query)]

    def _text(self, attribute: str) -> sa.ColumnElement[str]:
        """An attribute in SQL where it is text, else NULL: a number or a boolean is equal to no text."""
        member = self._documents.own(attribute)
        return sa.case((member.is_kind("text"), member.text))

    def _save(
        self, connection: sa.Connection, current: Mapping[str, Any], drafts: dict[str, Draft], now: float
    ) -> None:
        changed = [
            self._values(key, draft, current[key].revision + 1, now) for key, draft in drafts.items() if draft.work
        ]
        if changed:
            connection.execute(sa.update(products).where(products.c.id == sa.bindparam("key")), changed)
        newer = [
            {"key": key, "version": draft.version}
            for key, draft in drafts.items()
            if not draft.work and draft.version != current[key].version
        ]
        if newer:
            connection.execute(sa.update(products).where(products.c.id == sa.bindparam("key")), newer)
        # A change that could not be made leaves no trace of a product that was not there.
        blank = [key for key, draft in drafts.items() if not draft.work and current[key].revision == 0]
        if blank:
            connection.execute(sa.delete(products).where(products.c.id.in_(blank)))

    def _values(self, key: str, draft: Draft, revision: int, now: float) -> dict[str, Any]:
        return {
            "key": key,
            "attributes": draft.attributes,
            "images": draft.images,
            "deleted": not draft.exists,
            "revision": revision,
            "version": draft.version,
            "attempts": 0,
            "deferrals": 0,
            "problem_code": None,
            "problem_detail": None,
            "problem_at": None,
            "image_problems": None,
            "due_at": now + self._resend_after_s,
            "updated_at": now,
        }


class _Chunks:
    """Iterates over the whole table by key: a long-lived cursor would hold back checkpoints and vacuums."""

    def __init__(self, database: Database, chunk: int, after: str) -> None:
        self._database, self._chunk, self._after = database, chunk, after

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
