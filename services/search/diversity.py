"""Hits that resemble each other less."""

import numpy as np

from services.arrays import FloatArray


def mmr(relevance: FloatArray, vectors: FloatArray, diversity: float) -> list[int]:
    """An order of K items in which each is relevant, and unlike those before it: their indices.

    `relevance` (K,) should lie about 0..1, `vectors` (K, D) are unit rows. The first n are the same however many are
    wanted. Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing
    Summaries", SIGIR 1998; `diversity` is their 1 - lambda.

    >>> vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    >>> mmr(np.array([0.9, 0.8, 0.5], np.float32), vectors, 0.5)
    [0, 2, 1]
    """
    alike = vectors @ vectors.T  # (K, K)
    left, chosen = list(range(len(relevance))), []
    nearest = np.zeros(len(relevance), np.float32)  # (K,) how like the chosen one that each is most like
    while left:
        worth = (1 - diversity) * relevance[left] - diversity * nearest[left]  # (len(left),)
        best = left.pop(int(np.argmax(worth)))  # the first of equals, so that ties keep their order
        chosen.append(best)
        nearest = np.maximum(nearest, alike[best])
    return chosen
