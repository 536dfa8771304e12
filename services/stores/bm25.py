"""BM25 over texts in memory, exactly as Milvus scores it.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). The inverse document frequency
is Lucene's, log(1 + (N - n + 0.5) / (n + 0.5)), which is never negative.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

# How soon a term that comes again adds nothing, and how much a long text is held against it. Usual values, and the ones
# that Milvus Lite uses whatever an index asks for.
K1, B = 1.5, 0.75


class TermStatistics:
    """How many texts there are, how long, and how many of them hold each term. Each text is its terms' counts."""

    def __init__(self, texts: Iterable[Mapping[str, int]]) -> None:
        self._count, length = 0, 0
        self._holding: Counter[str] = Counter()
        for text in texts:
            self._count += 1
            length += sum(text.values())
            self._holding.update(text.keys())
        self._mean_length = length / self._count if length else 1.0

    def score(self, query: Iterable[str], text: Mapping[str, int]) -> float:
        """How well a text fits the terms of a query; 0 when it holds none of them."""
        longer = 1.0 - B + B * sum(text.values()) / self._mean_length
        return sum(
            self._rarity(term) * text[term] * (K1 + 1.0) / (text[term] + K1 * longer) for term in query if term in text
        )

    def _rarity(self, term: str) -> float:
        holding = self._holding[term]
        return math.log(1.0 + (self._count - holding + 0.5) / (holding + 0.5))
