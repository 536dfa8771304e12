"""Queries as people type them, each with the attributes of a right answer: does the first page hold such products?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.datasets import Example
from indexer.evaluation.encode import EncodedSplit
from indexer.evaluation.nearest import IndexArray, nearest
from indexer.evaluation.protocols import K
from indexer.evaluation.text import embed_texts
from services.encoders.protocol import TextEncoder

QUERIES = Path(__file__).with_name("typed_queries.json")


@dataclass(frozen=True)
class TypedQuery:
    """Words, and by column the values that are right; a right product has one of them in every column."""

    query: str
    want: Mapping[str, Sequence[str]]

    def right(self, row: Example) -> bool:
        """Whether the product of `row` is what was asked for."""
        return all(row.cells.get(column) in values for column, values in self.want.items())


@dataclass(frozen=True)
class TypedResult:
    """What a query found: gallery rows, nearest first, whether each is right, and how many could be."""

    query: TypedQuery
    hits: IndexArray  # (K,)
    right: list[bool]
    possible: int

    @property
    def precision(self) -> float:
        """Share found of those that could be, 0 to 1."""
        return sum(self.right) / self.possible


@cache
def typed_queries() -> tuple[TypedQuery, ...]:
    """The queries that ship with Lookalike, made for the columns of the public Fashion Product Images table."""
    rows = json.loads(QUERIES.read_text("utf-8"))
    return tuple(TypedQuery(row["query"], row["want"]) for row in rows)


def typed_results(
    encoder: TextEncoder, gallery: EncodedSplit, queries: Sequence[TypedQuery] | None = None, k: int = K
) -> list[TypedResult]:
    """Search the photos of `gallery` by `queries`, else those that ship; one that nothing there answers is left out.

    P@k = |{i in top_k(q) : i is right}| / min(k, R), where R is the number of right photos in the gallery, so that
    a perfect answer has 1 however few there are. In order of `queries`.
    """
    asked = typed_queries() if queries is None else queries
    answers = [np.array([query.right(row) for row in gallery.rows]) for query in asked]  # each (N,)
    kept = [number for number, right in enumerate(answers) if right.any()]
    if not kept:
        return []
    vectors = embed_texts(encoder, [asked[number].query for number in kept])  # (Q, D)
    hits = nearest(vectors, gallery.vectors, k)  # (Q, K)
    return [_result(asked[number], row, answers[number], k) for number, row in zip(kept, hits, strict=True)]


def _result(query: TypedQuery, hits: IndexArray, answers: npt.NDArray[np.bool_], k: int) -> TypedResult:
    right = [bool(value) for value in answers[hits]]
    return TypedResult(query, hits, right, min(k, int(answers.sum())))
