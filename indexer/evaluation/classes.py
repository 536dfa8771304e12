"""Figures of label heads by scikit-learn, whose averages run over the classes that occur in the truth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

OTHERS = "(others)"


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How well one class is found: `support` is the number of its items."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often `truth` is taken for `guess`: `count` items, a `share` of the class."""

    truth: str
    guess: str
    count: int
    share: float


def class_figures(truth: Sequence[str], guesses: Sequence[str]) -> list[ClassFigures]:
    """Precision, recall and F1 of every class that occurs in `truth`, the largest class first.

    Precision TP / (TP + FP) and F1 are 0 for a class that is never guessed. Raises ValueError unless there is a
    guess for each of at least one true label.

    >>> class_figures(["dress", "dress", "dress", "belt"], ["dress", "dress", "dress", "dress"])[0]
    ClassFigures(label='dress', precision=0.75, recall=1.0, f1=0.8571428571428571, support=3)
    """
    _check_pairs(truth, guesses)
    labels = _by_frequency(truth)
    true, guessed = _numbers(truth, guesses, labels)
    precision, recall, f1, support = precision_recall_fscore_support(
        true, guessed, labels=range(len(labels)), zero_division=0.0
    )
    rows = zip(labels, precision, recall, f1, support, strict=True)
    return [ClassFigures(label, float(p), float(r), float(f), int(n)) for label, p, r, f, n in rows]


def macro_figures(truth: Sequence[str], guesses: Sequence[str]) -> dict[str, float]:
    """Accuracy, and the means of precision, recall and F1 over the classes that occur in `truth`.

    Each class weighs the same in the means, however rare, which is what shows the long tail. Mean recall is also
    called balanced accuracy (Brodersen et al., ICPR 2010). `macro_f1` is the mean of F1 scores, not the F1 of mean
    precision and recall (Opitz and Burst, "Macro F1 and Macro F1", 2019). A guess outside the true classes costs
    recall only.

    All three dresses are found, the belt is not:

    >>> found = macro_figures(["dress", "dress", "dress", "belt"], ["dress", "dress", "dress", "dress"])
    >>> {name: round(value, 4) for name, value in found.items()}
    {'accuracy': 0.75, 'macro_precision': 0.375, 'macro_recall': 0.5, 'macro_f1': 0.4286}
    """
    classes = class_figures(truth, guesses)
    return {
        "accuracy": float(accuracy_score(*_numbers(truth, guesses, [row.label for row in classes]))),
        "macro_precision": float(np.mean([row.precision for row in classes])),
        "macro_recall": float(np.mean([row.recall for row in classes])),
        "macro_f1": float(np.mean([row.f1 for row in classes])),
    }


def confusions(truth: Sequence[str], guesses: Sequence[str], most: int = 20) -> list[Confusion]:
    """The `most` frequent pairs of a true label and a wrong guess.

    >>> confusions(["dress", "dress", "belt"], ["dress", "skirt", "belt"])
    [Confusion(truth='dress', guess='skirt', count=1, share=0.5)]
    """
    _check_pairs(truth, guesses)
    support = Counter(truth)
    wrong = Counter(pair for pair in zip(truth, guesses, strict=True) if pair[0] != pair[1])
    pairs = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:most]
    return [Confusion(true, guess, count, count / support[true]) for (true, guess), count in pairs]


def confusion_shares(
    truth: Sequence[str], guesses: Sequence[str], most: int = 20
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """The `most` frequent true labels and a matrix (C, C): which share of row's class is taken for column's.

    Where there are more labels than that, the rest, and guesses outside of them, are one last class `(others)`.

    >>> confusion_shares(["dress", "dress", "belt"], ["dress", "skirt", "belt"])[1].tolist()
    [[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    _check_pairs(truth, guesses)
    labels = _by_frequency(truth)[:most]
    true, guessed = _numbers(truth, guesses, labels)
    if len(labels) in [*true, *guessed]:
        labels = [*labels, OTHERS]
    if len(labels) == 1:  # one class, always right; scikit-learn warns of it
        return labels, np.ones((1, 1))
    shares = confusion_matrix(true, guessed, labels=range(len(labels)), normalize="true")
    return labels, np.asarray(shares, np.float64)


def _by_frequency(truth: Sequence[str]) -> list[str]:
    return [label for label, _ in sorted(Counter(truth).items(), key=lambda item: (-item[1], item[0]))]


def _numbers(truth: Sequence[str], guesses: Sequence[str], labels: Sequence[str]) -> tuple[list[int], list[int]]:
    """Labels as places in `labels`, and one place after it for all others: scikit-learn sorts numbers faster."""
    place = {label: i for i, label in enumerate(labels)}
    return [place.get(t, len(labels)) for t in truth], [place.get(g, len(labels)) for g in guesses]


def _check_pairs(truth: Sequence[str], guesses: Sequence[str]) -> None:
    if not truth or len(truth) != len(guesses):
        raise ValueError(f"need as many guesses as true labels, and at least one; got {len(guesses)}, {len(truth)}")
