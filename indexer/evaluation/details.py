"""What stands behind the figures of one label field: its classes, what is confused with what, its probabilities."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.evaluation.calibration import Bin, reliability
from indexer.evaluation.classes import ClassFigures, Confusion, class_figures, confusion_shares, confusions
from indexer.evaluation.encode import EncodedSplit


@dataclass(frozen=True)
class FieldDetails:
    """`classes` are the largest first, `confusions` the most frequent; `shares` (C, C) goes with `labels` (C,)."""

    name: str
    classes: list[ClassFigures]
    confusions: list[Confusion]
    labels: list[str]
    shares: npt.NDArray[np.float64]
    bins: list[Bin]


def field_details(encoded: EncodedSplit, name: str) -> FieldDetails | None:
    """The details of label field `name`; None where there is no head for it, or no row has the label."""
    truth = encoded.truth(name)
    if not truth or name not in encoded.labels.predicted:
        return None
    guesses = encoded.guesses(name)
    confidence = encoded.confidences(name)
    right = [true == guess for true, guess in zip(truth, guesses, strict=True)]
    labels, shares = confusion_shares(truth, guesses)
    return FieldDetails(
        name,
        class_figures(truth, guesses),
        confusions(truth, guesses),
        labels,
        shares,
        reliability(confidence, right),
    )
