"""Exact vector stores in memory: for tests, notebooks and small jobs. Nothing outlives the process."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from services.arrays import FloatArray
from services.errors import Conflict, IndexMismatch, NotFound, Unavailable
from services.fields import TEXT_FIELDS, Fields
from services.filters.matching import matches
from services.filters.nodes import Filter
from services.stores.bm25 import TermStatistics
from services.stores.checks import check_limit, check_query, check_time, checked_rows
from services.stores.grouping import best_per_product
from services.stores.protocol import IndexName, Match, Row, WordMatch
from services.stores.text import joined_text, query_text


class MemoryStore:
    """The rows of one index in a dict; search compares the query with every row. Safe to share between threads."""

    def __init__(self, name: IndexName, dimensions: int, fields: Fields, text_fields: Sequence[str]) -> None:
        self.fields = dict(fields)
        self.text_fields = tuple(text_fields)
        self._name = name
        self._dimensions = dimensions
        self._rows: dict[str, Row] = {}
        self._terms: dict[str, Counter[str]] = {}
        self._statistics: TermStatistics | None = None
        self._lock = threading.Lock()
        self._dropped = False

    @property
    def name(self) -> IndexName:
        """Which index this is."""
        return self._name

    def upsert(self, rows: Sequence[Row]) -> None:
        """Write rows, replacing those of the same key whole; see VectorStore."""
        new = {key: _copy(row) for key, row in checked_rows(rows, self._dimensions, self.fields).items()}
        with self._lock:
            self._check_exists()
            self._rows.update(new)
            self._terms.update({key: self._terms_of(row) for key, row in new.items()})
            self._statistics = None

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the rows of `keys`; an unknown key is no error."""
        with self._lock:
            self._check_exists()
            for key in keys:
                self._rows.pop(key, None)
                self._terms.pop(key, None)
            self._statistics = None

    def rows_of(
        self, product_ids: Sequence[str], with_vectors: bool = False, timeout_s: float | None = None
    ) -> list[Row]:
        """Every row of the products named, in no order."""
        check_time(timeout_s)
        wanted = set(product_ids)
        found = [row for row in self._all() if row.product_id in wanted]
        return found if with_vectors else [replace(row, vector=None) for row in found]

    def search(
        self,
        vectors: FloatArray,
        limit: int,
        where: Filter | None = None,
        exclude: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> list[list[Match]]:
        """The `limit` nearest products of each query row of `vectors` (Q, D); see VectorStore."""
        check_query(vectors, limit, self._dimensions)
        check_time(timeout_s)
        rows = self._where(where, exclude)
        if not rows:
            return [[] for _ in vectors]
        scores = vectors @ np.stack([row.vector for row in rows if row.vector is not None]).T  # (Q, N)
        return [best_per_product(_matches_of(rows, line), limit) for line in scores]

    def search_words(
        self,
        texts: Sequence[str],
        limit: int,
        where: Filter | None = None,
        exclude: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> list[list[WordMatch]]:
        """The `limit` products whose text fits each of the Q texts best, by BM25 over all rows; see VectorStore."""
        check_limit(limit)
        check_time(timeout_s)
        rows = self._where(where, exclude)
        statistics, terms = self._words()
        found = []
        for text in texts:
            query = query_text(text).split()
            scores = [(row, statistics.score(query, terms.get(row.key, {}))) for row in rows]
            hits = [WordMatch(row.product_id, row.image, score) for row, score in scores if score > 0]
            found.append(best_per_product(hits, limit))
        return found

    def scan(self, chunk: int = 1000, after: str = "") -> Iterator[list[Row]]:
        """Every row after a key, by key, without vectors, `chunk` at a time, as they were when the scan began."""
        rows = sorted((row for row in self._all() if row.key > after), key=lambda row: row.key)
        for start in range(0, len(rows), chunk):
            yield [replace(row, vector=None) for row in rows[start : start + chunk]]

    def count(self, where: Filter | None = None) -> int:
        """How many rows satisfy `where`."""
        return len(self._where(where))

    def mark_dropped(self) -> None:
        """Forget every row; whoever still holds this store gets Unavailable from now on."""
        with self._lock:
            self._rows.clear()
            self._terms.clear()
            self._statistics = None
            self._dropped = True

    def _where(self, where: Filter | None, exclude: Sequence[str] = ()) -> list[Row]:
        barred = set(exclude)
        rows = [row for row in self._all() if row.product_id not in barred]
        return [row for row in rows if where is None or matches(where, row.attributes)]

    def _words(self) -> tuple[TermStatistics, dict[str, Counter[str]]]:
        with self._lock:
            self._check_exists()
            if self._statistics is None:
                self._statistics = TermStatistics(self._terms.values())
            return self._statistics, dict(self._terms)

    def _terms_of(self, row: Row) -> Counter[str]:
        return Counter(joined_text(row.product_id, row.attributes, self.text_fields).split())

    def _all(self) -> list[Row]:
        with self._lock:
            self._check_exists()
            return list(self._rows.values())

    def _check_exists(self) -> None:
        if self._dropped:
            raise Unavailable(f"index {self._name} was dropped; ask again which one is live")


class MemoryIndexServer:
    """Indexes in a dict. New ones get the typed `fields` and the `text_fields`, and opened ones must have them."""

    def __init__(self, fields: Fields, text_fields: Sequence[str] = TEXT_FIELDS) -> None:
        self.fields = fields
        self.text_fields = text_fields
        self._stores: dict[IndexName, MemoryStore] = {}
        self._live: IndexName | None = None
        self._lock = threading.Lock()

    def live(self, timeout_s: float | None = None) -> IndexName | None:
        """Which index is live; None before the first is promoted."""
        check_time(timeout_s)
        return self._live

    def names(self) -> list[IndexName]:
        """Every index that exists, live or not, oldest generation of each model first."""
        with self._lock:
            return sorted(self._stores, key=lambda name: (name.model_slug, name.generation))

    def create(self, name: IndexName, dimensions: int) -> MemoryStore:
        """Make an empty index. Raises Conflict when there is one of that name."""
        with self._lock:
            if name in self._stores:
                raise Conflict(f"index {name} exists already; use the next generation")
            self._stores[name] = MemoryStore(name, dimensions, self.fields, self.text_fields)
            return self._stores[name]

    def open(self, name: IndexName, timeout_s: float | None = None) -> MemoryStore:
        """The rows of an index. Raises NotFound, or IndexMismatch when its fields are not the ones declared."""
        check_time(timeout_s)
        with self._lock:
            store = self._existing(name)
        if store.fields != dict(self.fields):
            raise IndexMismatch(f"index {name} has typed fields {store.fields}, not {dict(self.fields)}; rebuild it")
        if set(store.text_fields) != set(self.text_fields):
            raise IndexMismatch(f"index {name} joins the text of {store.text_fields}, not of others; rebuild it")
        return store

    def promote(self, name: IndexName) -> None:
        """Make `name` live. Raises NotFound when there is no such index."""
        with self._lock:
            self._existing(name)
            self._live = name

    def drop(self, name: IndexName) -> None:
        """Remove an index; no error when it is gone already. Raises Conflict when it is live."""
        with self._lock:
            if name == self._live:
                raise Conflict(f"index {name} is live; promote another one first")
            store = self._stores.pop(name, None)
        if store is not None:
            store.mark_dropped()

    def close(self) -> None:
        """Nothing to let go of."""

    def _existing(self, name: IndexName) -> MemoryStore:
        if name not in self._stores:
            raise NotFound(f"there is no index {name}")
        return self._stores[name]


def _copy(row: Row) -> Row:
    """A row that the caller cannot change afterwards."""
    vector = np.array(row.vector, dtype=np.float32)
    vector.setflags(write=False)
    return replace(row, attributes=dict(row.attributes), vector=vector)


def _matches_of(rows: Sequence[Row], scores: FloatArray) -> list[Match]:
    return [Match(row.product_id, row.image, float(score)) for row, score in zip(rows, scores, strict=True)]
