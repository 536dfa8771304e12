"""Exact counts of the products that searches can find.

Those are the products that are not deleted, have been in the index, and did not fail at their newest revision. While a
newest revision waits, searches find the product as it was, and it is counted as it is now: counts are a moment ahead.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.catalogue.answers import Answers
from services.catalogue.database import Database
from services.catalogue.facet_parts import Part, part_of
from services.catalogue.failures import FAILED
from services.catalogue.sql_attributes import Documents
from services.catalogue.sql_filters import condition
from services.catalogue.tables import products
from services.errors import InvalidRequest
from services.facets import Facet, FacetRequest
from services.fields import Fields
from services.filters import Filter

SEARCHABLE = ~products.c.deleted & (products.c.indexed_revision > 0) & ~FAILED
MAX_FACETS = 20
WORK_MEM = "32MB"

Answer = TypeVar("Answer")


class Facets:
    """Counts of products. Safe to share between threads.

    Answers are kept until the database changes (`Database.version`), so they are exact for all that. A name
    `predicted_<field>` stands for the label that the model suggests with a probability of at least `predict_min`; with
    None it suggests nothing.
    """

    def __init__(self, database: Database, fields: Fields | None = None, predict_min: float | None = 0.5) -> None:
        self._database, self._fields, self._predict_min = database, fields or {}, predict_min
        self._answers = Answers()

    def total(self, where: Filter | None, timeout_s: float | None = None) -> int:
        """How many products pass `where`; None asks for all. Raises DeadlineExceeded, Unavailable."""

        def ask() -> int:
            query = self._passing(where)[1] if where is not None else sa.select(products.c.id).where(SEARCHABLE)
            with self._scan(timeout_s) as connection:
                return int(
                    connection.execute(
                        query.with_only_columns(sa.func.count(), maintain_column_froms=True)
                    ).scalar_one()
                )

        return self._kept(("total", where), ask)

    def everywhere(self, fields: Sequence[str]) -> frozenset[str]:
        """Those of `fields` that every product has. Raises Unavailable."""
        total, found = self.total(None), []
        for start in range(0, len(fields), MAX_FACETS):
            found += self.count(None, [FacetRequest(field, top=1) for field in fields[start : start + MAX_FACETS]])
        return frozenset(facet.field for facet in found if facet.products == total)

    def count(
        self, where: Filter | None, requests: Sequence[FacetRequest], timeout_s: float | None = None
    ) -> list[Facet]:
        """A facet for each request, of the products that pass `where`.

        Values are ordered by how many products have them, then by kind (boolean, number, text), then by value, text
        by code point. Ranges come in the order in which they were asked for. Raises InvalidRequest for a request that
        has no answer or asks for too much, DeadlineExceeded, Unavailable.
        """
        if len(requests) > MAX_FACETS:
            raise InvalidRequest(f"facets: {len(requests)} at once; at most {MAX_FACETS} are allowed")
        parts = [part_of(request, self._fields.get(request.field)) for request in requests]
        if not parts:
            return []
        return self._kept(("count", where, parts), lambda: self._count(where, parts, timeout_s))

    def _kept(self, question: object, ask: Callable[[], Answer]) -> Answer:
        # By how it is written: 1, 1.0 and true are equal to Python, and different filters.
        return self._answers.get(repr(question), self._database.version(), ask)

    def _count(self, where: Filter | None, parts: Sequence[Part], timeout_s: float | None) -> list[Facet]:
        documents, passing = self._passing(where)
        columns = [
            column.label(f"{name}{number}")
            for number, part in enumerate(parts)
            for name, column in part.columns(documents.read(part.field)).items()
        ]
        # Read once, whatever the number of facets: reading the JSON is what costs most.
        found = passing.with_only_columns(*columns, maintain_column_froms=True).cte("found").prefix_with("MATERIALIZED")
        counts = [part.count(found, number, self._database.sqlite) for number, part in enumerate(parts)]
        with self._scan(timeout_s) as connection:
            rows = connection.execute(sa.union_all(*(sa.select(count.subquery()) for count in counts))).all()
        return [part.facet([row for row in rows if row.part == number]) for number, part in enumerate(parts)]

    def _passing(self, where: Filter | None) -> tuple[Documents, sa.Select[Any]]:
        """The products that pass, and how to read them."""
        sqlite = self._database.sqlite
        columns: list[sa.ColumnElement[Any]] = [products.c.attributes, products.c.predictions]
        query = sa.select(*columns).where(SEARCHABLE)
        if not sqlite:
            # PostgreSQL reads JSON again for each attribute asked for, unless it is turned into JSONB, once.
            attributes = sa.cast(products.c.attributes, postgresql.JSONB).label("attributes")
            source = query.with_only_columns(attributes, products.c.predictions).cte("searchable")
            source = source.prefix_with("MATERIALIZED")
            columns, query = list(source.c), sa.select(source)
        documents = Documents(columns[0], columns[1], sqlite, self._predict_min, binary=not sqlite)
        return documents, query if where is None else query.where(condition(where, documents))

    @contextmanager
    def _scan(self, timeout_s: float | None) -> Iterator[sa.Connection]:
        """A view of the database, set up to look at every product."""
        with self._database.read(timeout_s) as connection:
            if not self._database.sqlite:
                # Compiling takes longer than counting; and what was read is kept in memory, not on the disk.
                connection.exec_driver_sql(f"SET LOCAL jit = off; SET LOCAL work_mem = '{WORK_MEM}'")
            yield connection
