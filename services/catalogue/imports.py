"""Imports: which lines of a file became which products, and how far they are."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from services.catalogue.database import Database
from services.catalogue.tables import import_items, imports, products
from services.errors import NotFound
from services.products import Problem


@dataclass(frozen=True)
class Line:
    """One line of a file: the product and revision it became, or the problem it was refused for."""

    number: int
    product_id: str | None = None
    revision: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class ImportProgress:
    """How many lines were read so far, and where they stand. `queued + indexed + failed + refused == read`."""

    source: str
    complete: bool
    read: int
    queued: int
    indexed: int
    failed: int
    refused: int

    @property
    def settled(self) -> bool:
        """The whole file was read, and nothing waits any more."""
        return self.complete and self.queued == 0


_indexed = products.c.indexed_revision >= import_items.c.revision
_failed = (products.c.failed_revision >= import_items.c.revision) & ~_indexed


class Imports:
    """Records of bulk imports."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def begin(self, source: str) -> str:
        """Open an import of the file `source`; returns its id."""
        import_id = uuid.uuid4().hex
        with self._database.write() as connection:
            connection.execute(sa.insert(imports).values(id=import_id, source=source, created_at=self._clock()))
        return import_id

    def add(self, import_id: str, lines: Sequence[Line]) -> None:
        """Note what became of lines of the file."""
        if not lines:
            return
        values = [
            {
                "import_id": import_id,
                "line": line.number,
                "product_id": line.product_id,
                "revision": line.revision,
                "problem_code": line.problem and line.problem.code,
                "problem_detail": line.problem and line.problem.detail,
            }
            for line in lines
        ]
        with self._database.write() as connection:
            connection.execute(sa.insert(import_items), values)

    def complete(self, import_id: str) -> None:
        """The whole file has been read."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(imports).where(imports.c.id == import_id).values(finished_reading_at=self._clock())
            )

    def progress(self, import_id: str) -> ImportProgress:
        """Where an import stands. Raises NotFound."""
        joined = import_items.outerjoin(products, products.c.id == import_items.c.product_id)
        refused = import_items.c.revision.is_(None)
        counts = sa.select(
            sa.func.count().label("read"),
            sa.func.count().filter(refused).label("refused"),
            sa.func.count().filter(_indexed).label("indexed"),
            sa.func.count().filter(_failed).label("failed"),
        ).select_from(joined)
        with self._database.read() as connection:
            row = connection.execute(sa.select(imports).where(imports.c.id == import_id)).first()
            if row is None:
                raise NotFound(f"there is no import {import_id!r}")
            found = connection.execute(counts.where(import_items.c.import_id == import_id)).one()
        queued = found.read - found.refused - found.indexed - found.failed
        complete = row.finished_reading_at is not None
        return ImportProgress(row.source, complete, found.read, queued, found.indexed, found.failed, found.refused)

    def problems(self, import_id: str, limit: int = 20) -> list[Line]:
        """The first lines that were refused, or whose product failed, each with its problem."""
        joined = import_items.outerjoin(products, products.c.id == import_items.c.product_id)
        code = sa.func.coalesce(import_items.c.problem_code, products.c.problem_code)
        detail = sa.func.coalesce(import_items.c.problem_detail, products.c.problem_detail)
        query = (
            sa.select(import_items.c.line, import_items.c.product_id, code.label("code"), detail.label("detail"))
            .select_from(joined)
            .where(import_items.c.import_id == import_id, import_items.c.problem_code.is_not(None) | _failed)
            .order_by(import_items.c.line)
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [Line(row.line, row.product_id, problem=Problem(row.code, row.detail)) for row in rows]
