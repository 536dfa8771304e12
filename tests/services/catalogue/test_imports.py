"""Lines of imports: counted once, settled with their products, gone on with after a crash."""

from dataclasses import replace

import pytest

from services.catalogue import Catalogue, Claims, Database, Failures, Imports, Line, Outcome, Put
from services.errors import Conflict, NotFound
from services.products import Problem, Product

BAD = Problem("bad_image", "truncated")


@pytest.fixture
def imports(database: Database, clock) -> Imports:
    return Imports(database, resend_after_s=30, clock=clock)


@pytest.fixture
def failures(database: Database, clock) -> Failures:
    return Failures(database, clock=clock)


class Reader:
    """Writes chunks of (line, product) as an ingest does."""

    def __init__(self, catalogue: Catalogue, imports: Imports) -> None:
        self.catalogue, self.imports = catalogue, imports
        self.id = imports.begin("file.csv", bytes_total=1000)

    def read(self, *rows: tuple[int, Product], bytes_read: int = 0) -> None:
        def note(transaction, accepted) -> None:
            lines = [
                Line(number, done.product_id, done.revision, done.changed)
                for (number, _), done in zip(rows, accepted, strict=True)
            ]
            self.imports.add(transaction, self.id, lines)
            self.imports.note_read(transaction, self.id, rows[-1][0], bytes_read)

        self.catalogue.write([Put(product) for _, product in rows], then=note)

    def counts(self) -> dict[str, int]:
        found = self.imports.progress(self.id)
        counted = {name: getattr(found, name) for name in ("queued", "indexed", "failed", "refused", "skipped")}
        assert sum(counted.values()) + found.stale == found.read
        return {name: number for name, number in counted.items() if number}


@pytest.fixture
def reader(catalogue: Catalogue, imports: Imports) -> Reader:
    return Reader(catalogue, imports)


def work(claims: Claims, *ids: str, indexed: bool = True, problem: Problem | None = None, embedded: int = 1) -> None:
    records = claims.take(ids, "w")
    assert len(records) == len(ids)
    claims.finish("w", [Outcome(r.product.id, r.revision, indexed, problem, embedded=embedded) for r in records])


def test_lines_are_settled_with_their_products(reader: Reader, claims: Claims, product: Product, imports) -> None:
    reader.read((2, product), (3, replace(product, id="p2")), (4, replace(product, id="p3")))
    assert reader.counts() == {"queued": 3}
    work(claims, "p1", embedded=2)
    work(claims, "p2", indexed=False, problem=BAD)
    assert reader.counts() == {"queued": 1, "indexed": 1, "failed": 1}
    assert imports.progress(reader.id).embedded == 3
    (line,) = imports.problems(reader.id)
    assert (line.number, line.product_id, line.problem) == (3, "p2", BAD)


def test_what_was_there_already_is_skipped_not_indexed_again(
    reader: Reader, claims: Claims, product: Product, catalogue: Catalogue
) -> None:
    catalogue.put([product, replace(product, id="waits")])
    work(claims, "p1")
    reader.read((2, product), (3, replace(product, id="waits")))
    assert reader.counts() == {"skipped": 1, "queued": 1}, "one that waits still has to be indexed"
    work(claims, "waits")
    assert reader.counts() == {"skipped": 1, "indexed": 1}


def test_a_later_change_settles_earlier_lines(reader: Reader, claims: Claims, product: Product, catalogue) -> None:
    reader.read((2, product))
    catalogue.put([replace(product, attributes={"title": "newer"})])
    work(claims, "p1")
    assert reader.counts() == {"indexed": 1}
    catalogue.delete("p1")
    assert reader.counts() == {"indexed": 1}, "what was reached stays reached"


def test_one_product_on_two_lines(reader: Reader, claims: Claims, product: Product) -> None:
    reader.read((2, product), (3, replace(product, attributes={"title": "later"})))
    work(claims, "p1")
    assert reader.counts() == {"indexed": 2}


def test_refused_lines_and_doubled_ones(reader: Reader, imports: Imports, database: Database) -> None:
    for _ in range(2):
        with database.write() as transaction:
            imports.add(transaction, reader.id, [Line(5, None, problem=BAD), Line(6, "p", problem=BAD)])
    assert reader.counts() == {"refused": 2}, "a chunk that is read again is not counted again"
    assert [line.number for line in imports.problems(reader.id, limit=1, after=5)] == [6]


