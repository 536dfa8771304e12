"""Photos of one split, decoded once at the model's input size, with their label indices."""

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.datasets import Dataset, Example
from services.encoders.preprocess import ModelInput, PixelArray
from services.errors import InvalidCatalogue

IGNORED = -100
"""The class index that cross-entropy leaves out: an empty cell, or a label never seen in training."""

IN_MEMORY_BYTES = 4 * 2**30
"""Pixels above this lie in a file that is mapped into memory, so that a set larger than the memory trains too."""

CHUNK = 512

Report = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is, and how much there is."""


@dataclass(frozen=True)
class LabelledPhotos:
    """N photos of one split. `targets` holds a class index a field, IGNORED where the label is unknown."""

    pixels: PixelArray  # (N, H, W, 3)
    examples: Sequence[Example]
    targets: dict[str, npt.NDArray[np.int64]]  # each (N,)

    def __len__(self) -> int:
        return len(self.examples)


def load_photos(
    dataset: Dataset,
    rows: Sequence[Example],
    labels: dict[str, list[str]],
    preprocessing: ModelInput,
    report: Report,
    in_memory_bytes: int = IN_MEMORY_BYTES,
) -> LabelledPhotos:
    """Decode the photos of `rows`; a row whose photo cannot be read is left out.

    Raises InvalidCatalogue when none can.
    """
    pixels = _room((len(rows), preprocessing.height, preprocessing.width, 3), in_memory_bytes)
    kept: list[Example] = []

    def decode(example: Example) -> PixelArray | None:
        photo = dataset.photo(example)
        return None if photo is None else preprocessing.pixels(photo)

    with ThreadPoolExecutor() as threads:
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            for example, decoded in zip(chunk, threads.map(decode, chunk), strict=True):
                if decoded is not None:
                    pixels[len(kept)] = decoded
                    kept.append(example)
            report("reading photos", start + len(chunk), len(rows))
    if not kept:
        raise InvalidCatalogue(f"{dataset.name}: none of the {len(rows)} photos can be read")
    targets = {field: _targets([row.cells.get(field, "") for row in kept], names) for field, names in labels.items()}
    return LabelledPhotos(pixels[: len(kept)], kept, targets)


def _room(shape: tuple[int, int, int, int], in_memory_bytes: int) -> PixelArray:
    if int(np.prod(shape, dtype=np.int64)) <= in_memory_bytes:
        return np.empty(shape, np.uint8)
    # The file has no name once it is mapped: the space is free again whenever the process ends, however it does.
    with tempfile.NamedTemporaryFile(prefix="lookalike-pixels-", dir=_spacious()) as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


def _spacious() -> Path:
    # /tmp may be memory itself.
    return Path("/var/tmp") if Path("/var/tmp").is_dir() else Path(tempfile.gettempdir())  # noqa: S108


def _targets(values: Sequence[str], names: Sequence[str]) -> npt.NDArray[np.int64]:
    index = {name: i for i, name in enumerate(names)}
    return np.array([index.get(value, IGNORED) for value in values], dtype=np.int64)
