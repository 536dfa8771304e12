"""Lines of imports: written with the products they became, and settled as those are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from services.catalogue.tables import FAILED_ITEM, OPEN_ITEM, import_items, products
from services.products import Problem

LineState: TypeAlias = Literal["queued", "indexed", "failed", "refused", "skipped", "stale"]


@dataclass(frozen=True)
class Line:
    """One line of a file: the product and revision it became, or the problem it was refused for.

    `changed` is False where the product was like that before.
    """

    number: int
    product_id: str | None = None
    revision: int | None = None
    changed: bool = True
    problem: Problem | None = None


def add_lines(connection: sa.Connection, import_id: str, lines: Sequence[Line], now: float) -> None:
    """Write lines that were not written before. Within the transaction that changes their products, whose rows it
    holds: a worker can finish none of them in between."""
    numbers = [line.number for line in lines]
    mine = import_items.c.import_id == import_id
    known = {
        row.line
        for row in connection.execute(sa.select(import_items.c.line).where(mine, import_items.c.line.in_(numbers)))
    }
    values = [_values(import_id, line, now) for line in lines if line.number not in known]
    if not values:
        return
    connection.execute(sa.insert(import_items), values)
    # One that is like it was before may be in the index already, or still wait.
    done = {line.product_id: 0 for line in lines if line.product_id and line.revision is not None and not line.changed}
    settle_lines(connection, done, now, indexed="skipped")


def settle_lines(
    connection: sa.Connection, embedded: Mapping[str, int], now: float, indexed: LineState = "indexed"
) -> None:
    """Settle the waiting lines of products that are indexed, or failed, at their revision or a later one.

    `embedded` gives the products, and how many of the photos of each were embedded.
    """
    if not embedded:
        return
    columns = (import_items.c.import_id, import_items.c.line, import_items.c.product_id, import_items.c.revision)
    reached = (
        products.c.indexed_revision,
        products.c.failed_revision,
        products.c.problem_code,
        products.c.problem_detail,
    )
    waiting = sa.select(*columns, *reached).join(products, products.c.id == import_items.c.product_id)
    rows = connection.execute(waiting.where(OPEN_ITEM, import_items.c.product_id.in_(embedded))).all()
    settled = (_settled(row, embedded[row.product_id], now, indexed) for row in rows)
    values = [value for value in settled if value is not None]
    if values:
        connection.execute(_SETTLE, values)


_SETTLE = (
    sa.update(import_items)
    .where(import_items.c.import_id == sa.bindparam("of_import"), import_items.c.line == sa.bindparam("number"))
    .values(
        state=sa.bindparam("reached"),
        embedded=sa.bindparam("photos"),
        settled_at=sa.bindparam("at"),
        problem_code=sa.bindparam("code"),
        problem_detail=sa.bindparam("detail"),
    )
)


def _settled(row: Any, embedded: int, now: float, indexed: LineState) -> dict[str, Any] | None:
    if row.indexed_revision >= row.revision:
        state = indexed
    elif row.failed_revision >= row.revision:
        state = "failed"
    else:
        return None
    return {
        "of_import": row.import_id,
        "number": row.line,
        "reached": state,
        "photos": embedded,
        "at": now,
        # A product may be in the index with a problem: one of its photos could not be read.
        "code": row.problem_code,
        "detail": row.problem_detail,
    }


def _values(import_id: str, line: Line, now: float) -> dict[str, Any]:
    state: LineState = "queued"
    if line.problem is not None:
        state = "stale" if line.problem.code == "stale" else "refused"
    return {
        "import_id": import_id,
        "line": line.number,
        "product_id": line.product_id,
        "revision": line.revision,
        "state": state,
        "settled_at": None if state == "queued" else now,
        "problem_code": line.problem and line.problem.code,
        "problem_detail": line.problem and line.problem.detail,
    }


def reopen_lines(connection: sa.Connection, product_ids: Sequence[str]) -> None:
    """Have the failed lines of products wait again."""
    failed = FAILED_ITEM & import_items.c.product_id.in_(product_ids)
    fresh = {"state": "queued", "settled_at": None, "problem_code": None, "problem_detail": None}
    connection.execute(sa.update(import_items).where(failed).values(**fresh))
