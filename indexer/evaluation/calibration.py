"""Whether a probability means what it says: expected calibration error by torchmetrics, and the bins to draw it by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torchmetrics.functional.classification import binary_calibration_error

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """Photos whose top label has a probability in one interval: their number, mean probability and share right."""

    count: int
    confidence: float
    accuracy: float


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Expected calibration error of the top label: sum_b |b| / N * |accuracy_b - confidence_b|.

    N photos fall into `bins` intervals of equal width by the probability `confidence` of their most likely label;
    `right` says whether it is the true one. 0 is perfect: of labels given with 80 %, 80 % are right. Source: Guo et
    al., "On Calibration of Modern Neural Networks", ICML 2017.

    >>> round(calibration_error([0.9, 0.9, 0.9, 0.9], [True, True, False, False]), 4)
    0.4
    """
    _check(confidence, right)
    chance = torch.tensor(confidence, dtype=torch.float64).clamp(0, 1)  # (N,); softmax may end a hair above 1
    return float(binary_calibration_error(chance, torch.tensor(right, dtype=torch.int64), n_bins=bins, norm="l1"))


def reliability(confidence: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """The intervals of `calibration_error` that hold a photo, lowest probability first.

    >>> reliability([0.2, 0.9, 0.9], [False, True, False], bins=2)
    [Bin(count=1, confidence=0.2, accuracy=0.0), Bin(count=2, confidence=0.9, accuracy=0.5)]
    """
    _check(confidence, right)
    chance, hit = np.asarray(confidence, np.float64), np.asarray(right, np.float64)  # (N,)
    place = np.minimum((chance * bins).astype(np.int64), bins - 1)  # (N,)
    groups = [place == number for number in range(bins)]
    return [Bin(int(g.sum()), float(chance[g].mean()), float(hit[g].mean())) for g in groups if g.any()]


def _check(confidence: Sequence[float], right: Sequence[bool]) -> None:
    if not len(confidence) or len(confidence) != len(right):
        raise ValueError(f"need one verdict for each of at least one probability; got {len(right)}, {len(confidence)}")
