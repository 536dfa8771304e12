"""Products that could not be indexed: listed until they are sent again, retried, or given up."""

import time
from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa

from services.catalogue.database import Database
from services.catalogue.lines import reopen_lines
from services.catalogue.records import record_from_row
from services.catalogue.tables import products
from services.products import Record

FAILED = (
    (products.c.failed_revision >= products.c.revision)
    & (products.c.indexed_revision < products.c.revision)
    & ~products.c.deleted
)


class Failures:
    """The failed products."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def page(self, limit: int, after: str = "", code: str | None = None) -> list[Record]:
        """The next `limit` failed products by id after `after`; with `code`, those that failed for this reason."""
        query = sa.select(products).where(FAILED, products.c.id > after)
        if code is not None:
            query = query.where(products.c.problem_code == code)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(products.c.id).limit(limit)).all()
        return [record_from_row(row) for row in rows]

    def every(self, code: str | None = None, chunk: int = 500) -> Iterator[list[str]]:
        """The ids of all failed products, in chunks."""
        after = ""
        while page := self.page(chunk, after, code):
            after = page[-1].product.id
            yield [record.product.id for record in page]

    def by_code(self) -> dict[str, int]:
        """How many products failed for each reason."""
        query = sa.select(products.c.problem_code, sa.func.count()).where(FAILED).group_by(products.c.problem_code)
        with self._database.read() as connection:
            return {code or "unknown": number for code, number in connection.execute(query)}

    def retry(self, product_ids: Sequence[str]) -> list[str]:
        """Have those of `product_ids` that failed wait for work again, as if new; returns which. To be queued then.

        Lines of imports that had failed with them wait with them.
        """
        now = self._clock()
        fresh = {"failed_revision": 0, "attempts": 0, "deferrals": 0, "due_at": now, "image_problems": None}
        with self._database.write() as connection:
            wanted = sa.select(products.c.id).where(products.c.id.in_(product_ids), FAILED)
            ids = [row.id for row in connection.execute(wanted.order_by(products.c.id).with_for_update())]
            if ids:
                connection.execute(sa.update(products).where(products.c.id.in_(ids)).values(**fresh))
                reopen_lines(connection, ids)
        return ids
