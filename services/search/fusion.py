"""Several ranked lists of products become one."""

from collections.abc import Mapping, Sequence

from services.search.query import Fusion

RRF_K = 60
"""How much the first ranks stand out; the value of the paper."""


def reciprocal_ranks(lists: Sequence[tuple[float, Sequence[str]]]) -> dict[str, float]:
    """The value of each product that is in one of the (weight, ids best first) lists: 1 is first in all of them.

    Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
    Methods", SIGIR 2009: the sum of weight / (60 + rank), here over what the first rank everywhere would have.

    >>> values = reciprocal_ranks([(1, ["a", "b"]), (1, ["b"])])
    >>> [(key, round(value, 3)) for key, value in values.items()]
    [('a', 0.5), ('b', 0.992)]
    """
    highest = sum(weight for weight, _ in lists) / (RRF_K + 1)
    values: dict[str, float] = {}
    for weight, ids in lists:
        for rank, key in enumerate(ids, 1):
            values[key] = values.get(key, 0.0) + weight / (RRF_K + rank) / highest
    return values


def weighted(lists: Sequence[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """The weighted mean of scores, each list's own scaled to 0..1; a product that a list lacks has 0 there.

    >>> weighted([(1, {"a": 0.9, "b": 0.5, "c": 0.7}), (3, {"b": 8.0})])
    {'a': 0.25, 'b': 0.75, 'c': 0.125}
    """
    whole = sum(weight for weight, _ in lists)
    values: dict[str, float] = {}
    for weight, scores in lists:
        for key, scaled in _scaled(scores).items():
            values[key] = values.get(key, 0.0) + weight * scaled / whole
    return values


def fuse(fusion: Fusion, cosines: Mapping[str, float], bm25: Mapping[str, float]) -> dict[str, float]:
    """The value of each product by meaning and by words, higher is better; both are given best first."""
    if fusion.method == "rrf":
        return reciprocal_ranks([(fusion.semantic, list(cosines)), (fusion.lexical, list(bm25))])
    return weighted([(fusion.semantic, cosines), (fusion.lexical, bm25)])


def _scaled(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {key: round((score - low) / (high - low), 9) for key, score in scores.items()}
