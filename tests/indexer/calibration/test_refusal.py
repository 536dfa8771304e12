"""The threshold below which nothing is close: it separates what can be separated, and refuses few by mistake."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.calibration.refusal import HIGHEST, MOST_FALSE_ALARMS, no_match_threshold, shares_below

CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=100)


def test_what_lies_apart_is_separated() -> None:
    answerable, unanswerable = np.linspace(0.5, 1, 50), np.linspace(0, 0.3, 50)
    threshold = no_match_threshold(answerable, unanswerable)
    assert threshold == pytest.approx(0.4)


def test_a_hit_that_is_more_likely_right_than_wrong_is_never_refused() -> None:
    assert no_match_threshold(np.linspace(0.9, 1, 50), np.linspace(0.4, 0.8, 50)) == HIGHEST


def test_where_they_overlap_few_answerable_ones_are_refused() -> None:
    chance = np.random.default_rng(1)
    answerable, unanswerable = chance.beta(6, 2, 4000), chance.beta(2, 3, 4000)
    threshold = no_match_threshold(answerable, unanswerable)
    refused = (answerable < threshold).mean()
    assert MOST_FALSE_ALARMS - 0.005 < refused <= MOST_FALSE_ALARMS
    assert (unanswerable < threshold).mean() > 0.4


def test_chances_that_say_nothing_refuse_nothing() -> None:
    level = np.full(100, 0.5)
    assert no_match_threshold(level, level) == 0
    assert no_match_threshold(np.linspace(0, 0.4, 99), np.linspace(0.5, 1, 99)) == 0, "the wrong way round"
    assert no_match_threshold(level, np.empty(0)) == 0
    assert no_match_threshold(np.empty(0), level) == 0


@given(CHANCES, CHANCES)
def test_it_never_refuses_more_than_it_may_nor_more_than_it_catches(good: list[float], bad: list[float]) -> None:
    threshold = no_match_threshold(np.array(good), np.array(bad))
    refused, caught = (float(shares_below(np.array(values), np.array([threshold]))[0]) for values in (good, bad))
    assert refused <= MOST_FALSE_ALARMS
    assert caught >= refused
