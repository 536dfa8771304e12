"""Other orders than relevance: by an attribute within what is relevant, or so that hits differ from each other."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from services.arrays import FloatArray
from services.fields import Scalar
from services.search.diversity import mmr
from services.search.query import Sort
from services.search.ranking import Candidate

Attributes = Callable[[Candidate], Mapping[str, Scalar]]
DIVERSE_POOL = 128
"""How many of the most relevant are put into another order for diversity; those behind them stay as they are."""


def by_attribute(candidates: Sequence[Candidate], sort: Sort, attributes: Attributes) -> list[Candidate]:
    """In the order of an attribute: numbers before text, then products without it. Equal ones stay by relevance."""
    present = [candidate for candidate in candidates if sort.by in attributes(candidate)]
    absent = [candidate for candidate in candidates if sort.by not in attributes(candidate)]

    def value(candidate: Candidate) -> tuple[bool, float, str]:
        found = attributes(candidate)[sort.by]
        return (True, 0.0, found) if isinstance(found, str) else (False, float(found), "")

    return sorted(present, key=value, reverse=sort.descending) + absent


def diversely(
    candidates: Sequence[Candidate], vectors: Mapping[tuple[str, str], FloatArray], diversity: float
) -> list[Candidate]:
    """The first DIVERSE_POOL by maximal marginal relevance, the others behind them as they were.

    `vectors` are those of images by (product id, image); a candidate without one resembles none.
    """
    pool, rest = list(candidates[:DIVERSE_POOL]), list(candidates[DIVERSE_POOL:])
    if not pool or not vectors:
        return [*pool, *rest]
    blank = np.zeros_like(next(iter(vectors.values())))
    rows = np.stack([vectors.get((c.record.product.id, c.image), blank) for c in pool])  # (K, D)
    relevance = np.array([candidate.value for candidate in pool], np.float32)  # (K,)
    return [pool[place] for place in mmr(relevance, rows, diversity)] + rest
