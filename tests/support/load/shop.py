"""The shop that the load meets: real products where there are some, else drawn ones, each with a price."""

import csv
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from indexer.sample import write_catalogue

DATA = Path(__file__).parents[4] / "shared" / "data"
QUERY_ROWS = 400
"""Rows behind those that are indexed, whose photos and titles are what is looked for."""
PRICES = (5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200)
Cells = dict[str, str]


@dataclass(frozen=True)
class Goods:
    """A table to import, its photos, and what customers bring: photos and titles of other products of the kind."""

    source: str
    table: Path
    images: Path
    ids: list[str]
    photos: list[bytes]
    titles: list[str]
    types: list[str]
    colours: list[str]

    @property
    def mapping(self) -> dict[str, str]:
        """Where the columns stand that have another name in the table."""
        return {"category": "article_type"} if self.source.startswith("Fashion") else {}


def choose_goods(data: Path | None, folder: Path, products: int, seed: int) -> Goods:
    """From the Fashion Product Images catalogue in `data`, or where LOOKALIKE_DATA says; drawn where there is none."""
    source = data or Path(os.environ.get("LOOKALIKE_DATA") or DATA) / "fashion-products"
    if (source / "catalogue.csv").is_file():
        with zipfile.ZipFile(source / "images.zip") as archive:
            rows = _rows(source / "catalogue.csv")
            return _goods("Fashion Product Images", rows, source / "images.zip", archive.read, folder, products, seed)
    table = write_catalogue(folder / "drawn")
    images = table.parent
    return _goods(
        "drawn sample", _rows(table), images, lambda name: (images / name).read_bytes(), folder, products, seed
    )


def _goods(
    source: str, rows: list[Cells], images: Path, read: Callable[[str], bytes], folder: Path, products: int, seed: int
) -> Goods:
    """The first rows are indexed; of those behind them, or the same ones where there are none, customers know."""
    rng = Random(seed)
    indexed, asked = rows[:products], rows[products : products + QUERY_ROWS] or rows[:QUERY_ROWS]
    for row in indexed:
        row.setdefault("price", str(rng.choice(PRICES)))
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "catalogue.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(indexed[0]))
        writer.writeheader()
        writer.writerows(indexed)
    column = "images" if "images" in rows[0] else "image"
    return Goods(
        source,
        table,
        images,
        [row["id"] for row in indexed],
        [read(row[column].split("|")[0]) for row in asked],
        [row["title"] for row in asked if row["title"].strip()],
        _frequent(indexed, "article_type" if "article_type" in rows[0] else "category"),
        _frequent(indexed, "base_colour"),
    )


def _rows(table: Path) -> list[Cells]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _frequent(rows: list[Cells], column: str) -> list[str]:
    """The three commonest values of a column."""
    values = [row[column] for row in rows]
    return sorted(set(values), key=lambda value: (-values.count(value), value))[:3]
