"""Claims: how workers share products without a lock server, and how nothing accepted is forgotten.

A worker claims products for a lease longer than its task may run, works on what the records say now, and
finishes with the revisions it worked from. Where a record moved on meanwhile the work is done again. Where
the claim was lost (the worker slept through its lease) its late writes may have gone over a newer index:
the record is given a new revision, so that whoever works next, or is at work now, writes it afresh.
"""

import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from services.catalogue.backoff import Backoff
from services.catalogue.database import Database
from services.catalogue.lines import settle_lines
from services.catalogue.outcomes import Outcome, keep_digests, keep_predictions, moved, record
from services.catalogue.records import record_from_row
from services.catalogue.rows import insert_missing, lock
from services.catalogue.tables import WAITING, products
from services.products import Problem, Record

# After so many attempts without an outcome a product is tried alone: what ends its worker ends the attempts of all that
# were claimed with it, and they would be given up with it.
SUSPECT_ATTEMPTS = 3
# A statement has room for 32,766 parameters on SQLite, 65,535 on PostgreSQL.
MAX_SWEEP = 10_000


class Claims:
    """Work on products: who does it, and what is left to do. Times in seconds."""

    def __init__(
        self,
        database: Database,
        lease_s: float = 40.0,
        resend_after_s: float = 30.0,
        max_attempts: int = 8,
        clock: Callable[[], float] = time.time,
        backoff: Backoff | None = None,
    ) -> None:
        self._database = database
        self._lease_s, self._resend_after_s, self.max_attempts = lease_s, resend_after_s, max_attempts
        self._clock = clock
        self._backoff = backoff or Backoff()

    def take(self, product_ids: Sequence[str], worker: str, extra: int = 0) -> list[Record]:
        """Claim those of `product_ids` that wait for work and are nobody else's; return their records as of now.

        Up to `extra` others come along that wait for their first attempt: their own messages will find them done.
        A suspect, see `suspects`, is claimed only where it is named alone, and then nothing comes along.
        """
        now = self._clock()
        free = (products.c.claimed_until <= now) | (products.c.claimed_by == worker)
        with self._database.write() as connection:
            lock(connection, product_ids)
            suspects = self._suspects(connection, product_ids, worker)
            wanted = [key for key in product_ids if key not in suspects or len(product_ids) == 1]
            if extra > 0 and not suspects:
                wanted += self._fresh(connection, extra, now, besides=product_ids)
            rows = connection.execute(
                sa.update(products)
                .where(products.c.id.in_(wanted), WAITING, free)
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
        now = self._clock()
        with self._database.write() as connection:
            lock(connection, [outcome.product_id for outcome in outcomes])
            record(connection, worker, outcomes, now, self._backoff)
            keep_digests(connection, outcomes)
            settle_lines(connection, {outcome.product_id: outcome.embedded for outcome in outcomes}, now)
            worked_from = {outcome.product_id: outcome.revision for outcome in outcomes}
            return moved(connection, worker, worked_from, now)

    def predict(self, outcomes: Sequence[Outcome]) -> None:
        """Keep the predictions of outcomes, and nothing else of them, where the products have not moved on."""
        with self._database.write() as connection:
            lock(connection, [outcome.product_id for outcome in outcomes])
            keep_predictions(connection, outcomes)

    def release(self, worker: str, problem: Problem, counts: bool, unfinished: Sequence[Record] = ()) -> None:
        """Let go of everything `worker` still holds, to be queued again a little later.

        `counts` says whether the attempt tells against the products: not when a component was away. The wait grows
        with each time in a row, up to `resend_after_s`, so that a component that came back is soon put to work.
        Of `unfinished` records, which it had begun to write, the claim may be lost: see `finish`.
        """
        now = self._clock()
        begun = {record.product.id: record.revision for record in unfinished}
        concerned = (products.c.claimed_by == worker) | products.c.id.in_(begun)
        with self._database.write() as connection:
            columns = (products.c.id, products.c.deferrals, products.c.claimed_by)
            rows = connection.execute(
                sa.select(*columns).where(concerned).order_by(products.c.id).with_for_update()
            ).all()
            moved(connection, worker, begun, now)
            held = [row for row in rows if row.claimed_by == worker]
            values = [{"key": row.id, "due": now + self._pause_s(row.deferrals + 1)} for row in held]
            if values:
                connection.execute(_release(problem, counts, now), values)

    def due(self, limit: int) -> list[str]:
        """Up to `limit` products whose message seems lost, oldest first; each is given a new date to wait for.

        A product that was tried `max_attempts` times without an outcome (it kills the worker) is listed as failed.
        """
        now, limit = self._clock(), min(limit, MAX_SWEEP)
        waiting = (products.c.due_at <= now) & (products.c.claimed_until <= now) & WAITING
        with self._database.write() as connection:
            # What somebody holds just now is about to change: a sweep leaves it, and so waits for nobody.
            hopeless = sa.select(products.c.id).where(waiting, products.c.attempts >= self.max_attempts).limit(limit)
            given_up = [row.id for row in connection.execute(hopeless.with_for_update(skip_locked=True))]
            if given_up:
                connection.execute(_give_up(self.max_attempts, now).where(products.c.id.in_(given_up)))
                settle_lines(connection, dict.fromkeys(given_up, 0), now)
            oldest = sa.select(products.c.id).where(waiting).order_by(products.c.due_at).limit(limit)
            ids = [row.id for row in connection.execute(oldest.with_for_update(skip_locked=True))]
            if ids:
                again = sa.update(products).where(products.c.id.in_(ids))
                connection.execute(again.values(due_at=now + self._resend_after_s))
        return ids

    def suspects(self, product_ids: Sequence[str]) -> set[str]:
        """Those of `product_ids` that were tried so often without an outcome that they may end their workers."""
        with self._database.read() as connection:
            return self._suspects(connection, product_ids)

    def redo(self, product_ids: Sequence[str]) -> int:
        """Have products indexed anew, because their rows are missing or wrong; returns how many it concerned.

        One that is waiting or being worked on already is left alone.
        """
        settled = (products.c.indexed_revision >= products.c.revision) & (products.c.claimed_until <= self._clock())
        with self._database.write() as connection:
            lock(connection, product_ids)
            result = connection.execute(
                sa.update(products)
                .where(products.c.id.in_(product_ids), settled)
                .values(indexed_revision=0, attempts=0, due_at=self._clock())
            )
        return result.rowcount

    def redo_since(self, moment: float) -> int:
        """Have every product that changed after `moment` indexed anew; returns how many.

        Also one that somebody is at for the first time: what he writes may be in an index that is about to go.
        A part at a time, so that nobody waits long for the products that it holds.
        """
        number, after = 0, ""
        begun = (products.c.indexed_revision > 0) | products.c.claimed_by.is_not(None)
        changed = (products.c.updated_at >= moment) & begun
        while True:
            some = sa.select(products.c.id).where(changed, products.c.id > after).order_by(products.c.id).limit(1000)
            with self._database.write() as connection:
                ids = [row.id for row in connection.execute(some.with_for_update())]
                if not ids:
                    return number
                connection.execute(_renew(self._clock()).where(products.c.id.in_(ids)))
            number, after = number + len(ids), ids[-1]

    def renew(self, product_ids: Sequence[str]) -> None:
        """Have products indexed anew, whether they wait, are settled, or somebody is at them just now."""
        with self._database.write() as connection:
            lock(connection, product_ids)
            connection.execute(_renew(self._clock()).where(products.c.id.in_(product_ids)))

    def bury(self, product_ids: Sequence[str]) -> None:
        """Make tombstones for ids that the catalogue does not know, so that a worker removes their rows."""
        with self._database.write() as connection:
            insert_missing(connection, product_ids, self._clock(), deleted=True, revision=1)

    def _suspects(self, connection: sa.Connection, product_ids: Sequence[str], worker: str = "") -> set[str]:
        """But for what `worker` holds: it has seen to that already, and is still alive."""
        others = products.c.claimed_by.is_(None) | (products.c.claimed_by != worker)
        tried = WAITING & (products.c.attempts >= SUSPECT_ATTEMPTS) & others
        query = sa.select(products.c.id).where(products.c.id.in_(product_ids), tried)
        return {row.id for row in connection.execute(query)}

    def _fresh(self, connection: sa.Connection, limit: int, now: float, besides: Sequence[str]) -> list[str]:
        """Products that wait for their first attempt, oldest first."""
        new = WAITING & (products.c.claimed_until <= now) & (products.c.attempts == 0) & (products.c.deferrals == 0)
        query = sa.select(products.c.id).where(new, products.c.id.not_in(besides)).order_by(products.c.due_at)
        return [row.id for row in connection.execute(query.limit(limit).with_for_update(skip_locked=True))]

    def _pause_s(self, deferrals: int) -> float:
        return min(self._backoff.wait_s(deferrals), self._resend_after_s)


def _give_up(attempts: int, now: float) -> sa.Update:
    return sa.update(products).values(
        failed_revision=products.c.revision,
        problem_code="gave_up",
        problem_detail=f"{attempts} attempts ended without an answer; it may kill the worker",
        problem_at=now,
    )


def _renew(now: float) -> sa.Update:
    return sa.update(products).values(revision=products.c.revision + 1, attempts=0, due_at=now)


def _release(problem: Problem, counts: bool, now: float) -> sa.Update:
    return (
        sa.update(products)
        .where(products.c.id == sa.bindparam("key"))
        .values(
            claimed_by=None,
            claimed_until=0.0,
            due_at=sa.bindparam("due"),
            problem_code=problem.code,
            problem_detail=problem.detail[:1000],
            problem_at=now,
            attempts=products.c.attempts - (0 if counts else 1),
            deferrals=products.c.deferrals + 1,
        )
    )
