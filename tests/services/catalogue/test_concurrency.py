"""Several threads at one catalogue, as several processes are in production: nothing is lost, nobody waits for ever.

SQLite lets one write at a time; PostgreSQL lets them meet.
"""

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from services.catalogue import (
    Accepted,
    Catalogue,
    Claims,
    Database,
    Imports,
    Line,
    Locks,
    Outcome,
    Put,
    Transaction,
)
from services.errors import Conflict
from services.products import Product

# In an order that no two collations agree about.
IDS = ["a", "B", "c", "D", "_1", "-2", "é", "Z", "z", "10", "9", "😀", "a-b", "ab", "A_B"]
TIMEOUT_S = 60


def together(*jobs: Callable[[], object]) -> list[object]:
    """Run jobs in a thread each, all let go at one moment; their results, or the first exception."""
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> object:
        gate.wait(TIMEOUT_S)
        return job()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return [future.result(TIMEOUT_S) for future in [threads.submit(run, job) for job in jobs]]


def some(rng: random.Random, title: str) -> list[Product]:
    """A batch of some products in some order."""
    return [Product(key, {"title": title}, ()) for key in rng.sample(IDS, rng.randint(2, len(IDS)))]


def test_overlapping_batches_in_any_order(catalogue: Catalogue) -> None:
    batches = [[some(random.Random(f"{w}-{i}"), f"{w}-{i}") for i in range(20)] for w in range(4)]

    def put_all(mine: list[list[Product]]) -> Callable[[], object]:
        return lambda: [catalogue.put(batch) for batch in mine]

    results = together(*(put_all(mine) for mine in batches))
    expected = Counter(product.id for mine in batches for batch in mine for product in batch)
    assert {record.product.id: record.revision for record in catalogue.page(99)} == expected
    given = Counter((done.product_id, done.revision) for mine in results for batch in mine for done in batch)  # type: ignore[attr-defined]
    assert set(given.values()) == {1}, "no two changes were given the same revision"


def test_new_products_that_two_senders_bring_at_once(catalogue: Catalogue) -> None:
    for i in range(15):
        one = [Product(f"{key}{i}", {"from": "one"}, ()) for key in IDS]
        two = [Product(f"{key}{i}", {"from": "two"}, ()) for key in reversed(IDS)]
        together(lambda batch=one: catalogue.put(batch), lambda batch=two: catalogue.put(batch))
        records = catalogue.get_many([product.id for product in one])
        assert {record.revision for record in records.values()} == {2}
        assert len({record.product.attributes["from"] for record in records.values()}) == 1, "all or none of a batch"


def test_a_worker_that_finishes_while_a_newer_version_comes(catalogue: Catalogue, claims: Claims) -> None:
    for i in range(30):
        old, new = Product("p1", {"n": i}, ()), Product("p1", {"n": i, "new": True}, ())
        (accepted,) = catalogue.put([old])
        assert claims.take(["p1"], "w")
        outcome = Outcome("p1", accepted.revision, indexed=True)
        moved, _ = together(lambda o=outcome: claims.finish("w", [o]), lambda p=new: catalogue.put([p]))
        record = catalogue.get("p1")
        assert (record.state, record.revision) == ("queued", accepted.revision + 1)
        assert record.indexed_revision in ([0] if i == 0 else []) + [accepted.revision - 1, accepted.revision]
        assert (moved == ["p1"]) == (record.indexed_revision < accepted.revision), "it is told exactly when it was late"
        (again,) = claims.take(["p1"], "w")
        assert again.product.attributes == new.attributes
        assert claims.finish("w", [Outcome("p1", again.revision, indexed=True)]) == []


