"""A catalogue to import, some of whose rows must fail, derived from a real one or the drawn one."""

import csv
import hashlib
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from indexer.sample import write_catalogue
from services.fields import FieldType, Scalar
from services.settings import FASHION_FIELDS

Cells = dict[str, str]
Read = Callable[[str], bytes]

MAPPING = {"category": "article_type"}


@dataclass
class Wanted:
    """A product as the index must hold it: its attributes, and the SHA-256 of each photo by name."""

    attributes: dict[str, Scalar]
    photos: dict[str, str]


@dataclass
class Goods:
    """A table and a zip of photos; `good` products by id in the order of their rows, and the rows that must fail."""

    table: Path
    images: Path
    mapping: dict[str, str]
    source: str
    good: dict[str, Wanted] = field(default_factory=dict)
    place_of: dict[str, int] = field(default_factory=dict)
    """The how-manyeth row each of them is, from 1."""
    rows: int = 0
    broken: set[str] = field(default_factory=set)
    """Products whose photo is none: accepted, then failed."""
    refused: int = 0
    """Rows whose photo is not there, or with a cell too few."""
    doubled: set[str] = field(default_factory=set)
    """Products of which a second row says the same once more."""


def real_goods(source: Path, folder: Path, number: int, seed: int) -> Goods:
    """The first rows of the Fashion Product Images catalogue in `source`, repeated where they are too few."""
    with (source / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with zipfile.ZipFile(source / "images.zip") as archive:
        return write_goods("Fashion Product Images", rows, archive.read, folder, number, seed, MAPPING)


def drawn_goods(folder: Path, number: int, seed: int) -> Goods:
    """The drawn sample catalogue, repeated where it is too small."""
    table = write_catalogue(folder / "drawn", limit=number)
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return write_goods("the drawn sample", rows, lambda name: (table.parent / name).read_bytes(), folder, number, seed)


def write_goods(
    source: str, rows: list[Cells], read: Read, folder: Path, number: int, seed: int, mapping: Mapping[str, str] = {}
) -> Goods:
    """Write `number` rows and their photos into `folder`; of each kind of odd row, one in 250, and two at least."""
    folder.mkdir(parents=True, exist_ok=True)
    goods = Goods(folder / "catalogue.csv", folder / "images.zip", dict(mapping), source)
    few = max(2, number // 250)
    plain = number - few
    odd = Random(seed).sample(range(plain), 3 * few)
    kinds = dict(zip(odd, ["broken", "missing", "short"] * few, strict=True))
    with goods.table.open("w", encoding="utf-8", newline="") as file, _Photos(goods.images, read) as photos:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0])
        for place, row in enumerate(_repeated(rows, plain)):
            _write(writer, row, goods, photos, kinds.get(place))
        goods.doubled |= set(list(goods.good)[:few])
        for row in _repeated(rows, plain):
            if row["id"] in goods.doubled:
                writer.writerow(row.values())
                goods.rows += 1
    return goods


def _repeated(rows: list[Cells], number: int) -> Iterator[Cells]:
    for place in range(number):
        turn, index = divmod(place, len(rows))
        row = rows[index]
        yield {**row, "id": f"{row['id']} #{turn + 1}"} if turn else row


def _write(writer: object, row: Cells, goods: Goods, photos: "_Photos", kind: str | None) -> None:
    column = "images" if "images" in row else "image"
    names = row[column].split("|")
    if kind in ("broken", "missing"):
        names = [f"{kind}/{row['id']}.jpg"]
        row = {**row, column: names[0]}
    digests = {name: photos.add(name, kind) for name in names if kind != "missing"}
    cells = list(row.values())
    writer.writerow(cells[:-1] if kind == "short" else cells)  # type: ignore[attr-defined]
    goods.rows += 1
    goods.refused += kind in ("missing", "short")
    if kind == "broken":
        goods.broken.add(row["id"])
    if kind is None:
        goods.good[row["id"]] = Wanted(_attributes(row, column, goods.mapping), digests)
        goods.place_of[row["id"]] = goods.rows


def _attributes(row: Cells, image_column: str, mapping: Mapping[str, str]) -> dict[str, Scalar]:
    cells = {**row, **{name: row[column] for name, column in mapping.items()}}
    return {
        name: _typed(name, cell) for name, cell in cells.items() if cell.strip() and name not in ("id", image_column)
    }


def _typed(name: str, cell: str) -> Scalar:
    kind = FASHION_FIELDS.get(name)
    if kind is FieldType.NUMBER:
        return float(cell)
    return cell == "true" if kind is FieldType.BOOLEAN else unicodedata.normalize("NFC", cell)


class _Photos:
    """The zip of photos while it is being written, each name once."""

    def __init__(self, path: Path, read: Read) -> None:
        self._archive, self._read = zipfile.ZipFile(path, "w"), read
        self._digests: dict[str, str] = {}

    def __enter__(self) -> "_Photos":
        return self

    def __exit__(self, *error: object) -> None:
        self._archive.close()

    def add(self, name: str, kind: str | None) -> str:
        """Add a photo, or what is none where it is to be broken; returns its digest."""
        if name not in self._digests:
            data = f"no photo: {name}".encode() if kind == "broken" else self._read(name)
            self._archive.writestr(name, data)
            self._digests[name] = hashlib.sha256(data).hexdigest()
        return self._digests[name]
