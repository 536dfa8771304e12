"""Imports: which lines of a file became which products, and how far they are."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from services.catalogue.database import Database
from services.catalogue.lines import Line, add_lines
from services.catalogue.tables import OPEN_ITEM, import_items, imports
from services.errors import Conflict, NotFound
from services.products import Problem

RATE_WINDOW_S = 30.0

ImportState: TypeAlias = Literal["reading", "indexing", "done", "cancelled", "failed"]


@dataclass(frozen=True)
class ImportProgress:
    """Where the lines of an import stand: `queued + indexed + failed + refused + skipped + stale == read`.

    `refused` lines broke a rule and changed nothing, `skipped` ones found their product as it should be, `stale` ones
    were older than what is there. `embedded` counts photos that the encoder saw. `total` is known once the whole
    file was read; until then `read_share` tells how much of it was. `rate` is lines settled a second, lately.
    """

    id: str
    source: str
    state: ImportState
    read: int
    queued: int
    embedded: int
    indexed: int
    failed: int
    refused: int
    skipped: int
    stale: int
    total: int | None
    read_share: float
    rate: float
    eta_s: float | None
    created_at: float
    problem: Problem | None = None

    @property
    def complete(self) -> bool:
        """No more lines will come."""
        return self.state != "reading"

    @property
    def settled(self) -> bool:
        """No more lines will come, and none waits any more."""
        return self.complete and self.queued == 0


@dataclass(frozen=True)
class ImportJob:
    """An import whose file is still being read: how, and up to which line it was."""

    id: str
    options: Mapping[str, Any]
    lines_read: int


def new_import_id() -> str:
    """An id that nobody else has, and that a person can copy: 12 hex digits."""
    return uuid.uuid4().hex[:12]


class Imports:
    """Records of bulk imports."""

    def __init__(
        self, database: Database, resend_after_s: float = 30.0, clock: Callable[[], float] = time.time
    ) -> None:
        self._database, self._clock, self._resend_after_s = database, clock, resend_after_s

    def begin(
        self,
        source: str,
        bytes_total: int = 0,
        fingerprint: str | None = None,
        options: Mapping[str, Any] | None = None,
        import_id: str | None = None,
    ) -> str:
        """Open an import of the file `source`; returns its id. With `options`, workers read it."""
        import_id, now = import_id or new_import_id(), self._clock()
        values = {
            "id": import_id,
            "source": source,
            "created_at": now,
            "bytes_total": bytes_total,
            "fingerprint": fingerprint,
            "options": None if options is None else dict(options),
            "due_at": now + self._resend_after_s,
        }
        with self._database.write() as connection:
            connection.execute(sa.insert(imports).values(**values))
        return import_id

    def unfinished(self, fingerprint: str) -> ImportJob | None:
        """The latest import of a file with this fingerprint that was broken off, if there is one.

        Be it while the file was read, or later: to read it once more then would undo what was changed since.
        """
        waiting = sa.exists().where(import_items.c.import_id == imports.c.id, OPEN_ITEM)
        broken_off = imports.c.finished_reading_at.is_(None) | (imports.c.problem_code.is_(None) & waiting)
        by_command = imports.c.options.is_(None) & imports.c.cancelled_at.is_(None)
        query = sa.select(imports).where(imports.c.fingerprint == fingerprint, by_command, broken_off)
        with self._database.read() as connection:
            row = connection.execute(query.order_by(imports.c.created_at.desc()).limit(1)).first()
        return None if row is None else ImportJob(row.id, {}, row.lines_read)

    def job(self, import_id: str) -> ImportJob | None:
        """What is left to read of an import; None when that is nothing, or it was cancelled. Raises NotFound."""
        row = self._row(import_id)
        if row.finished_reading_at is not None or row.cancelled_at is not None:
            return None
        return ImportJob(row.id, row.options or {}, row.lines_read)

    def due(self, limit: int = 100) -> list[str]:
        """Imports that workers read and that nobody has gone on with lately; each is given a new date to wait for."""
        now = self._clock()
        open_ones = imports.c.finished_reading_at.is_(None) & imports.c.cancelled_at.is_(None)
        forgotten = open_ones & imports.c.options.is_not(None) & (imports.c.due_at <= now)
        with self._database.write() as connection:
            oldest = sa.select(imports.c.id).where(forgotten).order_by(imports.c.due_at).limit(limit)
            ids = [row.id for row in connection.execute(oldest.with_for_update(skip_locked=True))]
            if ids:
                again = sa.update(imports).where(imports.c.id.in_(ids))
                connection.execute(again.values(due_at=now + self._resend_after_s))
        return ids

    def add(self, connection: sa.Connection, import_id: str, lines: Sequence[Line]) -> None:
        """Note what became of lines; within the transaction that changes their products."""
        if lines:
            add_lines(connection, import_id, lines, self._clock())

    def note_read(self, connection: sa.Connection, import_id: str, lines_read: int, bytes_read: int) -> None:
        """The file was read up to a line; within the transaction that writes what came of it.

        Raises Conflict when the import was cancelled meanwhile, which undoes that transaction.
        """
        values = {"lines_read": lines_read, "bytes_read": bytes_read, "due_at": self._clock() + self._resend_after_s}
        going_on = sa.update(imports).where(imports.c.id == import_id, imports.c.cancelled_at.is_(None))
        if connection.execute(going_on.values(**values)).rowcount == 0:
            raise Conflict(f"import {import_id} was cancelled")

    def complete(self, import_id: str, problem: Problem | None = None) -> None:
        """The whole file has been read, or cannot be read any further for `problem`."""
        values = {
            "finished_reading_at": self._clock(),
            "bytes_read": imports.c.bytes_total,
            "problem_code": problem and problem.code,
            "problem_detail": problem and problem.detail[:1000],
        }
        with self._database.write() as connection:
            connection.execute(sa.update(imports).where(imports.c.id == import_id).values(**values))

    def cancel(self, import_id: str) -> None:
        """Read no further. What was accepted stays accepted. No error when all was read. Raises NotFound."""
        self._row(import_id)
        unread = (imports.c.id == import_id) & imports.c.finished_reading_at.is_(None)
        with self._database.write() as connection:
            connection.execute(
                sa.update(imports).where(unread, imports.c.cancelled_at.is_(None)).values(cancelled_at=self._clock())
            )

    def progress(self, import_id: str) -> ImportProgress:
        """Where an import stands. Raises NotFound."""
        now = self._clock()
        mine = import_items.c.import_id == import_id
        by_state = sa.select(import_items.c.state, sa.func.count(), sa.func.sum(import_items.c.embedded))
        lately = sa.select(sa.func.count()).where(mine, import_items.c.settled_at > now - RATE_WINDOW_S)
        with self._database.read() as connection:
            row = connection.execute(sa.select(imports).where(imports.c.id == import_id)).first()
            if row is None:
                raise NotFound(f"there is no import {import_id!r}")
            found = connection.execute(by_state.where(mine).group_by(import_items.c.state)).all()
            settled_lately: int = connection.execute(lately).scalar_one()
        counts = {state: number for state, number, _ in found}
        rate = settled_lately / max(min(RATE_WINDOW_S, now - row.created_at), 1.0)
        return _progress(row, counts, sum(embedded for _, _, embedded in found), rate)

    def recent(self, limit: int = 20) -> list[str]:
        """The ids of the latest imports, newest first."""
        query = sa.select(imports.c.id).order_by(imports.c.created_at.desc(), imports.c.id).limit(limit)
        with self._database.read() as connection:
            return [row.id for row in connection.execute(query)]

    def problems(self, import_id: str, limit: int = 20, after: int = 0) -> list[Line]:
        """The next lines after line `after` that have a problem: refused, failed, or indexed with a photo missing."""
        columns = (
            import_items.c.line,
            import_items.c.product_id,
            import_items.c.problem_code,
            import_items.c.problem_detail,
        )
        mine = (import_items.c.import_id == import_id) & (import_items.c.line > after)
        query = sa.select(*columns).where(mine, import_items.c.problem_code.is_not(None))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(import_items.c.line).limit(limit)).all()
        return [Line(row.line, row.product_id, problem=Problem(row.problem_code, row.problem_detail)) for row in rows]

    def _row(self, import_id: str) -> Any:
        with self._database.read() as connection:
            row = connection.execute(sa.select(imports).where(imports.c.id == import_id)).first()
        if row is None:
            raise NotFound(f"there is no import {import_id!r}")
        return row


def _progress(row: Any, counts: Mapping[str, int], embedded: int, rate: float) -> ImportProgress:
    numbers = {state: counts.get(state, 0) for state in ("queued", "indexed", "failed", "refused", "skipped", "stale")}
    read = sum(numbers.values())
    share = 1.0 if row.finished_reading_at is not None else row.bytes_read / max(row.bytes_total, 1)
    # Lines that were not read yet are taken to be as long as those that were.
    expected = read / share if share > 0 else float(read)
    left = numbers["queued"] + max(expected - read, 0.0)
    return ImportProgress(
        id=row.id,
        source=row.source,
        state=_state(row, numbers["queued"]),
        read=read,
        **numbers,
        embedded=embedded,
        total=read if row.finished_reading_at is not None else None,
        read_share=round(min(share, 1.0), 4),
        rate=round(rate, 2),
        eta_s=round(left / rate, 1) if rate > 0 and left > 0 else None,
        created_at=row.created_at,
        problem=Problem(row.problem_code, row.problem_detail) if row.problem_code else None,
    )


def _state(row: Any, queued: int) -> ImportState:
    if row.cancelled_at is not None:
        return "cancelled"
    if row.finished_reading_at is None:
        return "reading"
    if row.problem_code is not None:
        return "failed"
    return "indexing" if queued else "done"
