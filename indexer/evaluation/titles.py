"""Searching photos by title: the rank of the first right photo. Pure functions."""

from collections.abc import Sequence

import numpy as np

from indexer.evaluation.nearest import IndexArray, ScoreArray, score_chunks
from services.arrays import FloatArray


def first_hit_ranks(
    queries: FloatArray, gallery: FloatArray, query_groups: Sequence[str], gallery_groups: Sequence[str]
) -> IndexArray:
    """For each query the rank, from 1, of the first gallery item of the query's group: int64 (Q,).

    rank_q = 1 + |{i : group_i != group_q, s_qi >= max(s_qj : group_j = group_q)}|, with s the cosine of `queries`
    (Q, D) and `gallery` (N, D), both with unit rows. A wrong item that ties with the best right one goes before it,
    so that an encoder which maps everything to one point scores nothing. Every query must have a right item.

    The text points along the first axis; the nearest item is another's, the second nearest its own:

    >>> gallery = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    >>> first_hit_ranks(gallery[:1], gallery, ["red belt"], ["blue belt", "red belt", "red belt"]).tolist()
    [2]
    """
    if len(queries) != len(query_groups) or len(gallery) != len(gallery_groups):
        raise ValueError("need one group for each query and for each gallery item")
    numbers = {group: number for number, group in enumerate(dict.fromkeys(gallery_groups))}
    if lone := next((group for group in query_groups if group not in numbers), None):
        raise ValueError(f"no gallery item is of group {lone!r}, so no answer to it could be right")
    wanted = np.array([numbers[group] for group in query_groups], np.int64)  # (Q,)
    groups = np.array([numbers[group] for group in gallery_groups], np.int64)  # (N,)
    ranks = np.empty(len(queries), np.int64)  # (Q,)
    for chunk, scores in score_chunks(queries, gallery):
        right = wanted[chunk, None] == groups[None, :]  # (B, N)
        best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)  # (B, 1)
        ranks[chunk] = 1 + ((scores >= best) & ~right).sum(axis=1)
    return ranks


def hits_at_k(ranks: IndexArray, k: int) -> ScoreArray:
    """For each query 1 where a right answer is among the first k, else 0: float64 (Q,). Its mean is R@K.

    `ranks` (Q,) comes from `first_hit_ranks`. This is what image-text retrieval calls R@K (Faghri et al., "VSE++",
    BMVC 2018), and others hit rate or success at k: one right answer is enough, further ones add nothing.

    >>> hits_at_k(np.array([1, 3, 12]), k=10).tolist()
    [1.0, 1.0, 0.0]
    """
    _check_ranks(ranks, k)
    return (ranks <= k).astype(np.float64)


def reciprocal_ranks(ranks: IndexArray, k: int) -> ScoreArray:
    """For each query 1 / rank of the first right answer, 0 beyond k: float64 (Q,). Its mean is MRR@K.

    `ranks` (Q,) comes from `first_hit_ranks`. Source: Voorhees, "The TREC-8 Question Answering Track Report", 1999.

    >>> reciprocal_ranks(np.array([1, 2, 12]), k=10).tolist()
    [1.0, 0.5, 0.0]
    """
    _check_ranks(ranks, k)
    return np.where(ranks <= k, 1 / ranks, 0.0)


def _check_ranks(ranks: IndexArray, k: int) -> None:
    if ranks.ndim != 1 or not len(ranks) or ranks.min() < 1 or k < 1:
        raise ValueError(f"need one rank from 1 up for at least one query, and k >= 1; got shape {ranks.shape}, k {k}")
