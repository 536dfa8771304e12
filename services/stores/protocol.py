"""The vector-store seam: rows of one index, and the server that knows which index is live."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.arrays import FloatArray
from services.fields import Attributes
from services.filters.nodes import Filter


def row_key(product_id: str, image: str) -> str:
    """The primary key of an image's row: 32 hex digits, since ids and names may hold any character."""
    # The length prefix keeps ("a", "b/c") and ("a/b", "c") apart.
    content = f"{len(product_id)}:{product_id}{image}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Row:
    """One image of one product, as indexed: the product's `revision` that it reflects, and what it was made from.

    `vector` (D,) is a unit float32 row; it is None in rows that were asked for without vectors.
    """

    product_id: str
    image: str
    revision: int
    content_hash: str
    model: str
    attributes: Attributes
    vector: FloatArray | None = None

    @property
    def key(self) -> str:
        """The row's primary key."""
        return row_key(self.product_id, self.image)


@dataclass(frozen=True)
class Match:
    """A product near the query: its best image, and `score`, the cosine between the two, higher is better."""

    product_id: str
    image: str
    score: float


@dataclass(frozen=True)
class WordMatch:
    """A product whose text bears words of the query: its best image, and `bm25`, higher is better, never negative.

    BM25 tells which of two products fits better, and nothing about how well either fits: no two queries compare.
    """

    product_id: str
    image: str
    bm25: float


@dataclass(frozen=True)
class IndexName:
    """Names an index: the `slug` of the model whose vectors it holds, and the how-manyeth build it is (from 1)."""

    model_slug: str
    generation: int

    def __str__(self) -> str:
        return f"{self.model_slug}_{self.generation}"

    def collection(self, alias: str) -> str:
        """The collection's name: `<alias>_<model_slug>_<generation>`."""
        return f"{alias}_{self.model_slug}_{self.generation}"

    @classmethod
    def parse(cls, collection: str, alias: str) -> "IndexName | None":
        """The inverse of `collection`; None for a collection that is not one of ours."""
        found = re.fullmatch(rf"{re.escape(alias)}_(\w+)_(\d+)", collection)
        return cls(found[1], int(found[2])) if found else None


def slug(model: str) -> str:
    """A model's key in letters, digits and underscores.

    >>> slug("lookalike-mobilenetv2@1+0f3a9c21")
    'lookalike_mobilenetv2_1_0f3a9c21'
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", model).strip("_")


class VectorStore(Protocol):
    """The rows of one index. Every method raises Unavailable when the engine is away, and may then be called again.

    Where a method takes `timeout_s`, it raises DeadlineExceeded when the engine needs longer in all. Safe to share
    between threads, none of which waits for another longer than for its own time.
    """

    @property
    def name(self) -> IndexName:
        """Which index this is."""
        ...

    def upsert(self, rows: Sequence[Row]) -> None:
        """Write rows, replacing those of the same key whole. Raises InvalidRequest for a vector that is not finite,
        not of unit length or of another dimension, before anything is written."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the rows of `keys`; an unknown key is no error."""
        ...

    def rows_of(
        self, product_ids: Sequence[str], with_vectors: bool = False, timeout_s: float | None = None
    ) -> list[Row]:
        """Every row of the products named, in no order, as last written."""
        ...

    def search(
        self,
        vectors: FloatArray,
        limit: int,
        where: Filter | None = None,
        exclude: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> list[list[Match]]:
        """For each query row of `vectors` (Q, D), the `limit` nearest products, best first, each once.

        Only rows that satisfy `where` count, and none of the products in `exclude`. `limit` is at most MAX_LIMIT.
        Each query gets what it alone would get, whichever others are asked with it.
        """
        ...

    def search_words(
        self,
        texts: Sequence[str],
        limit: int,
        where: Filter | None = None,
        exclude: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> list[list[WordMatch]]:
        """For each of Q texts, the `limit` products whose text fits it best by BM25, best first, each once.

        A product's text is its id and the attributes that the index was made to join. Products that bear none of the
        words are no match. A text without a word has none at all.
        """
        ...

    def scan(self, chunk: int = 1000, after: str = "") -> Iterator[list[Row]]:
        """Every row whose key is greater than `after`, by key, without vectors, `chunk` at a time, in constant memory.

        Rows written meanwhile may be missed.
        """
        ...

    def count(self, where: Filter | None = None) -> int:
        """How many rows satisfy `where`."""
        ...


class IndexServer(Protocol):
    """The indexes that exist, and which one is live: the one that searches and workers use."""

    def live(self, timeout_s: float | None = None) -> IndexName | None:
        """Which index is live; None before the first is made."""
        ...

    def names(self) -> list[IndexName]:
        """Every index that exists, live or not."""
        ...

    def create(self, name: IndexName, dimensions: int) -> VectorStore:
        """Make an empty index. Raises Conflict when there is one of that name."""
        ...

    def open(self, name: IndexName, timeout_s: float | None = None) -> VectorStore:
        """The rows of an index that exists. Raises NotFound when it does not, IndexMismatch when its typed fields,
        or the fields that its texts are joined from, are not the ones declared now."""
        ...

    def promote(self, name: IndexName) -> None:
        """Make `name` live, at once for every process. Raises NotFound when there is no such index."""
        ...

    def drop(self, name: IndexName) -> None:
        """Remove an index; no error when it is gone already. Raises Conflict when it is live."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
