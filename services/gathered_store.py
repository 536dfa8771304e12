"""A vector store whose callers share searches, where they ask for as many hits inside the same filter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.arrays import FloatArray
from services.filters.nodes import Filter
from services.gathering import Gatherer
from services.stores.protocol import IndexName, IndexServer, Match, Row, VectorStore, WordMatch

MATCHES_PER_CALL = 16_384
"""Bounds an answer: so many matches are asked for in one call, of however many queries."""


@dataclass(frozen=True)
class _Question:
    """What queries must agree on to be asked together.

    Filters are compared by their text: to Python 1, 1.0 and True are equal, and to a filter they are not.
    """

    limit: int
    filter_text: str
    exclude: tuple[str, ...]
    where: Filter | None = field(compare=False)

    @classmethod
    def of(cls, limit: int, where: Filter | None, exclude: Sequence[str]) -> "_Question":
        """The question of one query."""
        # No product is excluded twice, and the order does not matter.
        return cls(limit, repr(where), tuple(sorted(set(exclude))), where)


class GatheredStore:
    """Presents a VectorStore; up to `most` concurrent searches, by words too, or products looked up, go in one call.

    Everything else goes straight through. Safe to share between threads.
    """

    def __init__(self, store: VectorStore, most: int) -> None:
        self._store, self._most = store, most
        self._near: Gatherer[_Question, FloatArray, list[Match]] = Gatherer(self._search, self._room)
        self._worded: Gatherer[_Question, str, list[WordMatch]] = Gatherer(self._search_words, self._room)
        self._stored: Gatherer[bool, str, list[Row]] = Gatherer(self._rows_of_each, lambda _: most)

    @property
    def name(self) -> IndexName:
        """Which index this is."""
        return self._store.name

    def search(
        self,
        vectors: FloatArray,
        limit: int,
        where: Filter | None = None,
        exclude: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> list[list[Match]]:
        """See VectorStore."""
        if vectors.ndim != 2:  # it is for the store to refuse
            return self._store.search(vectors, limit, where, exclude, timeout_s)
        return self._near.run(_Question.of(limit, where, exclude), list(vectors), timeout_s)

    def search_words(
        self,
        texts: Sequence[str],
        limit: int,
        where: Filter | None = None,
        exclude: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> list[list[WordMatch]]:
        """See VectorStore."""
        return self._worded.run(_Question.of(limit, where, exclude), texts, timeout_s)

    def upsert(self, rows: Sequence[Row]) -> None:
        """See VectorStore."""
        self._store.upsert(rows)

    def delete(self, keys: Sequence[str]) -> None:
        """See VectorStore."""
        self._store.delete(keys)

    def rows_of(
        self, product_ids: Sequence[str], with_vectors: bool = False, timeout_s: float | None = None
    ) -> list[Row]:
        """See VectorStore."""
        wanted = list(dict.fromkeys(product_ids))
        if not wanted:
            return []
        return [row for rows in self._stored.run(with_vectors, wanted, timeout_s) for row in rows]

    def scan(self, chunk: int = 1000, after: str = "") -> Iterator[list[Row]]:
        """See VectorStore."""
        return self._store.scan(chunk, after)

    def count(self, where: Filter | None = None) -> int:
        """See VectorStore."""
        return self._store.count(where)

    def _search(self, question: _Question, vectors: Sequence[FloatArray], timeout_s: float | None) -> list[list[Match]]:
        if not vectors:
            return []
        return self._store.search(np.stack(vectors), question.limit, question.where, question.exclude, timeout_s)

    def _search_words(
        self, question: _Question, texts: Sequence[str], timeout_s: float | None
    ) -> list[list[WordMatch]]:
        return self._store.search_words(texts, question.limit, question.where, question.exclude, timeout_s)

    def _rows_of_each(self, with_vectors: bool, product_ids: Sequence[str], timeout_s: float | None) -> list[list[Row]]:
        """The rows of each product, also where several callers named the same one."""
        rows: dict[str, list[Row]] = {product_id: [] for product_id in product_ids}
        for row in self._store.rows_of(list(rows), with_vectors, timeout_s):
            rows[row.product_id].append(row)
        return [rows[product_id] for product_id in product_ids]

    def _room(self, question: _Question) -> int:
        return min(self._most, max(1, MATCHES_PER_CALL // max(1, question.limit)))


class GatheredIndexes:
    """Presents an IndexServer whose stores gather up to `most` searches."""

    def __init__(self, server: IndexServer, most: int) -> None:
        self._server, self._most = server, most

    def open(self, name: IndexName, timeout_s: float | None = None) -> VectorStore:
        """See IndexServer."""
        return GatheredStore(self._server.open(name, timeout_s), self._most)

    def create(self, name: IndexName, dimensions: int) -> VectorStore:
        """See IndexServer."""
        return GatheredStore(self._server.create(name, dimensions), self._most)

    def live(self, timeout_s: float | None = None) -> IndexName | None:
        """See IndexServer."""
        return self._server.live(timeout_s)

    def names(self) -> list[IndexName]:
        """See IndexServer."""
        return self._server.names()

    def promote(self, name: IndexName) -> None:
        """See IndexServer."""
        self._server.promote(name)

    def drop(self, name: IndexName) -> None:
        """See IndexServer."""
        self._server.drop(name)

    def close(self) -> None:
        """See IndexServer."""
        self._server.close()
