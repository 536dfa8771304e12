"""The pairs behind a curve: hits and others, never the query's own photo or a copy of it."""

import numpy as np
import pytest

from indexer.calibration.pairs import OTHERS, K, find
from services.arrays import unit_rows

ANGLES = np.deg2rad([0, 10, 20, 90, 100])
PHOTOS = unit_rows(np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1))
LABELS = np.array([0, 0, 1, 1, 2])


def test_hits_are_the_others_with_their_cosines_and_whether_they_match() -> None:
    found = find(PHOTOS[:1], np.array([0]), PHOTOS, LABELS)
    hits = sorted(zip(found.scores[found.is_hit], found.matches[found.is_hit], strict=True), reverse=True)
    assert [score for score, _ in hits] == pytest.approx(np.cos(ANGLES[1:]).tolist(), abs=1e-6)
    assert [bool(match) for _, match in hits] == [True, False, False, False]
    assert np.isfinite(found.scores).all()


def test_only_the_nearest_are_hits_and_the_others_are_random() -> None:
    chance = np.random.default_rng(0)
    photos, labels = unit_rows(chance.normal(size=(500, 8))), chance.integers(0, 5, 500)
    found = find(photos[:50], np.arange(50), photos, labels)
    assert found.is_hit.sum() == 50 * K
    assert 50 * (OTHERS - 1) < (~found.is_hit).sum() <= 50 * OTHERS
    assert found.scores[found.is_hit].min() > 0.3
    assert abs(found.scores[~found.is_hit].mean()) < 0.1
    again = find(photos[:50], np.arange(50), photos, labels)
    assert (again.scores == found.scores).all(), "the same each time"


def test_a_copy_of_the_photo_is_no_evidence() -> None:
    photos, labels = np.concatenate([PHOTOS, PHOTOS[:1]]), np.append(LABELS, 0)
    query = unit_rows([[0.9, 0.5]])  # words about the first photo, which are nowhere near it
    found = find(query, np.array([0]), photos, labels)
    assert found.is_hit.sum() == 4
    assert found.best == pytest.approx([float(query[0] @ PHOTOS[2])], abs=1e-6)


def test_the_best_hits_with_the_label_in_the_split_and_without() -> None:
    found = find(PHOTOS, np.arange(5), PHOTOS, LABELS)
    cos = [np.cos(np.deg2rad(angle)) for angle in (10, 10, 10, 10)]
    assert found.best == pytest.approx(cos, abs=1e-6), "the last is alone in its label: nothing could answer it"
    without = [np.cos(np.deg2rad(angle)) for angle in (20, 10, 10, 10, 10)]
    assert found.best_without == pytest.approx(without, abs=1e-6)


def test_with_one_label_no_query_is_unanswerable() -> None:
    found = find(PHOTOS, np.arange(5), PHOTOS, np.zeros(5, np.int64))
    assert len(found.best_without) == 0
    assert len(found.best) == 5
