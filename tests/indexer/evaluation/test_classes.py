"""Figures of label heads agree with their definition, whatever is guessed."""

from collections.abc import Sequence

import numpy as np
import pytest

from indexer.evaluation.calibration import calibration_error, reliability
from indexer.evaluation.classes import OTHERS, class_figures, confusion_shares, confusions, macro_figures


def random_labels(rows: int, seed: int) -> list[str]:
    return [str(label) for label in np.random.default_rng(seed).choice(list("abcd"), rows, p=[0.6, 0.2, 0.15, 0.05])]


def naive_macro(truth: Sequence[str], guesses: Sequence[str]) -> tuple[float, float, float]:
    recalls, precisions, f1s = [], [], []
    for label in sorted(set(truth)):
        hit = sum(t == g == label for t, g in zip(truth, guesses, strict=True))
        recalls.append(hit / truth.count(label))
        precisions.append(hit / guesses.count(label) if label in guesses else 0.0)
        f1s.append(2 * precisions[-1] * recalls[-1] / (precisions[-1] + recalls[-1]) if hit else 0.0)
    return sum(precisions) / len(f1s), sum(recalls) / len(f1s), sum(f1s) / len(f1s)


@pytest.mark.parametrize("seed", range(5))
def test_macro_figures_agree_with_their_definition(seed: int) -> None:
    truth, guesses = random_labels(60, seed), random_labels(60, seed + 100)
    found = macro_figures(truth, guesses)
    assert (found["macro_precision"], found["macro_recall"], found["macro_f1"]) == pytest.approx(
        naive_macro(truth, guesses)
    )


def test_label_figures_span_zero_to_one() -> None:
    assert set(macro_figures(["a", "b", "b"], ["a", "b", "b"]).values()) == {1.0}
    assert set(macro_figures(["a", "b", "b"], ["b", "c", "a"]).values()) == {0.0}


def test_a_guess_outside_the_true_classes_is_no_class_of_its_own() -> None:
    found = macro_figures(["a", "a", "b"], ["a", "z", "b"])
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["macro_precision"] == 1.0
    assert found["macro_recall"] == pytest.approx((0.5 + 1) / 2)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)


def test_as_many_classes_as_items_raise_no_warning() -> None:
    labels = [f"class {i}" for i in range(40)]
    assert macro_figures(labels, labels[::-1])["accuracy"] == 0.0


def test_classes_come_largest_first_with_their_support() -> None:
    rows = class_figures(["b", "a", "b", "c"], ["b", "b", "b", "z"])
    assert [(row.label, row.support) for row in rows] == [("b", 2), ("a", 1), ("c", 1)]
    assert (rows[0].precision, rows[0].recall) == (pytest.approx(2 / 3), 1.0)
    assert (rows[1].precision, rows[1].recall, rows[1].f1) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("figure", [macro_figures, class_figures, confusions, confusion_shares])
@pytest.mark.parametrize(("truth", "guesses"), [([], []), (["a"], []), (["a"], ["a", "b"])])
def test_label_figures_refuse_what_does_not_pair(figure, truth: list[str], guesses: list[str]) -> None:
    with pytest.raises(ValueError, match="as many guesses"):
        figure(truth, guesses)


def test_the_most_frequent_confusions_come_first() -> None:
    truth, guesses = list("aaaabbc"), list("abbcbab")
    assert [(pair.truth, pair.guess, pair.count, pair.share) for pair in confusions(truth, guesses, most=2)] == [
        ("a", "b", 2, 0.5),
        ("a", "c", 1, 0.25),
    ]


def test_rare_classes_share_a_row_and_every_row_keeps_its_sum() -> None:
    labels, shares = confusion_shares(list("aaabbcd"), list("abcbbza"), most=2)
    assert labels == ["a", "b", OTHERS]
    # Of c and d, one was taken for another rare label and one for a.
    assert shares.tolist() == [pytest.approx([1 / 3] * 3), [0, 1, 0], [0.5, 0, 0.5]]


def test_one_class_that_is_always_right_is_a_matrix_too() -> None:
    assert [part if isinstance(part, list) else part.tolist() for part in confusion_shares(["a", "a"], ["a", "a"])] == [
        ["a"],
        [[1.0]],
    ]


def test_calibration_error_is_the_gap_between_promise_and_outcome() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0)
    # Two bins: 0.55 is right always, 0.95 never.
    assert calibration_error([0.55, 0.95], [True, False]) == pytest.approx((0.45 + 0.95) / 2)


def test_a_probability_a_hair_above_one_is_one() -> None:
    assert calibration_error([1.0000001], [True]) == pytest.approx(0)
    assert reliability([1.0000001], [True])[0].count == 1


@pytest.mark.parametrize("seed", range(3))
def test_the_bins_that_are_drawn_are_those_of_the_error(seed: int) -> None:
    random = np.random.default_rng(seed)
    confidence, right = random.random(200).tolist(), (random.random(200) < 0.5).tolist()
    bins = reliability(confidence, right)
    assert sum(row.count for row in bins) == 200
    gap = sum(row.count * abs(row.accuracy - row.confidence) for row in bins) / 200
    assert calibration_error(confidence, right) == pytest.approx(gap)


@pytest.mark.parametrize("figure", [calibration_error, reliability])
def test_calibration_refuses_what_does_not_pair(figure) -> None:
    with pytest.raises(ValueError, match="one verdict"):
        figure([], [])
    with pytest.raises(ValueError, match="one verdict"):
        figure([0.5], [])
