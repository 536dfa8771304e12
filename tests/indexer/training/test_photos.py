"""Photos as training holds them: what cannot be read is left out, and what does not fit memory lies in a file."""

from dataclasses import replace

import numpy as np
import pytest
from training import silent

from indexer.datasets import Dataset, Example
from indexer.datasets.dataset import label_sets
from indexer.training.photos import IGNORED, load_photos
from services.encoders.preprocess import Preprocessing
from services.errors import InvalidCatalogue

SEES = Preprocessing(32, 24)


def test_photos_that_cannot_be_read_are_left_out_with_their_labels(dataset: Dataset) -> None:
    rows = dataset.rows("train")
    photos = load_photos(dataset, rows, label_sets(rows, ("base_colour",)), SEES, silent)
    assert (len(rows), len(photos)) == (49, 48)
    assert photos.pixels.shape == (48, 32, 24, 3)
    assert [example.image for example in photos.examples] == [f"images/{index}.png" for index in range(48)]
    assert (photos.targets["base_colour"][[4, 5]] == IGNORED).all()
    assert set(photos.targets["base_colour"].tolist()) == {0, 1, 2, IGNORED}


def test_a_photo_left_out_in_the_middle_moves_the_others_up(dataset: Dataset) -> None:
    first, second, third = dataset.rows("train", 3)
    absent = replace(second, image="images/none.png")
    photos = load_photos(dataset, [first, absent, third], {"base_colour": ["Red", "Green"]}, SEES, silent)
    expected = [SEES.pixels(dataset.photos.photo(example.image)) for example in (first, third)]
    assert (photos.pixels == np.stack(expected)).all()
    assert photos.targets["base_colour"].tolist() == [0, 1]  # the first is red, the third green


def test_a_label_never_seen_in_training_is_ignored(dataset: Dataset) -> None:
    photos = load_photos(dataset, dataset.rows("val"), {"article_type": ["Dresses"]}, SEES, silent)
    assert set(photos.targets["article_type"].tolist()) == {0, IGNORED}


def test_none_that_can_be_read_is_told(dataset: Dataset) -> None:
    with pytest.raises(InvalidCatalogue, match="none of the 2 photos"):
        load_photos(dataset, [Example("a.png", "", {}), Example("b.png", "", {})], {}, SEES, silent)


def test_more_than_the_memory_holds_lies_in_a_file_and_is_the_same(dataset: Dataset) -> None:
    rows = dataset.rows("train")
    in_memory = load_photos(dataset, rows, {}, SEES, silent)
    on_disk = load_photos(dataset, rows, {}, SEES, silent, in_memory_bytes=1000)
    assert isinstance(on_disk.pixels, np.memmap)
    assert not isinstance(in_memory.pixels, np.memmap)
    assert (on_disk.pixels == in_memory.pixels).all()


def test_reading_is_reported_to_its_end(dataset: Dataset) -> None:
    told: list[tuple[str, int, int]] = []
    load_photos(dataset, dataset.rows("val"), {}, SEES, lambda *what: told.append(what))
    assert told == [("reading photos", 12, 12)]
