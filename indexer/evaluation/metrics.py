"""Retrieval by label as pure functions of one score a query: definition, formula, source, shapes, worked example.

`pytorch_metric_learning.utils.accuracy_calculator` computes the same means (a test compares them), but holds a list of
R neighbours for every query at once, R being the size of the largest class, and gives no score a query, which
comparing two models needs.
"""

from collections.abc import Sequence

import numpy as np

from indexer.evaluation.nearest import IndexArray, ScoreArray, nearest, score_chunks
from services.arrays import FloatArray


def neighbour_matches(vectors: FloatArray, labels: Sequence[str], k: int = 10) -> ScoreArray:
    """For each item, which of its k nearest neighbours bear its label, nearest first: float64 (N, K) of 0 and 1.

    Each of the N items is a query in turn, and the gallery is the other N - 1. `vectors` is (N, D) with unit rows,
    ranked by cosine. With fewer than k others, K is their number. Three figures come from it:

    - P@k = mean_q |{i in top_k(q) : label_i = label_q}| / k: the mean of all entries. An item whose class has fewer
      than k others cannot reach 1, so it compares on one split only. As in image retrieval since Salton and McGill,
      "Introduction to Modern Information Retrieval", 1983.
    - P@1: the mean of the first column, the accuracy of a nearest-neighbour classifier.
    - hit@k = mean_q [any i in top_k(q) : label_i = label_q]: the share of rows with a 1. Metric learning calls it
      Recall@k (Jegou et al., "Product Quantization for Nearest Neighbor Search", PAMI 2011), which it is not.

    The first two are each other's neighbours; the third's nearest is the second, which has another label:

    >>> vectors = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    >>> neighbour_matches(vectors, ["dress", "dress", "belt"], k=1).tolist()
    [[1.0], [1.0], [0.0]]
    """
    if k < 1:
        raise ValueError(f"need k >= 1; got {k}")
    classes = _classes(vectors, labels)
    neighbours = nearest(vectors, vectors, k, own_rows=np.arange(len(vectors)))  # (N, K)
    matches: ScoreArray = (classes[neighbours] == classes[:, None]).astype(np.float64)
    return matches


def average_precisions_at_r(vectors: FloatArray, labels: Sequence[str]) -> ScoreArray:
    """For each item that is not alone in its class, its average precision at R: float64 (Q,). The mean is MAP@R.

    AP@R_q = 1 / R_q * sum_{i = 1..R_q} P_q@i * [label_i = label_q], where R_q is the number of other items of the
    query's class and i runs down its neighbours: 1 only where the whole class comes first. The N items, `vectors`
    (N, D) with unit rows, are each other's gallery. Source: Musgrave et al., "A Metric Learning Reality Check",
    ECCV 2020.

    Of the first dress's R = 2 nearest, the first is a belt and the second a dress, found with precision 1/2:

    >>> vectors = np.array([[1, 0], [0.9, 0.436], [0.8, 0.6], [0, 1]], np.float32)
    >>> average_precisions_at_r(vectors, ["dress", "belt", "dress", "dress"]).tolist()
    [0.25, 0.25, 0.5]
    """
    classes = _classes(vectors, labels)
    others = np.bincount(classes)[classes] - 1  # (N,), R of each item
    queries = np.flatnonzero(others)  # (Q,)
    found = np.empty(len(queries), np.float64)  # (Q,)
    for chunk, scores in score_chunks(vectors[queries], vectors):
        rows = queries[chunk]
        scores[np.arange(len(rows)), rows] = -np.inf
        most = int(others[rows].max())
        order = _first(scores, most)  # (B, R)
        match = classes[order] == classes[rows, None]  # (B, R)
        match &= np.arange(most)[None, :] < others[rows, None]
        precision = match.cumsum(axis=1) / np.arange(1, most + 1)  # (B, R)
        found[chunk] = (precision * match).sum(axis=1) / others[rows]
    return found


def _first(scores: FloatArray, k: int) -> IndexArray:
    """The columns of the k highest scores of each row of (B, N), highest first: (B, K)."""
    top = np.argpartition(scores, scores.shape[1] - k, axis=1)[:, -k:]  # (B, K), in no order
    order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    return np.take_along_axis(top, order, axis=1)


def _classes(vectors: FloatArray, labels: Sequence[str]) -> IndexArray:
    """The labels as numbers (N,)."""
    if len(vectors) != len(labels) or len(labels) < 2:
        raise ValueError(f"need two or more vectors, and a label for each; got {len(vectors)}, {len(labels)}")
    return np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)[1]
