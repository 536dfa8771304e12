"""When a search should say that it found nothing close: the threshold, and how often it is right to."""

import numpy as np

from indexer.evaluation.nearest import ScoreArray

MOST_FALSE_ALARMS = 0.05
"""Of queries that have a right answer, the share that may be told that there is nothing close."""
HIGHEST = 0.5
"""Nobody understands "nothing close" above a hit that is more likely right than wrong."""
DIGITS = 5


def no_match_threshold(answerable: ScoreArray, unanswerable: ScoreArray) -> float:
    """The probability of the best hit below which there is no good match.

    `answerable` (A,) are the best hits' probabilities of queries with a right answer in the catalogue,
    `unanswerable` (U,) of queries without. It is the threshold with the largest difference between the unanswerable
    queries that it catches and the answerable ones that it refuses (Youden, "Index for rating diagnostic tests",
    Cancer 1950) among those up to HIGHEST that refuse at most MOST_FALSE_ALARMS; 0, which refuses nothing, where
    none helps.

    >>> no_match_threshold(np.array([0.9, 0.8, 0.7]), np.array([0.1, 0.2, 0.75]))
    0.45
    """
    if not len(answerable) or not len(unanswerable):
        return 0.0
    levels = np.unique(np.concatenate([answerable, unanswerable]))  # (L,)
    between = (levels[1:] + levels[:-1]) / 2
    candidates = np.concatenate([[0.0], between[between <= HIGHEST].round(DIGITS), [HIGHEST]])
    refused = shares_below(answerable, candidates)
    gain = shares_below(unanswerable, candidates) - refused
    gain[refused > MOST_FALSE_ALARMS] = -np.inf
    return float(candidates[gain.argmax()])


def shares_below(values: ScoreArray, thresholds: ScoreArray) -> ScoreArray:
    """The share of `values` (V,) below each of `thresholds` (T,): (T,).

    >>> shares_below(np.array([0.1, 0.5, 0.5, 0.9]), np.array([0.5, 0.6])).tolist()
    [0.25, 0.75]
    """
    return np.searchsorted(np.sort(values), thresholds, side="left") / len(values)
