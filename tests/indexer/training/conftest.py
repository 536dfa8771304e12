"""A small drawn shop to train on: belts are bars, dresses triangles, in three colours."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw

from indexer.datasets import Dataset, table_dataset

COLOURS = {"Red": "#c81e1e", "Blue": "#1e32b4", "Green": "#1e9632"}
KINDS = ("Belts", "Dresses")
COLUMNS = ("id", "title", "article_type", "base_colour", "image", "split")


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """Pictures this small are done sooner by one thread, and in one order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def drawn(index: int) -> Image.Image:
    """The photo of product `index`: a belt is a bar, a dress a triangle; each a little elsewhere."""
    image = Image.new("RGB", (24, 32), "white")
    colour, left, top = COLOURS[list(COLOURS)[index % 3]], index % 5, index % 7
    if index % 2 == 0:
        ImageDraw.Draw(image).rectangle((left, 10 + top, 18 + left, 15 + top), fill=colour)
    else:
        ImageDraw.Draw(image).polygon([(10 + left, top), (left, 25 + top), (18 + left, 25 + top)], fill=colour)
    return image


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 photos to train on, 12 to measure on, two rows without a colour, one without a photo."""
    folder = tmp_path_factory.mktemp("drawn") / "drawn-shop"
    (folder / "images").mkdir(parents=True)
    rows = []
    for index in range(60):
        kind, colour = KINDS[index % 2], list(COLOURS)[index % 3]
        drawn(index).save(folder / "images" / f"{index}.png")
        shown = "" if index in (4, 5) else colour
        split = "train" if index < 48 else "val"
        rows.append((index, f"{colour} {kind} no. {index % 4}", kind, shown, f"images/{index}.png", split))
    rows.append((60, "Red Belts", "Belts", "Red", "images/none.png", "train"))
    with (folder / "catalogue.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return folder


@pytest.fixture(scope="package")
def dataset(shop: Path) -> Dataset:
    return table_dataset(shop / "catalogue.csv", shop, ("article_type", "base_colour"))
