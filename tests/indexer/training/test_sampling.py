"""Which photos come in which batch: each once, rare classes as often as common ones, or so many of each class."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from training import silent

from indexer.datasets import Dataset
from indexer.training.batches import BatchSource
from indexer.training.photos import IGNORED, load_photos
from indexer.training.recipes import Joint
from indexer.training.run import caption_of
from indexer.training.sampling import class_batches, shuffled_batches
from services.encoders.preprocess import Preprocessing

LONG_TAIL = np.repeat([0, 1, 2], [900, 90, 10])
SEES = Preprocessing(32, 24)


@pytest.fixture(scope="module")
def source(dataset: Dataset, joint_recipe: Joint) -> BatchSource:
    labels = {"article_type": ["Belts", "Dresses"], "base_colour": ["Red", "Green", "Blue"]}
    photos = load_photos(dataset, dataset.rows("train"), labels, SEES, silent)
    return BatchSource(photos, joint_recipe, SEES, "article_type", caption_of(photos, joint_recipe))


def classes(batches: np.ndarray) -> Counter[int]:
    return Counter(LONG_TAIL[batches.ravel()].tolist())


def test_without_balance_each_photo_comes_once_at_most() -> None:
    batches = shuffled_batches(LONG_TAIL, 64, 0.0, np.random.default_rng(1))
    assert batches.shape == (15, 64)  # 40 photos fill no batch
    assert len(set(batches.ravel().tolist())) == 960
    assert batches.ravel().tolist() != sorted(batches.ravel().tolist())


def test_full_balance_draws_every_class_alike() -> None:
    drawn = classes(shuffled_batches(LONG_TAIL, 50, 1.0, np.random.default_rng(1)))
    assert sum(drawn.values()) == 1000
    assert all(250 < drawn[number] < 420 for number in range(3)), drawn


def test_half_balance_lies_between() -> None:
    drawn = classes(shuffled_batches(LONG_TAIL, 50, 0.5, np.random.default_rng(1)))
    # Shares go as the roots of 900, 90 and 10: 30 to 9.5 to 3.2.
    assert [drawn[number] / 1000 for number in range(3)] == pytest.approx([0.70, 0.22, 0.074], abs=0.05)


def test_a_batch_holds_no_more_photos_than_there_are() -> None:
    assert shuffled_batches(LONG_TAIL[:7], 64, 0.0, np.random.default_rng(1)).shape == (1, 7)


def test_class_batches_hold_so_many_photos_of_each_of_their_classes() -> None:
    targets = np.array([0] * 40 + [1] * 20 + [2] * 3 + [IGNORED] * 30 + [3] * 12)
    batches = class_batches(targets, 8, 4, seed=3)
    assert batches.shape == (9, 8)
    for batch in batches:
        assert list(Counter(targets[batch].tolist()).values()) == [4, 4]
    assert IGNORED not in targets[batches]
    assert set(targets[batches].ravel().tolist()) == {0, 1, 2, 3}, "the class of three repeats its photos"


def test_class_batches_shrink_to_what_all_classes_fill() -> None:
    assert class_batches(np.array([0, 0, 0, 1, 1]), 128, 4, seed=3).shape[1] == 8
    assert class_batches(np.array([0, 0, 0, 1, 1]), 2, 4, seed=3).shape[1] == 4, "one class at least"


def test_class_batches_repeat_by_seed_and_leave_numpys_own_generator_alone() -> None:
    targets = np.arange(60) % 5
    np.random.seed(11)
    before = np.random.get_state()[1].tolist()  # type: ignore[union-attr]
    one, again, other = (class_batches(targets, 10, 2, seed) for seed in (4, 4, 5))
    assert np.random.get_state()[1].tolist() == before  # type: ignore[union-attr]
    assert (one == again).all()
    assert (one != other).any()


def test_an_epoch_repeats_itself_and_the_next_one_differs(source: BatchSource) -> None:
    first, again, second = (list(source.epoch(number, small=False)) for number in (0, 0, 1))
    assert len(first) == len(source.epoch(0, small=False)) == source.steps_per_epoch == 3
    for one, other in zip(first, again, strict=True):
        assert torch.equal(one.pixels, other.pixels)
        assert one.captions == other.captions
        assert one.targets.keys() == {"article_type", "base_colour"}
    assert not torch.equal(first[0].pixels, second[0].pixels)


def test_another_seed_gives_other_batches(source: BatchSource) -> None:
    other = replace(source, recipe=replace(source.recipe, seed=8))
    assert not torch.equal(next(iter(source.epoch(0, False))).pixels, next(iter(other.epoch(0, False))).pixels)


def test_small_epochs_have_smaller_photos(source: BatchSource) -> None:
    assert next(iter(source.epoch(0, small=False))).pixels.shape == (16, 3, 32, 24)
    assert next(iter(source.epoch(0, small=True))).pixels.shape == (16, 3, 24, 18)


def test_photos_without_augmentation_are_what_the_encoder_will_see(source: BatchSource) -> None:
    """But for mirror image, tilt and stretch, which are always on: the mean colour says that the scale is right."""
    sees = Preprocessing(32, 24, (120.0, 110.0, 100.0), (60.0, 50.0, 40.0))
    recipe = replace(source.recipe, zoom=0.0, shift=0.0, erase=0.0, batch_size=4)
    photos = replace(source.photos, pixels=np.full_like(source.photos.pixels, (180, 60, 100)))
    batch = next(iter(BatchSource(photos, recipe, sees, None).epoch(0, small=False)))
    assert batch.pixels.amin((0, 2, 3)).tolist() == pytest.approx([1.0, -1.0, 0.0], abs=1e-5)
    assert batch.pixels.amax((0, 2, 3)).tolist() == pytest.approx([1.0, -1.0, 0.0], abs=1e-5)
    assert batch.captions == []


def test_in_order_sees_every_row_once_with_its_own_labels(source: BatchSource) -> None:
    uneven = replace(source, recipe=replace(source.recipe, batch_size=20))
    seen = list(uneven.in_order(5))
    assert [rows.tolist() for rows, _ in seen] == [list(range(20)), list(range(20, 40)), list(range(40, 48))]
    for rows, batch in seen:
        assert len(batch.pixels) == len(batch.captions) == len(rows)
        assert batch.targets["base_colour"].tolist() == source.photos.targets["base_colour"][rows].tolist()
