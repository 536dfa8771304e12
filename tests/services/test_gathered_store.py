"""A store whose callers share searches answers each as it did, and never one with the filter of another."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from components import wait_for
from rows import DIMENSIONS, FIELDS, direction, make_row

from services.arrays import FloatArray
from services.errors import InvalidRequest
from services.filters import All, Compare, Filter, Not, OneOf
from services.gathered_store import MATCHES_PER_CALL, GatheredIndexes, GatheredStore
from services.stores.memory import MemoryIndexServer
from services.stores.protocol import IndexName, Match, Row, VectorStore, WordMatch

NAME = IndexName("model", 1)
MOST = 64


class WatchedStore:
    """Notes how many queries each search had, and holds the first until it is let go."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self.name = store.name
        self.asked: list[tuple[int, int, Filter | None, tuple[str, ...], float | None]] = []
        self.go_on = threading.Event()

    def search(
        self,
        vectors: FloatArray,
        limit: int,
        where: Filter | None = None,
        exclude: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> list[list[Match]]:
        self._note(len(vectors), limit, where, tuple(exclude), timeout_s)
        return self._store.search(vectors, limit, where, exclude, timeout_s)

    def search_words(
        self,
        texts: Sequence[str],
        limit: int,
        where: Filter | None = None,
        exclude: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> list[list[WordMatch]]:
        self._note(len(texts), limit, where, tuple(exclude), timeout_s)
        return self._store.search_words(texts, limit, where, exclude, timeout_s)

    def rows_of(
        self, product_ids: Sequence[str], with_vectors: bool = False, timeout_s: float | None = None
    ) -> list[Row]:
        self._note(len(product_ids), 0, None, (), timeout_s)
        return self._store.rows_of(product_ids, with_vectors, timeout_s)

    def _note(self, number: int, limit: int, where: Filter | None, exclude: tuple, timeout_s: float | None) -> None:
        self.asked.append((number, limit, where, exclude, timeout_s))
        if len(self.asked) == 1:
            assert self.go_on.wait(60)


@pytest.fixture
def store() -> VectorStore:
    """Thirty products in the exact store."""
    store = MemoryIndexServer(FIELDS).create(NAME, DIMENSIONS)
    store.upsert([make_row(f"p{n}", n, category="odd" if n % 2 else "even", price=float(n)) for n in range(30)])
    return store


@pytest.fixture
def watched(store: VectorStore) -> WatchedStore:
    return WatchedStore(store)


def at(number: int) -> FloatArray:
    """A query (1, D) near product `number`."""
    return direction(number)[np.newaxis]


def test_many_callers_get_what_each_would_get_alone(store: VectorStore) -> None:
    gathered = GatheredStore(store, MOST)
    filters: list[Filter | None] = [None, OneOf("category", ("odd",)), Not(Compare("price", "lt", 10.0))]
    asked = [(at(n % 30), 1 + n % 3, filters[n % len(filters)], [f"p{n % 5}"]) for n in range(200)]
    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(lambda query: gathered.search(*query), asked))
    for query, answer in zip(asked, found, strict=True):
        ((*matches,),) = answer
        ((*right,),) = store.search(*query)
        assert [match.product_id for match in matches] == [match.product_id for match in right]
        assert [match.score for match in matches] == pytest.approx([match.score for match in right], abs=1e-5)


def test_alike_questions_go_together_and_others_do_not(watched: WatchedStore) -> None:
    gathered = GatheredStore(watched, MOST)
    odd, even = OneOf("category", ("odd",)), OneOf("category", ("even",))
    with ThreadPoolExecutor(16) as pool:
        found = [pool.submit(gathered.search, at(0), 3, odd, ("b", "a"), 60.0)]
        wait_for("the first search", lambda: watched.asked)
        alike = [(at(n), 3, OneOf("category", ("odd",)), ("a", "b"), 60.0) for n in (1, 2)]
        found += [pool.submit(gathered.search, *query) for query in alike]
        others = [(at(3), 4, odd, ("a", "b")), (at(4), 3, even, ("a", "b")), (at(5), 3, odd), (at(6), 3)]
        assert [len(pool.submit(gathered.search, *query).result(60)) for query in others] == [1, 1, 1, 1]
        wait_for("those alike", lambda: gathered._near.waiting == 2)
        watched.go_on.set()
        assert [len(one.result(60)) for one in found] == [1, 1, 1]
    assert [number for number, *_ in watched.asked] == [1, 1, 1, 1, 1, 2]
    assert watched.asked[-1][:4] == (2, 3, odd, ("a", "b"))
    assert 0 < watched.asked[-1][4] < 60.0, "a call has the time that its callers have left"


@pytest.mark.parametrize(
    ("mine", "yours"),
    [
        (OneOf("size", (1,)), OneOf("size", (True,))),
        (OneOf("size", (0,)), OneOf("size", (False,))),
        (OneOf("size", ("1",)), OneOf("size", (1,))),
        (OneOf("size", ("a", "b")), OneOf("size", ("a', 'b",))),
        (Compare("size", "gte", 1), Compare("size", "gt", 1)),
        (Not(OneOf("size", (1,))), All((OneOf("size", (1,)),))),
    ],
)
def test_filters_that_look_alike_to_python_are_not_mixed_up(watched: WatchedStore, mine: Filter, yours: Filter) -> None:
    gathered = GatheredStore(watched, MOST)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(gathered.search, at(0), 3, mine)
        wait_for("the first search", lambda: watched.asked)
        pool.submit(gathered.search, at(0), 3, yours).result(60)
        watched.go_on.set()
        first.result(60)
    assert [asked[2] for asked in watched.asked] == [mine, yours]


def test_a_query_that_is_refused_fails_alone(watched: WatchedStore) -> None:
    gathered = GatheredStore(watched, MOST)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(gathered.search, at(0), 3)
        wait_for("the first search", lambda: watched.asked)
        queries = [at(1), np.full((1, DIMENSIONS), np.nan, np.float32), np.ones((1, DIMENSIONS + 1), np.float32)]
        found = [pool.submit(gathered.search, query, 3) for query in queries]
        wait_for("the others", lambda: gathered._near.waiting == 3)
        watched.go_on.set()
        assert [[match.product_id for match in one.result(60)[0][:1]] for one in (first, found[0])] == [["p0"], ["p1"]]
        for one in found[1:]:
            assert isinstance(one.exception(60), InvalidRequest)


@pytest.mark.parametrize("limit", [0, -1])
@pytest.mark.parametrize("vectors", [at(0), np.empty((0, DIMENSIONS), np.float32), np.ones(DIMENSIONS, np.float32)])
def test_what_the_store_refuses_is_refused(store: VectorStore, vectors: FloatArray, limit: int) -> None:
    gathered = GatheredStore(store, MOST)
    if vectors.shape[0] == 0:
        assert gathered.search(vectors, 3) == store.search(vectors, 3) == []
    else:
        with pytest.raises(InvalidRequest):
            gathered.search(vectors, limit)
    if vectors.ndim == 1:
        with pytest.raises(InvalidRequest):
            gathered.search(vectors, 3)


def test_deep_searches_share_a_call_only_as_far_as_its_answer_stays_small(store: VectorStore) -> None:
    gathered = GatheredStore(store, MOST)
    rooms = {limit: gathered._near._most(_question(limit)) for limit in (0, 1, 32, 256, 1_100, 16_384, 10**9)}
    assert rooms == {0: 64, 1: 64, 32: 64, 256: 64, 1_100: 14, 16_384: 1, 10**9: 1}
    assert all(room * limit <= MATCHES_PER_CALL for limit, room in rooms.items() if limit <= MATCHES_PER_CALL)


def test_products_are_looked_up_together_and_each_caller_gets_its_own(watched: WatchedStore) -> None:
    watched._store.upsert([make_row("p1", 2, image="back")])
    gathered = GatheredStore(watched, MOST)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(gathered.rows_of, ["p0"], True)
        wait_for("the first look-up", lambda: watched.asked)
        asked = [["p1"], ["p2", "p1", "p2"], ["unknown"], ["p1"]]
        found = [pool.submit(gathered.rows_of, ids, True) for ids in asked]
        without = pool.submit(gathered.rows_of, ["p1"]).result(60)
        wait_for("the others", lambda: gathered._stored.waiting == 4)
        watched.go_on.set()
        got = [sorted(row.key for row in one.result(60)) for one in found]
        assert [row.product_id for row in first.result(60)] == ["p0"]
        assert all(row.vector is not None for one in found for row in one.result())
    of_p1 = [row.key for row in without]
    assert len(of_p1) == 2
    assert [row.vector for row in without] == [None, None]
    assert got == [sorted(of_p1), sorted([*of_p1, make_row("p2").key]), [], sorted(of_p1)]
    assert [number for number, *_ in watched.asked] == [1, 1, 3], "one call, with each product in it once"
    assert gathered.rows_of([]) == []
    assert len(watched.asked) == 3


def test_what_is_no_search_goes_straight_through() -> None:
    server = GatheredIndexes(MemoryIndexServer(FIELDS), MOST)
    store = server.create(NAME, DIMENSIONS)
    server.promote(NAME)
    assert server.live() == NAME
    assert server.names() == [NAME]
    store.upsert([make_row("a", 1, category="odd"), make_row("b", 2, category="even")])
    assert store.count() == server.open(NAME).count() == 2
    assert store.count(OneOf("category", ("odd",))) == 1
    assert [row.product_id for row in store.rows_of(["a"], with_vectors=True)] == ["a"]
    store.delete([make_row("a").key])
    assert [row.product_id for chunk in store.scan() for row in chunk] == ["b"]
    other = IndexName("model", 2)
    server.create(other, DIMENSIONS)
    server.drop(other)
    assert server.names() == [NAME]
    server.close()


def _question(limit: int) -> object:
    from services.gathered_store import _Question

    return _Question.of(limit, None, ())
