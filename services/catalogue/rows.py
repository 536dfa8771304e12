"""Rows of the products table: locked, and made, in one order by everybody."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from services.catalogue.tables import products

BLANK: Mapping[str, Any] = {
    "attributes": {}, "images": [], "deleted": False, "revision": 0, "indexed_revision": 0, "failed_revision": 0,
    "attempts": 0, "deferrals": 0, "claimed_until": 0.0,
}  # fmt: skip


def lock(connection: sa.Connection, product_ids: Iterable[str]) -> None:
    """Keep others from writing these products until the transaction ends.

    Whoever writes several products calls this before it writes the first. The order keeps any two from waiting for
    each other; PostgreSQL's own order is whatever its plan comes across. SQLite has one writer anyway, and ignores it.
    """
    mine = sa.select(products.c.id).where(products.c.id.in_(list(product_ids)))
    connection.execute(mine.order_by(products.c.id).with_for_update())


def insert_missing(connection: sa.Connection, product_ids: Iterable[str], now: float, **values: object) -> None:
    """Rows for those ids that have none, blank but for `values`; the others stay. In the order of ids, as `lock`."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    row = {**BLANK, "due_at": now, "updated_at": now, **values}
    rows = [{"id": key, **row} for key in sorted(set(product_ids))]
    if rows:
        connection.execute(insert(products).on_conflict_do_nothing(), rows)
