"""What searches of each kind find in a split of labelled photos: the pairs that a curve is fitted to."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.evaluation.nearest import IndexArray, ScoreArray, score_chunks
from services.arrays import FloatArray

K = 20
"""Hits a query: what a page of results shows."""
OTHERS = 10
"""Random photos a query beside its hits, so that low scores, which are seldom found, are known as well."""
SAME_PHOTO = 0.9999
"""Photos nearer than this are one photo listed twice, and no evidence of anything."""
SEED = 7


@dataclass(frozen=True)
class Found:
    """What queries found. `scores` (P,) and `matches` (P,) are pairs of query and photo; `is_hit` tells hits (P,).

    `best` (A,) are the best hits' cosines of queries that have a right answer in the split; `best_without` (U,) those
    of queries whose label is taken out of the split first, so that there is none.
    """

    scores: ScoreArray
    matches: npt.NDArray[np.bool_]
    is_hit: npt.NDArray[np.bool_]
    best: ScoreArray
    best_without: ScoreArray


def find(queries: FloatArray, own_rows: IndexArray, photos: FloatArray, labels: IndexArray) -> Found:
    """Search with `queries` (Q, D) among `photos` (N, D), both unit rows, of `labels` (N,).

    `own_rows` (Q,) is the photo that each query is about, and whose label it has. Neither it nor another copy of it
    is ever found: what a catalogue holds is another product. The same arguments find the same pairs.
    """
    chance = np.random.default_rng(SEED)
    parts = [_chunk(scores, own_rows[chunk], photos, labels, chance) for chunk, scores in score_chunks(queries, photos)]
    return Found(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _chunk(
    scores: FloatArray, own: IndexArray, photos: FloatArray, labels: IndexArray, chance: np.random.Generator
) -> tuple[ScoreArray, npt.NDArray[np.bool_], npt.NDArray[np.bool_], ScoreArray, ScoreArray]:
    rows = np.arange(len(own))
    copies = photos[own] @ photos.T > SAME_PHOTO  # (B, N)
    copies[rows, own] = True
    scores[copies] = -np.inf
    right = labels[own, None] == labels[None, :]  # (B, N)
    k = min(K, len(photos))
    hits = np.argpartition(scores, len(photos) - k, axis=1)[:, -k:]  # (B, K)
    others = chance.integers(0, len(photos), (len(own), OTHERS))  # (B, OTHERS)
    picked = np.concatenate([hits, others], axis=1)  # (B, K + OTHERS)
    pairs = np.take_along_axis(scores, picked, axis=1).astype(np.float64)
    there = np.isfinite(pairs)
    is_hit = np.broadcast_to(np.arange(picked.shape[1]) < k, picked.shape)
    best = scores.max(axis=1)[(right & ~copies).any(axis=1)].astype(np.float64)  # (A,)
    matches = np.take_along_axis(right, picked, axis=1)
    scores[right] = -np.inf
    without = scores.max(axis=1).astype(np.float64)  # (B,)
    return pairs[there], matches[there], is_hit[there], best, without[np.isfinite(without)]
