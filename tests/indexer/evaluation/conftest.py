"""Encoders whose answers are known, and a table of plain colours to measure them on."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.datasets import Dataset, table_dataset
from services.arrays import FloatArray, unit_rows
from services.encoders.protocol import ModelInfo, Prediction

COLOURS = {"red": (220, 20, 20), "green": (20, 160, 40), "blue": (20, 40, 200), "grey": (120, 120, 120)}
COLUMNS = ("title", "colour", "kind", "image", "split")
ROWS = [
    ("Red dress", "red", "dress", "a.png", "val"),
    ("red DRESS!", "red", "dress", "b.png", "val"),
    ("Green belt", "green", "", "c.png", "val"),
    ("", "green", "belt", "d.png", "val"),
    ("Blue belt", "blue", "belt", "e.png", "val"),
    ("Blue dress", "blue", "dress", "f.png", "val"),
    ("Grey belt", "grey", "belt", "missing.png", "val"),
    ("Grey dress", "grey", "dress", "damaged.png", "val"),
    ("Red belt", "red", "belt", "g.png", "train"),
    ("Green belt", "green", "belt", "h.png", "train"),
    ("Blue hat", "blue", "hat", "i.png", "train"),
]


class Vision:
    """Embeds a photo as its mean colour."""

    model = ModelInfo("mean colour", "1", "0" * 64, 3)

    def __init__(self) -> None:
        self.calls: list[int] = []

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        self.calls.append(len(images))
        return unit_rows([np.asarray(image.convert("RGB")).reshape(-1, 3).mean(axis=0) for image in images])


class Words:
    """Places a text at the first colour that it names."""

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        return unit_rows([COLOURS[text.casefold().split()[0]] for text in texts])


class Labels(Vision):
    """Knows red and green, and takes everything else for red; takes everything for a dress."""

    def classify(self, images: Sequence[Image.Image]) -> list[Prediction]:
        return [self.prediction(row) for row in self.encode_images(images)]

    def prediction(self, row: FloatArray) -> Prediction:
        """What the heads say of one embedding (D,)."""
        green = row[1] > row[0] and row[1] > row[2]
        colours = [("green", 0.9), ("red", 0.1)] if green else [("red", 0.9), ("green", 0.1)]
        return {"colour": colours, "kind": [("dress", 1.0)]}


class VisionAndWords(Words, Vision):
    """No label heads."""


class Complete(Words, Labels):
    """Photos, words and labels; both of a photo's answers come from one pass."""

    def embed_and_classify(self, images: Sequence[Image.Image]) -> tuple[FloatArray, list[Prediction]]:
        vectors = self.encode_images(images)
        return vectors, [self.prediction(row) for row in vectors]


class Blind(Complete):
    """Sees no difference between photos: what it is worse at than Complete is known."""

    model = ModelInfo("blind", "1", "1" * 64, 3)

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        return unit_rows(np.ones((len(images), 3)))


@pytest.fixture
def vision() -> Vision:
    return Vision()


@pytest.fixture
def words() -> VisionAndWords:
    return VisionAndWords()


@pytest.fixture
def heads() -> Labels:
    return Labels()


@pytest.fixture
def complete() -> Complete:
    return Complete()


@pytest.fixture
def blind() -> Blind:
    return Blind()


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Eight rows `val`, two of them without a readable photo, and three rows `train`; labels colour and kind."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for index, (_, colour, _, name, _) in enumerate(ROWS):
        if name not in ("missing.png", "damaged.png"):
            Image.new("RGB", (6 + index, 9), COLOURS[colour]).save(photos / name)
    (photos / "damaged.png").write_bytes(b"\x89PNG not really")
    with (tmp_path / "catalogue.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *ROWS])
    return table_dataset(tmp_path / "catalogue.csv", photos, ("colour", "kind"))
