"""A temperature is found again from labels that were drawn with it."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from indexer.calibration.temperature import fit_temperature, head_error, targets_of
from services.errors import InvalidCatalogue


def drawn(temperature: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, C), and labels that are as often right as softmax(logits / temperature) says."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(scale=4, size=(6000, 10))
    chances = softmax(logits / temperature, axis=1)
    return logits, (chances.cumsum(axis=1) < chance.random((6000, 1))).sum(axis=1).clip(0, 9)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found_and_mends_the_error(temperature: float) -> None:
    logits, targets = drawn(temperature)
    found = fit_temperature(logits, targets)
    assert found == pytest.approx(temperature, rel=0.05)
    fresh = drawn(temperature, seed=2)
    assert head_error(*fresh, found) < 0.02
    if temperature != 1:
        assert head_error(*fresh, 1.0) > 5 * head_error(*fresh, found)


def test_logarithms_of_probabilities_serve_as_well() -> None:
    logits, targets = drawn(2.5)
    assert fit_temperature(log_softmax(logits, axis=1), targets) == pytest.approx(fit_temperature(logits, targets))


def test_heads_that_are_always_right_or_always_wrong_get_a_temperature_all_the_same() -> None:
    logits = np.eye(3) * 5
    assert 0.01 < fit_temperature(logits, [0, 1, 2]) < 0.5
    assert 10 < fit_temperature(logits, [1, 2, 0]) < 100


def test_labels_that_the_head_lacks_are_wrong() -> None:
    logits = np.log([[0.9, 0.1], [0.9, 0.1]])
    assert head_error(logits, targets_of(["belt", "hat"], ["belt", "shoe"]), 1.0) == pytest.approx(0.4, abs=1e-6)


@pytest.mark.parametrize(("logits", "targets"), [(np.empty((0, 3)), []), (np.eye(3), [0, 1])])
def test_without_a_label_a_photo_there_is_none(logits: np.ndarray, targets: list[int]) -> None:
    with pytest.raises(InvalidCatalogue, match="one label for each"):
        fit_temperature(logits, targets)
