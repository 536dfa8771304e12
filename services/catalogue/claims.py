"""Claims: how workers share products without a lock server, and how nothing accepted is forgotten.

A worker claims products for a lease longer than its task may run, works on what the records say now, and
finishes with the revisions it worked from. Where a record moved on meanwhile the work is done again. Where
the claim was lost (the worker slept through its lease) its late writes may have gone over a newer index:
the record is given a new revision, so that whoever works next, or is at work now, writes it afresh.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from services.catalogue.database import Database
from services.catalogue.records import record_from_row
from services.catalogue.tables import WAITING, products
from services.products import Problem, Record


@dataclass(frozen=True)
class Outcome:
    """What became of one product at `revision`: in the index or not, and what was wrong with it, if anything."""

    product_id: str
    revision: int
    indexed: bool
    problem: Problem | None = None


class Claims:
    """Work on products: who does it, and what is left to do. Times in seconds."""

    def __init__(
        self,
        database: Database,
        lease_s: float = 40.0,
        resend_after_s: float = 30.0,
        max_attempts: int = 8,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._lease_s, self._resend_after_s, self._max_attempts = lease_s, resend_after_s, max_attempts
        self._clock = clock

    def take(self, product_ids: Sequence[str], worker: str) -> list[Record]:
        """Claim those of `product_ids` that wait for work and are nobody else's; return their records as of now."""
        now = self._clock()
        free = (products.c.claimed_until <= now) | (products.c.claimed_by == worker)
        with self._database.write() as connection:
            rows = connection.execute(
                sa.update(products)
                .where(products.c.id.in_(product_ids), WAITING, free)
                .values(
                    claimed_by=worker,
                    claimed_until=now + self._lease_s,
                    # A claim whose worker died becomes due the moment it ends.
                    due_at=now + self._lease_s,
                    attempts=products.c.attempts + 1,
                )
                .returning(products)
            ).all()
        return [record_from_row(row) for row in rows]

    def finish(self, worker: str, outcomes: Sequence[Outcome]) -> list[str]:
        """Record outcomes and let go; return the ids whose record moved on meanwhile, which need work again."""
        if not outcomes:
            return []
        with self._database.write() as connection:
            for indexed in (True, False):
                done = [_values(outcome, worker) for outcome in outcomes if outcome.indexed is indexed]
                if done:
                    connection.execute(_FINISH[indexed], done)
            worked_from = {outcome.product_id: outcome.revision for outcome in outcomes}
            current = connection.execute(
                sa.select(products.c.id, products.c.revision, products.c.claimed_by)
                .where(products.c.id.in_(worked_from))
                .with_for_update()
            ).all()
            moved = [row for row in current if row.revision != worked_from[row.id]]
            lost = [row.id for row in moved if row.claimed_by != worker]
            if lost:
                connection.execute(
                    sa.update(products)
                    .where(products.c.id.in_(lost))
                    .values(revision=products.c.revision + 1, due_at=self._clock())
                )
        return [row.id for row in moved]

    def release(self, worker: str, problem: Problem, counts: bool) -> None:
        """Let go of everything `worker` still holds, to be queued again a little later.

        `counts` says whether the attempt tells against the products: not when a component was away. The wait is
        spread out, so that they do not all come back at once.
        """
        later = self._clock() + self._resend_after_s * random.uniform(0.3, 1.0)  # noqa: S311  # jitter, no secret
        values = {
            "claimed_by": None,
            "claimed_until": 0.0,
            "due_at": later,
            "problem_code": problem.code,
            "problem_detail": problem.detail[:1000],
            "attempts": products.c.attempts - (0 if counts else 1),
        }
        with self._database.write() as connection:
            connection.execute(sa.update(products).where(products.c.claimed_by == worker).values(values))

    def due(self, limit: int) -> list[str]:
        """Up to `limit` products whose message seems lost, oldest first; each is given a new date to wait for.

        A product that was tried `max_attempts` times without an outcome (it kills the worker) is listed as failed.
        """
        now = self._clock()
        waiting = (products.c.due_at <= now) & (products.c.claimed_until <= now) & WAITING
        with self._database.write() as connection:
            connection.execute(
                sa.update(products)
                .where(waiting, products.c.attempts >= self._max_attempts)
                .values(
                    failed_revision=products.c.revision,
                    problem_code="gave_up",
                    problem_detail=f"{self._max_attempts} attempts ended without an answer; it may kill the worker",
                )
            )
            oldest = sa.select(products.c.id).where(waiting).order_by(products.c.due_at).limit(limit)
            ids = [row.id for row in connection.execute(oldest.with_for_update(skip_locked=True))]
            if ids:
                again = sa.update(products).where(products.c.id.in_(ids))
                connection.execute(again.values(due_at=now + self._resend_after_s))
        return ids

    def redo(self, product_ids: Sequence[str]) -> int:
        """Have products indexed anew, because their rows are missing or wrong; returns how many it concerned.

        One that is waiting or being worked on already is left alone.
        """
        settled = (products.c.indexed_revision >= products.c.revision) & (products.c.claimed_until <= self._clock())
        with self._database.write() as connection:
            result = connection.execute(
                sa.update(products)
                .where(products.c.id.in_(product_ids), settled)
                .values(indexed_revision=0, attempts=0, due_at=self._clock())
            )
        return result.rowcount

    def redo_since(self, moment: float) -> int:
        """Have every product that changed after `moment` indexed anew; returns how many."""
        with self._database.write() as connection:
            result = connection.execute(
                sa.update(products)
                .where(products.c.updated_at >= moment, products.c.indexed_revision > 0)
                .values(revision=products.c.revision + 1, attempts=0, due_at=self._clock())
            )
        return result.rowcount

    def bury(self, product_ids: Sequence[str]) -> None:
        """Make tombstones for ids that the catalogue does not know, so that a worker removes their rows."""
        now = self._clock()
        blank = {
            "attributes": {}, "images": [], "deleted": True, "revision": 1, "indexed_revision": 0,
            "failed_revision": 0, "attempts": 0, "claimed_until": 0.0, "due_at": now, "updated_at": now,
        }  # fmt: skip
        with self._database.write() as connection:
            known = {
                row.id for row in connection.execute(sa.select(products.c.id).where(products.c.id.in_(product_ids)))
            }
            new = [{"id": key, **blank} for key in sorted(set(product_ids) - known)]
            if new:
                connection.execute(sa.insert(products), new)


def _finish(indexed: bool) -> sa.Update:
    reached = {"indexed_revision" if indexed else "failed_revision": products.c.revision}
    return (
        sa.update(products)
        .where(
            products.c.id == sa.bindparam("key"),
            products.c.revision == sa.bindparam("worked_from"),
            products.c.claimed_by == sa.bindparam("worker"),
        )
        .values(
            **reached,
            claimed_by=None,
            claimed_until=0.0,
            attempts=0,
            problem_code=sa.bindparam("code"),
            problem_detail=sa.bindparam("detail"),
        )
    )


_FINISH = {True: _finish(True), False: _finish(False)}


def _values(outcome: Outcome, worker: str) -> dict[str, object]:
    problem = outcome.problem
    return {
        "key": outcome.product_id,
        "worked_from": outcome.revision,
        "worker": worker,
        "code": problem and problem.code,
        "detail": problem and problem.detail,
    }
