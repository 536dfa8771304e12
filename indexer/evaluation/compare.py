"""Two models on the same rows: which figures differ, how sure that is, and where their neighbours differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from indexer.evaluation.calibration import calibration_error
from indexer.evaluation.classes import class_figures, macro_figures
from indexer.evaluation.encode import EncodedSplit
from indexer.evaluation.evaluate import Measured
from indexer.evaluation.nearest import IndexArray, ScoreArray, nearest
from indexer.evaluation.protocols import COUNTS, K, lower_is_better
from services.arrays import FloatArray

RESAMPLES, RESAMPLES_ANEW = 2000, 200
CONFIDENCE = 0.95
SEED = 7
ECE = "ece"
ANEW = ("macro_precision", "macro_recall", "macro_f1", ECE)
"""Figures that are no mean over queries, by the end of their names."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two models; `low` and `high` bound `second - first` with 95 % confidence, where that is known."""

    name: str
    first: float
    second: float
    low: float | None = None
    high: float | None = None

    @property
    def change(self) -> float:
        """Second minus first."""
        return self.second - self.first

    @property
    def winner(self) -> str:
        """`first` or `second` where the interval leaves zero out, else empty."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return ""
        return "second" if (self.change > 0) != lower_is_better(self.name) else "first"


@dataclass(frozen=True, slots=True)
class ClassChange:
    """F1 of one class by two models."""

    label: str
    support: int
    first: float
    second: float


@dataclass(frozen=True)
class Comparison:
    """`overlap` (N,) is the share of each row's ten neighbours that both models have; `classes` goes by field."""

    differences: list[Difference]
    overlap: ScoreArray
    classes: dict[str, list[ClassChange]]


def compare(
    first: tuple[Measured, EncodedSplit], second: tuple[Measured, EncodedSplit], fields: Sequence[str]
) -> Comparison:
    """Compare what two models make of the same rows. Raises ValueError where the rows are not the same."""
    if [row.image for row in first[1].rows] != [row.image for row in second[1].rows]:
        raise ValueError("the two models were not measured on the same rows")
    differences = [_difference(name, first, second) for name in first[0].figures if name in second[0].figures]
    overlap = neighbour_overlap(first[1].vectors, second[1].vectors)
    shared = [name for name in fields if name in first[1].labels.predicted and name in second[1].labels.predicted]
    return Comparison(
        [difference for difference in differences if difference.name not in COUNTS],
        overlap,
        {name: class_changes(first[1], second[1], name) for name in shared if first[1].truth(name)},
    )


def paired_interval(first: ScoreArray, second: ScoreArray, resamples: int = RESAMPLES) -> tuple[float, float]:
    """95 % interval of mean(second) - mean(first), both (Q,) scores of the same queries, by the paired bootstrap.

    Queries are drawn with replacement, each with both of its scores, so that what makes a query hard for both models
    cancels out; the interval lies between the 2.5th and the 97.5th percentile of the resampled means. Source: Efron
    and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 13 and 16. The seed is fixed.

    Where every query gains the same there is no doubt:

    >>> paired_interval(np.array([0.0, 0.5, 0.25]), np.array([0.5, 1.0, 0.75]))
    (0.5, 0.5)
    """
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise ValueError(f"need two scores of each of at least one query; got {first.shape}, {second.shape}")
    return _bootstrap(second - first, np.mean, resamples, vectorized=True)


def neighbour_overlap(first: FloatArray, second: FloatArray, k: int = K) -> ScoreArray:
    """For each of N items, the share of its k nearest by `first` (N, D1) that are among those by `second` (N, D2).

    >>> line = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    >>> neighbour_overlap(line, line, k=1).tolist()
    [1.0, 1.0, 1.0]
    """
    own = np.arange(len(first))
    one, other = nearest(first, first, k, own), nearest(second, second, k, own)  # (N, K)
    if not one.shape[1]:
        return np.ones(len(first))
    overlap: ScoreArray = (one[:, :, None] == other[:, None, :]).any(axis=2).mean(axis=1)
    return overlap


def class_changes(first: EncodedSplit, second: EncodedSplit, name: str) -> list[ClassChange]:
    """F1 of every class of field `name` by both models, those that gain most by the second first."""
    truth = first.truth(name)
    later = {row.label: row.f1 for row in class_figures(truth, second.guesses(name))}
    changes = [
        ClassChange(row.label, row.support, row.f1, later[row.label])
        for row in class_figures(truth, first.guesses(name))
    ]
    return sorted(changes, key=lambda change: (change.first - change.second, change.label))


def most_changed(comparison: Comparison, count: int) -> IndexArray:
    """The rows whose neighbours have least in common, least first: (count,)."""
    return np.argsort(comparison.overlap, kind="stable")[:count].astype(np.int64)


def _difference(name: str, first: tuple[Measured, EncodedSplit], second: tuple[Measured, EncodedSplit]) -> Difference:
    values = (first[0].figures[name], second[0].figures[name])
    if name in first[0].scores and name in second[0].scores:
        return Difference(name, *values, *paired_interval(first[0].scores[name], second[0].scores[name]))
    ending = next((ending for ending in ANEW if name.endswith(f"_{ending}")), None)
    if ending is None:
        return Difference(name, *values)
    return Difference(name, *values, *_interval_anew(name.removesuffix(f"_{ending}"), ending, first[1], second[1]))


def _interval_anew(name: str, ending: str, first: EncodedSplit, second: EncodedSplit) -> tuple[float, float]:
    """As `paired_interval`, for a figure that is no mean over queries: it is measured anew on every resample.

    Its classes are then those of the resample, which may lack the rarest.
    """
    truth = first.truth(name)
    answers = [(split.guesses(name), split.confidences(name)) for split in (first, second)]

    def change(places: IndexArray) -> float:
        drawn = [truth[place] for place in places]
        before, after = (
            _head_figure(ending, drawn, [guesses[place] for place in places], [sure[place] for place in places])
            for guesses, sure in answers
        )
        return after - before

    return _bootstrap(np.arange(len(truth)), change, RESAMPLES_ANEW, vectorized=False)


def _head_figure(ending: str, truth: list[str], guesses: list[str], confidences: list[float]) -> float:
    """The figure `ending` of a label head, one of ANEW."""
    if ending != ECE:
        return macro_figures(truth, guesses)[ending]
    return calibration_error(confidences, [true == guess for true, guess in zip(truth, guesses, strict=True)])


def _bootstrap(
    data: npt.NDArray[np.generic], statistic: Callable[..., object], resamples: int, vectorized: bool
) -> tuple[float, float]:
    if len(data) == 1:  # every resample is the one query; scipy refuses it
        only = float(np.asarray(statistic(data)))
        return only, only
    found = stats.bootstrap(
        (data,),
        statistic,
        n_resamples=resamples,
        batch=50,
        vectorized=vectorized,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=SEED,
    ).confidence_interval
    return float(found.low), float(found.high)
