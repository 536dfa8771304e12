"""Temperatures of label heads: one number a head, which leaves its order of labels alone and mends its confidence."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from indexer.evaluation.calibration import calibration_error
from indexer.evaluation.nearest import IndexArray
from services.errors import InvalidCatalogue

LARGEST = 20.0
DIGITS = 4


def fit_temperature(logits: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """The temperature T of least mean -log softmax(logits / T)[target]; 1 leaves the head as it is.

    `logits` is (N, C), `targets` (N,) are columns of it. Logarithms of probabilities serve as well as logits, from
    which they differ by a constant a row. T is sought from 1 / LARGEST to LARGEST; more than 1 says that the head was
    too sure. Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. Raises InvalidCatalogue
    without rows.
    """
    rows, wanted = np.asarray(logits, np.float64), np.asarray(targets, np.int64)  # (N, C), (N,)
    if not len(rows) or len(rows) != len(wanted):
        raise InvalidCatalogue(f"a temperature needs one label for each of at least one photo; got {len(rows)} photos")

    def loss(log_temperature: float) -> float:
        likelihoods = log_softmax(rows / np.exp(log_temperature), axis=1)  # (N, C)
        return -float(likelihoods[np.arange(len(rows)), wanted].mean())

    limit = float(np.log(LARGEST))
    found = minimize_scalar(loss, bounds=(-limit, limit), method="bounded", options={"xatol": 1e-4})
    return round(float(np.exp(found.x)), DIGITS)


def targets_of(truth: Sequence[str], classes: Sequence[str]) -> IndexArray:
    """The column of each label, -1 where the head has none for it: (N,).

    >>> targets_of(["belt", "hat"], ["dress", "belt"]).tolist()
    [1, -1]
    """
    places = {label: place for place, label in enumerate(classes)}
    return np.array([places.get(label, -1) for label in truth], np.int64)


def head_error(logits: npt.ArrayLike, targets: IndexArray, temperature: float) -> float:
    """Expected calibration error of the most likely label at `temperature`; a row without a column (-1) is wrong."""
    chances = softmax(np.asarray(logits, np.float64) / temperature, axis=1)  # (N, C)
    return calibration_error(chances.max(axis=1).tolist(), (chances.argmax(axis=1) == targets).tolist())
