"""A platform of fakes, and products to feed it."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import COLOURS, InlineQueue, platform_of_fakes
from PIL import Image

from indexer.pipeline import Pipeline
from indexer.rows import RowBuilder
from services.bootstrap import Platform
from services.products import ImageRef, Product


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    opened = platform_of_fakes(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def queue(platform: Platform) -> InlineQueue:
    return InlineQueue(platform)


@pytest.fixture
def builder(platform: Platform) -> RowBuilder:
    return RowBuilder(platform.encoder, platform.images, platform.limits)


@pytest.fixture
def pipeline(platform: Platform, builder: RowBuilder) -> Pipeline:
    return Pipeline(platform.claims, builder, platform.index)


@pytest.fixture
def make(platform: Platform) -> Callable[..., Product]:
    """A product with a photo of each colour named; `broken` is a photo that is none."""

    def product(product_id: str, *colours: str, **attributes: object) -> Product:
        images = tuple(ImageRef(colour, platform.images.add(_photo(colour))) for colour in colours)
        return Product(product_id, {"title": product_id, **attributes}, images)  # type: ignore[dict-item]

    return product


def _photo(colour: str) -> bytes:
    if colour == "broken":
        return b"no photo"
    buffer = io.BytesIO()
    Image.new("RGB", (30, 40), COLOURS[colour]).save(buffer, "PNG")
    return buffer.getvalue()
