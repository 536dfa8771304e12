"""Exact cosine search over unit vectors in memory, in chunks of queries, so that a million vectors fit."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from services.arrays import FloatArray

IndexArray: TypeAlias = npt.NDArray[np.int64]
ScoreArray: TypeAlias = npt.NDArray[np.float64]

CHUNK_SCORES = 2**25
"""Scores held at once: 128 MiB of float32, 32 queries against a million vectors."""


def score_chunks(queries: FloatArray, gallery: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """Yield, for each run of queries, its slice and its cosines with all of `gallery`: (B, N).

    `queries` (Q, D) and `gallery` (N, D) have unit rows. The scores belong to the caller, who may overwrite them.
    """
    if queries.ndim != 2 or gallery.ndim != 2 or queries.shape[1] != gallery.shape[1]:
        raise ValueError(f"vectors must have shapes (Q, D) and (N, D); got {queries.shape} and {gallery.shape}")
    rows = max(1, CHUNK_SCORES // max(1, len(gallery)))
    for start in range(0, len(queries), rows):
        chunk = slice(start, min(start + rows, len(queries)))
        yield chunk, queries[chunk] @ gallery.T  # (B, N)


def nearest(queries: FloatArray, gallery: FloatArray, k: int, own_rows: IndexArray | None = None) -> IndexArray:
    """The `k` rows of `gallery` (N, D) nearest to each of `queries` (Q, D), nearest first: int64 (Q, K).

    `own_rows` (Q,) names the gallery row that each query itself is; it is never among its own neighbours.
    K is `k`, or what the gallery has where it is smaller. Equal scores come in order of row, except that
    which of several rows equal to the k-th one is kept is left open.

    >>> gallery = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    >>> nearest(gallery[:1], gallery, 2).tolist()
    [[0, 1]]
    >>> nearest(gallery, gallery, 1, own_rows=np.arange(3)).tolist()
    [[1], [0], [1]]
    """
    available = len(gallery) - (own_rows is not None)
    k = min(k, available)
    found = np.empty((len(queries), max(k, 0)), np.int64)  # (Q, K)
    if k <= 0:
        return found
    for chunk, scores in score_chunks(queries, gallery):
        if own_rows is not None:
            scores[np.arange(len(scores)), own_rows[chunk]] = -np.inf
        top = np.argpartition(scores, len(gallery) - k, axis=1)[:, -k:]  # (B, K), in no order
        top_scores = np.take_along_axis(scores, top, axis=1)  # (B, K)
        order = np.lexsort((top, -top_scores), axis=1)  # (B, K)
        found[chunk] = np.take_along_axis(top, order, axis=1)
    return found
