"""A labelled catalogue in memory: pixels at the model's input size, label indices, titles."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.readers import ImageSource, open_images, read_table
from services.encoders.preprocess import PixelArray, Preprocessing
from services.errors import InvalidCatalogue, InvalidRequest, NotFound
from services.images import DecodeLimits, decode_image

IGNORED = -100
"""The class index that cross-entropy leaves out: an empty cell, or a label never seen in training."""


@dataclass(frozen=True)
class LabelledImages:
    """N photos of one split. `targets` holds a class index a field, IGNORED where the label is unknown."""

    pixels: PixelArray  # (N, H, W, 3)
    titles: list[str]
    cells: list[dict[str, str]]
    targets: dict[str, npt.NDArray[np.int64]]  # each (N,)

    def __len__(self) -> int:
        return len(self.titles)


@dataclass(frozen=True)
class LabelledTable:
    """Which table, photos and columns to learn from."""

    table: Path
    images: Path
    label_fields: tuple[str, ...]
    title_column: str = "title"
    image_column: str = "image"
    split_column: str = "split"

    def rows(self, split: str, limit: int | None = None) -> list[dict[str, str]]:
        """The cells of the rows of `split`. Raises InvalidCatalogue for a column that is not there."""
        found = list(islice(self._rows(split), limit))
        if not found:
            raise InvalidCatalogue(f"{self.table.name}: no row whose {self.split_column} is {split!r}")
        wanted = {*self.label_fields, self.title_column, self.image_column}
        absent = sorted(wanted - found[0].keys())
        if absent:
            raise InvalidCatalogue(f"{self.table.name}: no column {', '.join(absent)}; it has {', '.join(found[0])}")
        return found

    def has_split(self, split: str) -> bool:
        """Whether the table sets rows apart as `split`. One without a split column has all rows in every split."""
        return any(row.cells.get(self.split_column) == split for row in read_table(self.table))

    def _rows(self, split: str) -> Iterator[dict[str, str]]:
        for row in read_table(self.table):
            if row.problem is None and row.cells.get(self.split_column, split) == split:
                yield row.cells


def label_sets(rows: Sequence[dict[str, str]], fields: Sequence[str]) -> dict[str, list[str]]:
    """Each field's labels, most frequent first, ties in alphabetical order."""
    counts = {field: Counter(row[field] for row in rows if row[field]) for field in fields}
    return {field: sorted(count, key=lambda label: (-count[label], label)) for field, count in counts.items()}


def load_images(
    table: LabelledTable, rows: Sequence[dict[str, str]], labels: dict[str, list[str]], preprocessing: Preprocessing
) -> LabelledImages:
    """Decode the photos of `rows` once; a row whose photo cannot be read is left out.

    Raises InvalidCatalogue when none can.
    """
    source = open_images(table.images, DecodeLimits().max_bytes)
    with ThreadPoolExecutor() as threads:
        decoded = list(threads.map(lambda row: _pixels(source, row[table.image_column], preprocessing), rows))
    kept = [i for i, pixels in enumerate(decoded) if pixels is not None]
    if not kept:
        raise InvalidCatalogue(f"{table.images}: none of the {len(rows)} photos can be read")
    cells = [rows[i] for i in kept]
    return LabelledImages(
        pixels=np.stack([decoded[i] for i in kept]),  # type: ignore[misc]  # None was left out above
        titles=[row[table.title_column] for row in cells],
        cells=cells,
        targets={field: _targets([row[field] for row in cells], names) for field, names in labels.items()},
    )


def _pixels(source: ImageSource, name: str, preprocessing: Preprocessing) -> PixelArray | None:
    try:
        return preprocessing.pixels(decode_image(source.read(name), DecodeLimits()))
    except (InvalidRequest, NotFound):
        return None


def _targets(values: Sequence[str], names: Sequence[str]) -> npt.NDArray[np.int64]:
    index = {name: i for i, name in enumerate(names)}
    return np.array([index.get(value, IGNORED) for value in values], dtype=np.int64)