def test_a_product_that_kills_workers_fails_its_line(reader: Reader, claims: Claims, product: Product, clock) -> None:
    reader.read((2, product))
    for _ in range(3):
        clock.now += 50
        claims.due(10)
        claims.take(["p1"], "dies")
    clock.now += 50
    assert claims.due(10) == []
    assert reader.counts() == {"failed": 1}


def test_a_retry_opens_failed_lines_again(
    reader: Reader, claims: Claims, product: Product, failures: Failures, catalogue: Catalogue
) -> None:
    reader.read((2, product))
    work(claims, "p1", indexed=False, problem=BAD)
    assert ([r.product.id for r in failures.page(10)], failures.by_code()) == (["p1"], {"bad_image": 1})
    assert failures.page(10, code="too_large") == []
    assert failures.retry(["p1", "unknown"]) == ["p1"]
    assert reader.counts() == {"queued": 1}
    assert catalogue.get("p1").state == "queued"
    assert failures.retry(["p1"]) == [], "it waits already"
    work(claims, "p1")
    assert reader.counts() == {"indexed": 1}
    assert list(failures.every()) == []


def test_progress_rate_and_rest(reader: Reader, claims: Claims, product: Product, imports: Imports, clock) -> None:
    reader.read(*((n, replace(product, id=f"p{n}")) for n in range(2, 12)), bytes_read=500)
    clock.now += 10
    work(claims, *(f"p{n}" for n in range(2, 7)))
    found = imports.progress(reader.id)
    assert (found.state, found.total, found.read_share, found.rate) == ("reading", None, 0.5, 0.5)
    assert found.eta_s == 30.0, "five that wait, and ten of the half that is unread, at half a line a second"
    imports.complete(reader.id)
    assert (imports.progress(reader.id).state, imports.progress(reader.id).total) == ("indexing", 10)
    work(claims, *(f"p{n}" for n in range(7, 12)))
    found = imports.progress(reader.id)
    assert (found.state, found.settled, found.eta_s, found.read_share) == ("done", True, None, 1.0)
    clock.now += 60
    assert imports.progress(reader.id).rate == 0


def test_a_cancelled_import_accepts_nothing_more(reader: Reader, imports: Imports, product: Product, catalogue) -> None:
    reader.read((2, product))
    imports.cancel(reader.id)
    with pytest.raises(Conflict, match="cancelled"):
        reader.read((3, replace(product, id="p2")))
    assert catalogue.get_many(["p2"]) == {}, "the chunk is undone with it"
    assert (imports.progress(reader.id).state, reader.counts()) == ("cancelled", {"queued": 1})
    assert imports.job(reader.id) is None


def test_an_import_is_found_again_by_its_file(imports: Imports, database: Database, clock) -> None:
    first = imports.begin("f", 10, "same file")
    clock.now += 1
    second = imports.begin("f", 10, "same file")
    with database.write() as transaction:
        imports.note_read(transaction, second, 77, 5)
    found = imports.unfinished("same file")
    assert found is not None
    assert (found.id, found.lines_read) == (second, 77)
    imports.complete(second)
    assert imports.unfinished("same file").id == first
    imports.complete(first, Problem("invalid_catalogue", "not UTF-8"))
    assert imports.unfinished("same file") is None
    assert imports.progress(first).state == "failed"
    assert imports.recent(1) == [second]


def test_an_import_whose_lines_wait_is_gone_on_with_too(
    catalogue: Catalogue, imports: Imports, claims: Claims, product: Product
) -> None:
    """Its command died after the last row: to read the file once more would undo what was changed since."""
    reader = Reader(catalogue, imports)
    reader.id = imports.begin("f", 10, "same file")
    reader.read((2, product))
    imports.complete(reader.id)
    assert imports.unfinished("same file").id == reader.id
    assert imports.job(reader.id) is None, "nothing of it is left to read"
    work(claims, "p1")
    assert imports.unfinished("same file") is None


def test_an_uploaded_import_that_nobody_reads_becomes_due(imports: Imports, clock) -> None:
    import_id = imports.begin("f", 10, options={"name": "f.csv"})
    imports.begin("local", 10)
    assert imports.due() == []
    clock.now += 31
    assert imports.due() == [import_id]
    assert imports.due() == [], "it has a new date to wait for"
    assert imports.job(import_id).options == {"name": "f.csv"}
    imports.complete(import_id)
    clock.now += 100
    assert imports.due() == []


def test_unknown_imports(imports: Imports) -> None:
    for call in (imports.progress, imports.job, imports.cancel):
        with pytest.raises(NotFound, match="'nope'"):
            call("nope")
