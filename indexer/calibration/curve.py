"""Fits the curve from cosine to the probability of a match: isotonic regression, thinned to a few knots."""

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression

from indexer.evaluation.nearest import ScoreArray
from services.encoders.calibration import MAX_KNOTS, MatchCurve
from services.errors import InvalidCatalogue

LEAST_PAIRS = 50
"""Pairs behind a knot at least: fewer say little, and the few at either end would claim 0 % and 100 %."""
DIGITS = 5

Groups = tuple[ScoreArray, ScoreArray, ScoreArray]
"""Runs of pairs in the order of their scores: how many, the sum of their scores, how many are matches. Each (G,)."""


def fit_curve(scores: npt.ArrayLike, matches: npt.ArrayLike) -> MatchCurve:
    """The curve of P pairs: `scores` (P,) are cosines, `matches` (P,) says which pairs share their label.

    Isotonic regression makes as many steps as the pairs call for (Zadrozny and Elkan, "Transforming Classifier Scores
    into Accurate Multiclass Probability Estimates", KDD 2002). Neighbouring steps are then joined, those first whose
    joining loses least, until MAX_KNOTS remain with LEAST_PAIRS each; a knot stands at the mean of its step. Each has
    one match and one miss added, after Laplace: a hundred hits of a hundred are no certainty. The curve refuses
    nothing: its `no_match_below` is 0. Raises InvalidCatalogue without pairs.
    """
    score, match = np.asarray(scores, np.float64), np.asarray(matches, np.float64)  # (P,)
    if not len(score):
        raise InvalidCatalogue("no pairs to calibrate with: need different photos, and a model that tells photos apart")
    counts, score_sums, match_sums = _joined(_steps(score, match))
    # Joined steps rise, but what is added may tip two that were nearly level.
    chances = np.maximum.accumulate((match_sums + 1) / (counts + 2)).round(DIGITS)
    knots, first = np.unique((score_sums / counts).round(DIGITS), return_index=True)
    return MatchCurve(tuple(knots.tolist()), tuple(chances[first].tolist()), 0.0)


def _steps(score: ScoreArray, match: ScoreArray) -> Groups:
    """The runs of pairs to which isotonic regression gives one probability."""
    fitted = IsotonicRegression(y_min=0, y_max=1).fit_transform(score, match)  # (P,)
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(fitted[order], prepend=-1) > 0)  # (G,)
    counts = np.diff(starts, append=len(score)).astype(np.float64)
    return counts, np.add.reduceat(score[order], starts), np.add.reduceat(match[order], starts)


def _joined(groups: Groups) -> Groups:
    while len(groups[0]) > 1:
        counts, _, match_sums = groups
        chances = match_sums / counts
        # What joining neighbours adds to the squared error, as in Ward's method: (G - 1,)
        losses = counts[:-1] * counts[1:] / (counts[:-1] + counts[1:]) * np.diff(chances) ** 2
        small = np.minimum(counts[:-1], counts[1:]) < LEAST_PAIRS
        if small.any():
            losses[~small] = np.inf
        elif len(counts) <= MAX_KNOTS:
            break
        at = int(losses.argmin())
        groups = _join(groups, at)
    return groups


def _join(groups: Groups, at: int) -> Groups:
    """Make groups `at` and `at + 1` one."""
    counts, scores, matches = (np.delete(values, at + 1) for values in groups)
    for joined, values in zip((counts, scores, matches), groups, strict=True):
        joined[at] = values[at] + values[at + 1]
    return counts, scores, matches
