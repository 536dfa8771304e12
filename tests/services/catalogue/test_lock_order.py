"""Whoever locks several products does it in the order of their ids, so that no two wait for each other in a circle.

PostgreSQL locks rows as its plan comes across them: by id through the index, as they lie on the disk without it. The
two sides of each test are made to plan differently, and both are stopped half-way, at the product in the middle.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import psycopg
import pytest

from services.catalogue import Catalogue, Claims, Database, Outcome
from services.products import Problem, Product

IDS = [f"p{number:02}" for number in range(21)]
MIDDLE = IDS[10]
BY_ID = "-c enable_seqscan=off -c enable_bitmapscan=off"
AS_THEY_LIE = "-c enable_indexscan=off -c enable_indexonlyscan=off -c enable_bitmapscan=off"
NEWER = [Product(key, {"title": "newer"}, ()) for key in IDS]
TIMEOUT_S = 20


@dataclass
class Side:
    """One of the two, with connections of its own."""

    catalogue: Catalogue
    claims: Claims


@contextmanager
def side(url: str, plan: str) -> Iterator[Side]:
    """A catalogue whose connections plan in one way."""
    with closing(Database(f"{url}?options={quote(plan)}")) as database:
        yield Side(Catalogue(database), Claims(database))


def put(side: Side) -> object:
    return side.catalogue.put(NEWER)


def take(side: Side) -> object:
    return side.claims.take(IDS, "w")


def finish(side: Side) -> object:
    # A worker is done in any order: here from the last.
    return side.claims.finish("w", [Outcome(key, 1, indexed=True) for key in reversed(IDS)])


def release(side: Side) -> object:
    return side.claims.release("w", Problem("unavailable", "away"), counts=False)


def redo(side: Side) -> object:
    return side.claims.redo(IDS)


def redo_since(side: Side) -> object:
    return side.claims.redo_since(0)


OPERATIONS = {
    # what is done, beside a put; and what was done to the products before
    "put": (put, []),
    "take": (take, []),
    "finish": (finish, [take]),
    "release": (release, [take]),
    "redo": (redo, [take, finish]),
    "redo_since": (redo_since, [take, finish]),
}


@pytest.mark.parametrize("plans", [(BY_ID, AS_THEY_LIE), (AS_THEY_LIE, BY_ID)], ids=["by_id", "as_they_lie"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_beside_a_put(migrated_postgres_url: str, name: str, plans: tuple[str, str]) -> None:
    operation, before = OPERATIONS[name]
    with side(migrated_postgres_url, plans[0]) as one, side(migrated_postgres_url, plans[1]) as other:
        for key in reversed(IDS):
            one.catalogue.put([Product(key, {"title": "old"}, ())])  # they lie the other way round
        for step in before:
            step(one)
        # The planner would not use it where most products wait. Here it would, and it is in a third order.
        run(migrated_postgres_url, "DROP INDEX products_waiting")
        # The put comes first: while rows are being updated it would wait at its beginning, where it holds nothing.
        both_go_on_from_the_middle(migrated_postgres_url, lambda: put(other), lambda: operation(one))
        records = one.catalogue.get_many(IDS)
    assert {record.product.attributes["title"] for record in records.values()} == {"newer"}


def both_go_on_from_the_middle(url: str, first: Callable[[], object], second: Callable[[], object]) -> None:
    """Start both while the product in the middle is locked, and then let them go."""
    with psycopg.connect(url.replace("+psycopg", "")) as blocker, ThreadPoolExecutor(2) as threads:
        blocker.execute("SELECT id FROM products WHERE id = %s FOR UPDATE", [MIDDLE])
        running = []
        for number, job in enumerate((first, second), start=1):
            running.append(threads.submit(job))
            wait_for_waiting(url, number)
        blocker.rollback()
        for done in running:
            done.result(TIMEOUT_S)


def run(url: str, statement: str) -> None:
    """One statement on a connection of its own."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def wait_for_waiting(url: str, number: int) -> None:
    """Return once `number` connections wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + TIMEOUT_S
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        while (row := connection.execute(query).fetchone()) is None or row[0] < number:
            assert time.monotonic() < until, f"{number} should wait for the product in the middle"
            time.sleep(0.01)


def test_a_sweep_waits_for_nobody(migrated_postgres_url: str) -> None:
    """What another holds just now is left for the next sweep, also what is to be given up."""
    now = time.time()
    with closing(Database(migrated_postgres_url)) as database, ThreadPoolExecutor(1) as threads:
        catalogue = Catalogue(database, clock=lambda: now - 100)
        catalogue.put([Product(key, {}, ()) for key in IDS])
        Claims(database, lease_s=1, clock=lambda: now - 50).take(IDS[5:], "dies")
        claims = Claims(database, max_attempts=1, clock=lambda: now)
        with psycopg.connect(migrated_postgres_url.replace("+psycopg", "")) as blocker:
            blocker.execute("SELECT id FROM products WHERE id = ANY(%s) FOR UPDATE", [[IDS[0], MIDDLE]])
            swept = threads.submit(claims.due, 99)
            try:
                assert sorted(swept.result(TIMEOUT_S)) == IDS[1:5]
            finally:
                blocker.rollback()
        queued = [key for key, record in sorted(catalogue.get_many(IDS).items()) if record.state == "queued"]
        assert queued == [*IDS[:5], MIDDLE]
        assert claims.due(99) == [IDS[0]]
        assert catalogue.get(MIDDLE).state == "failed"
