"""Two models on the same rows: differences with honest intervals, and neighbours that changed."""

import numpy as np
import pytest

from indexer.datasets import Dataset
from indexer.evaluation.compare import (
    Comparison,
    Difference,
    compare,
    most_changed,
    neighbour_overlap,
    paired_interval,
)
from indexer.evaluation.study import Plan, Study, study
from services.arrays import unit_rows
from services.encoders.protocol import Encoder


def compared(first: Study, second: Study) -> Comparison:
    return compare((first.measured, first.encoded), (second.measured, second.encoded), first.dataset.label_fields)


def test_the_interval_covers_the_true_difference_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    covered = 0
    for _ in range(100):
        hard = random.random(80)
        first, second = (random.random(80) > hard).astype(float), (random.random(80) + 0.2 > hard).astype(float)
        low, high = paired_interval(first, second, resamples=300)
        covered += low <= 0.18 <= high  # P(u + 0.2 > h) - P(u > h) = 0.2 - 0.2^2 / 2
    assert 88 <= covered <= 100


def test_pairing_makes_the_interval_narrow_where_both_find_the_same_queries_hard() -> None:
    hard = np.random.default_rng(2).random(200)
    low, high = paired_interval(hard, hard + 0.01)
    assert (low, high) == (pytest.approx(0.01), pytest.approx(0.01))
    shuffled = np.random.default_rng(3).permutation(hard) + 0.01
    low, high = paired_interval(hard, shuffled)
    assert low < 0 < high


def test_an_interval_is_the_same_every_time_and_of_one_query_is_a_point() -> None:
    first, second = np.random.default_rng(4).random((2, 50))
    assert paired_interval(first, second) == paired_interval(first, second)
    assert paired_interval(np.array([0.25]), np.array([0.75])) == (0.5, 0.5)


@pytest.mark.parametrize(("first", "second"), [([], []), ([1.0], [1.0, 0.0])])
def test_an_interval_needs_pairs(first: list[float], second: list[float]) -> None:
    with pytest.raises(ValueError, match="two scores of each"):
        paired_interval(np.array(first), np.array(second))


def test_overlap_counts_neighbours_that_both_have() -> None:
    line = unit_rows([[1, 0.0], [1, 0.1], [1, 0.3], [1, 2.0], [1, 2.2]])
    # In the second space the last two rows have changed places with the first two.
    assert neighbour_overlap(line, line, 2).tolist() == [1.0] * 5
    assert neighbour_overlap(line, line[[3, 4, 2, 0, 1]], 1).tolist() == [1, 1, 0, 1, 1]
    assert neighbour_overlap(line[:1], line[:1]).tolist() == [1.0]


@pytest.mark.parametrize(
    ("name", "low", "high", "winner"),
    [
        ("kind_accuracy", 0.1, 0.3, "second"),
        ("kind_accuracy", -0.3, -0.1, "first"),
        ("kind_accuracy", -0.1, 0.3, ""),
        ("kind_ece", 0.1, 0.3, "first"),
        ("kind_accuracy", None, None, ""),
    ],
)
def test_a_winner_needs_an_interval_without_zero(name: str, low: float, high: float, winner: str) -> None:
    change = 0.0 if low is None else (low + high) / 2
    assert Difference(name, 0.5, 0.5 + change, low, high).winner == winner


def test_a_model_that_sees_nothing_loses_on_what_it_cannot_see(
    complete: Encoder, blind: Encoder, dataset: Dataset
) -> None:
    found = compared(study(complete, dataset, Plan()), study(blind, dataset, Plan()))
    by_name = {row.name: row for row in found.differences}
    assert "rows" not in by_name
    row = by_name["colour_accuracy"]
    # Blind takes everything for red: right for two of six, where Complete is right for four.
    assert (row.first, row.second) == (pytest.approx(4 / 6), pytest.approx(2 / 6))
    assert row.low is not None
    assert row.low <= row.change <= row.high <= 0
    assert by_name["colour_macro_recall"].low is not None
    # Both say 90 % of everything: the one that is right less often promises too much, and has the higher error.
    error = by_name["colour_ece"]
    assert error.change == pytest.approx(2 / 6)
    assert (error.low >= 0, by_name["colour_accuracy"].high <= 0) == (True, True)
    changes = {change.label: (change.first, change.second) for change in found.classes["colour"]}
    assert changes["green"] == (1.0, 0.0)
    assert [change.label for change in found.classes["colour"]] == ["blue", "red", "green"]


def test_a_model_compared_with_itself_differs_in_nothing(complete: Encoder, dataset: Dataset) -> None:
    once = study(complete, dataset, Plan())
    found = compared(once, once)
    assert {row.change for row in found.differences} == {0.0}
    assert {row.winner for row in found.differences} == {""}
    assert found.overlap.tolist() == [1.0] * 6


def test_models_must_be_measured_on_the_same_rows(complete: Encoder, dataset: Dataset) -> None:
    one, other = study(complete, dataset, Plan()), study(complete, dataset, Plan(limit=3))
    with pytest.raises(ValueError, match="same rows"):
        compared(one, other)


def test_rows_whose_neighbours_changed_most_come_first() -> None:
    found = Comparison([], np.array([0.5, 1.0, 0.0, 0.5]), {})
    assert most_changed(found, 3).tolist() == [2, 0, 3]
