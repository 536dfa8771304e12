"""Exact vector stores in memory: for tests, notebooks and small jobs. Nothing outlives the process."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from services.arrays import FloatArray
from services.errors import Conflict, IndexMismatch, NotFound, Unavailable
from services.fields import Fields
from services.filters.matching import matches
from services.filters.nodes import Filter
from services.stores.checks import check_query, checked_rows
from services.stores.grouping import best_per_product
from services.stores.protocol import IndexName, Match, Row


class MemoryStore:
    """The rows of one index in a dict; search compares the query with every row. Safe to share between threads."""

    def __init__(self, name: IndexName, dimensions: int, fields: Fields) -> None:
        self.fields = dict(fields)
        self._name = name
        self._dimensions = dimensions
        self._rows: dict[str, Row] = {}
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

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the rows of `keys`; an unknown key is no error."""
        with self._lock:
            self._check_exists()
            for key in keys:
                self._rows.pop(key, None)

    def rows_of(self, product_ids: Sequence[str], with_vectors: bool = False) -> list[Row]:
        """Every row of the products named, in no order."""
        wanted = set(product_ids)
        found = [row for row in self._all() if row.product_id in wanted]
        return found if with_vectors else [replace(row, vector=None) for row in found]

    def search(
        self, vectors: FloatArray, limit: int, where: Filter | None = None, exclude: Sequence[str] = ()
    ) -> list[list[Match]]:
        """The `limit` nearest products of each query row of `vectors` (Q, D); see VectorStore."""
        check_query(vectors, limit, self._dimensions)
        barred = set(exclude)
        rows = [row for row in self._where(where) if row.product_id not in barred]
        if not rows:
            return [[] for _ in vectors]
        scores = vectors @ np.stack([row.vector for row in rows if row.vector is not None]).T  # (Q, N)
        return [best_per_product(_matches_of(rows, line), limit) for line in scores]

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
            self._dropped = True

    def _where(self, where: Filter | None) -> list[Row]:
        return [row for row in self._all() if where is None or matches(where, row.attributes)]

    def _all(self) -> list[Row]:
        with self._lock:
            self._check_exists()
            return list(self._rows.values())

    def _check_exists(self) -> None:
        if self._dropped:
            raise Unavailable(f"index {self._name} was dropped; ask again which one is live")


class MemoryIndexServer:
    """Indexes in a dict. `fields` are the typed fields that new indexes get, and that opened ones must have."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self._stores: dict[IndexName, MemoryStore] = {}
        self._live: IndexName | None = None
        self._lock = threading.Lock()

    def live(self) -> IndexName | None:
        """Which index is live; None before the first is promoted."""
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
            self._stores[name] = MemoryStore(name, dimensions, self.fields)
            return self._stores[name]

    def open(self, name: IndexName) -> MemoryStore:
        """The rows of an index. Raises NotFound, or IndexMismatch when its typed fields are not the ones declared."""
        with self._lock:
            store = self._existing(name)
        if store.fields != dict(self.fields):
            raise IndexMismatch(f"index {name} has typed fields {store.fields}, not {dict(self.fields)}; rebuild it")
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