def test_workers_and_senders_end_with_the_exact_index(
    database: Database, catalogue: Catalogue, claims: Claims, clock: Callable[[], float]
) -> None:
    """Three imports, three workers; messages come in any order. No sweep helps them, and no line is left waiting."""
    imports = Imports(database, clock=clock)
    index: dict[str, object] = {}
    messages: SimpleQueue[list[str]] = SimpleQueue()

    def send(number: int) -> str:
        import_id = imports.begin(f"file {number}")
        for i in range(15):
            # Some of it as it was before, so that there is nothing to do, or something that waits already.
            batch = some(random.Random(f"{number}-{i}"), f"{i % 4}")

            def note(transaction: Transaction, accepted: list[Accepted], first: int = i * 100) -> None:
                lines = [Line(n, a.product_id, a.revision, a.changed) for n, a in enumerate(accepted, first)]
                imports.add(transaction, import_id, lines)

            accepted = catalogue.write([Put(product) for product in batch], then=note)
            messages.put([done.product_id for done in accepted if done.changed])
        imports.complete(import_id)
        return import_id

    def work(worker: str) -> None:
        while waiting := messages.get(timeout=TIMEOUT_S):
            while waiting and (records := claims.take(waiting, worker)):
                index.update({record.product.id: record.product.attributes for record in records})
                # The order of outcomes is the worker's own business.
                outcomes = [Outcome(record.product.id, record.revision, indexed=True) for record in records]
                waiting = claims.finish(worker, random.Random(worker).sample(outcomes, len(outcomes)))

    with ThreadPoolExecutor(3) as workers:
        working = [workers.submit(work, f"w{number}") for number in range(3)]
        try:
            sent = together(*(lambda n=number: send(n) for number in range(3)))
        finally:
            for _ in working:
                messages.put([])
        for done in working:
            done.result(TIMEOUT_S)
    records = catalogue.page(99)
    assert {record.state for record in records} == {"indexed"}
    assert index == {record.product.id: record.product.attributes for record in records}
    for import_id in sent:
        progress = imports.progress(str(import_id))
        assert (progress.state, progress.queued, progress.failed) == ("done", 0, 0)
        assert progress.read == progress.indexed + progress.skipped > 0


def test_two_sweeps_at_once_hand_out_each_product_once(catalogue: Catalogue, claims: Claims, clock) -> None:
    ids = [f"p{i}" for i in range(150)]
    catalogue.put([Product(key, {}, ()) for key in ids])
    clock.now += 31
    swept: list[str] = []
    for _ in range(25):
        one, two = together(lambda: claims.due(7), lambda: claims.due(7))
        swept += [*one, *two]  # type: ignore[misc]
    assert sorted(swept) == sorted(ids)


def test_one_product_is_worked_on_by_one(catalogue: Catalogue, claims: Claims) -> None:
    for i in range(10):
        catalogue.put([Product(key, {"n": i}, ()) for key in IDS])
        one, two = together(lambda: claims.take(IDS, "one"), lambda: claims.take(IDS[::-1], "two"))
        taken = [record.product.id for record in [*one, *two]]  # type: ignore[misc]
        assert sorted(taken) == sorted(IDS)
        for worker, records in (("one", one), ("two", two)):
            claims.finish(worker, [Outcome(r.product.id, r.revision, indexed=True) for r in records])  # type: ignore[attr-defined]


def test_of_several_that_want_a_lock_one_gets_it(database: Database) -> None:
    locks, held = Locks(database), threading.Barrier(3)

    def hold() -> bool:
        try:
            with locks.hold("rebuild", 60):
                held.wait(TIMEOUT_S)
                return True
        except Conflict:
            held.wait(TIMEOUT_S)
            return False
        except BaseException:
            held.abort()  # so that the others do not wait for this one
            raise

    for _ in range(10):
        assert sorted(together(hold, hold, hold)) == [False, False, True]  # type: ignore[type-var]


def test_two_audits_that_bury_the_same_stranger(catalogue: Catalogue, claims: Claims) -> None:
    for i in range(10):
        strangers = [f"{key}{i}" for key in IDS]
        together(
            lambda ids=strangers: claims.bury(ids),
            lambda ids=strangers: claims.bury(ids[::-1]),
            lambda ids=strangers: catalogue.put([Product(ids[0], {"title": "known after all"}, ())]),
        )
        assert not catalogue.get(strangers[0]).deleted
        assert all(record.deleted for key, record in catalogue.get_many(strangers).items() if key != strangers[0])


def test_a_view_does_not_change_while_it_is_looked_at(database: Database, catalogue: Catalogue) -> None:
    catalogue.put([Product("p1", {}, ())])
    with database.read() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM products").scalar_one()
        together(lambda: catalogue.put([Product("p2", {}, ())]))
        assert connection.exec_driver_sql("SELECT count(*) FROM products").scalar_one() == before == 1
    assert len(catalogue.page(9)) == 2


def test_processes_that_start_together_migrate_once(empty_url: str, tmp_path: Path) -> None:
    code = f"from services.catalogue import Database; d = Database({empty_url!r}); d.migrate(); d.check()"
    command = [sys.executable, "-c", code]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path) for _ in range(3)]
    problems = [process.communicate(timeout=TIMEOUT_S)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], problems
