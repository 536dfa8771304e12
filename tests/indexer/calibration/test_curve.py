"""The fitted curve finds the true one, however the scores lie, and never claims more than its pairs say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.calibration.curve import LEAST_PAIRS, fit_curve
from indexer.evaluation.calibration import calibration_error
from services.encoders.calibration import MAX_KNOTS
from services.errors import InvalidCatalogue


def truth(scores: np.ndarray) -> np.ndarray:
    """A model that is far too sure: a cosine of 0.6 is right one time in five."""
    return 1 / (1 + np.exp(-12 * (scores - 0.715)))


def pairs(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    scores = chance.uniform(-0.2, 1, count)
    return scores, chance.random(count) < truth(scores)


def test_it_finds_the_true_curve_and_mends_the_error_on_other_pairs() -> None:
    curve = fit_curve(*pairs(20_000, seed=1))
    grid = np.linspace(0, 0.95, 50)
    assert curve.probability(grid.astype(np.float32)) == pytest.approx(truth(grid), abs=0.05)
    scores, matches = pairs(5_000, seed=2)
    raw = calibration_error(scores.clip(0, 1).tolist(), matches.tolist())
    mended = calibration_error(curve.probability(scores.astype(np.float32)).tolist(), matches.tolist())
    assert raw > 0.1
    assert mended < 0.02


def test_it_keeps_few_knots_and_uses_them() -> None:
    curve = fit_curve(*pairs(100_000, seed=3))
    assert len(curve.scores) == MAX_KNOTS
    assert curve.no_match_below == 0


@given(st.lists(st.tuples(st.floats(-1, 1), st.booleans()), min_size=1, max_size=200))
def test_any_pairs_give_a_curve_that_never_falls_and_never_is_certain(found: list[tuple[float, bool]]) -> None:
    curve = fit_curve([score for score, _ in found], [match for _, match in found])  # MatchCurve checks the rest
    assert min(curve.probabilities) > 0
    assert max(curve.probabilities) < 1
    assert len(curve.scores) <= max(1, len(found) // LEAST_PAIRS)


def test_a_run_of_luck_is_no_certainty() -> None:
    curve = fit_curve([0.9] * 100, [True] * 100)
    assert curve.scores == (0.9,)
    assert curve.probabilities == pytest.approx((101 / 102,), abs=1e-4)


def test_scores_that_say_nothing_give_one_level() -> None:
    chance = np.random.default_rng(4)
    curve = fit_curve(np.full(1000, 0.5), chance.random(1000) < 0.3)
    assert len(curve.scores) == 1
    assert curve.probabilities[0] == pytest.approx(0.3, abs=0.05)


def test_without_pairs_there_is_no_curve() -> None:
    with pytest.raises(InvalidCatalogue, match="no pairs"):
        fit_curve([], [])
