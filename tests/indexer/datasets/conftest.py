"""Small data sets: as files in the published layouts, and in memory."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from indexer.datasets import Dataset, Example
from services.errors import NotFound


class MadePhotos:
    """A picture of one colour a name; the colour is what is written after the last "=", 0 to 255."""

    def photo(self, name: str) -> Image.Image:
        if "=" not in name:
            raise NotFound(name)
        return Image.new("RGB", (3, 2), (int(name.rsplit("=", 1)[1]), 0, 0))


@pytest.fixture
def photos() -> MadePhotos:
    return MadePhotos()


@pytest.fixture
def made(photos: MadePhotos) -> Callable[..., Dataset]:
    """A data set in memory: each split's examples as (image, title, cells)."""

    def build(**splits: list[tuple[str, str, dict[str, str]]]) -> Dataset:
        examples = {split: [Example(*row) for row in rows] for split, rows in splits.items()}
        return Dataset("made", ("category",), examples, photos)

    return build


@pytest.fixture
def picture() -> Callable[[Path, tuple[int, int, int]], None]:
    """Writes a picture of one colour, and the folders above it."""

    def write(path: Path, colour: tuple[int, int, int] = (255, 0, 0)) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 6), colour).save(path)

    return write
