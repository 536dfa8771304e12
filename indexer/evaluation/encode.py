"""Runs an encoder over one split of a labelled table, photo by photo, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image

from indexer.readers import ImageSource, open_images
from indexer.training.data import LabelledTable
from services.arrays import FloatArray
from services.encoders.protocol import Classifier, Encoder
from services.errors import InvalidCatalogue, InvalidRequest, NotFound
from services.images import DecodeLimits, decode_image

BATCH = 128
"""Photos that are decoded, and in memory, at once."""

Progress = Callable[[int, int], None]
"""Called with the number of rows done and the number of rows."""


@dataclass(frozen=True)
class EncodedSplit:
    """What an encoder makes of the N readable photos of a split.

    `predicted` holds the most likely label of each photo, by field; it is empty where the encoder has no label heads.
    """

    rows: list[dict[str, str]]
    vectors: FloatArray  # (N, D)
    predicted: dict[str, list[str]]
    unreadable: int


def encode_split(
    encoder: Encoder, table: LabelledTable, split: str, limit: int | None = None, progress: Progress | None = None
) -> EncodedSplit:
    """Encode, and classify where `encoder` can, the photos of `split` (its first `limit` rows).

    A row whose photo cannot be read is counted and left out. Raises InvalidCatalogue when none can, or when the
    table has no such split or columns.
    """
    rows = table.rows(split, limit)
    kept: list[dict[str, str]] = []
    vectors: list[FloatArray] = []
    predicted: dict[str, list[str]] = {}
    for done, batch, photos in _photos(table, rows):
        if photos:
            kept += batch
            vectors.append(encoder.encode_images(photos))
            _classify(encoder, photos, predicted)
        if progress is not None:
            progress(done, len(rows))
    if not kept:
        raise InvalidCatalogue(f"{table.images}: none of the {len(rows)} photos of split {split!r} can be read")
    return EncodedSplit(kept, np.concatenate(vectors), predicted, len(rows) - len(kept))


def read_photo(source: ImageSource, name: str) -> Image.Image | None:
    """The decoded photo `name`, or None where there is none that can be read."""
    try:
        return decode_image(source.read(name), DecodeLimits())
    except (InvalidRequest, NotFound):
        return None


def _photos(
    table: LabelledTable, rows: Sequence[dict[str, str]]
) -> Iterator[tuple[int, list[dict[str, str]], list[Image.Image]]]:
    """Yield, a batch at a time: how many rows are done, the rows of it that have a photo, and their photos."""
    source = open_images(table.images, DecodeLimits().max_bytes)
    with ThreadPoolExecutor() as threads:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            decoded = threads.map(lambda row: read_photo(source, row[table.image_column]), batch)
            pairs = [(row, photo) for row, photo in zip(batch, decoded, strict=True) if photo is not None]
            yield start + len(batch), [row for row, _ in pairs], [photo for _, photo in pairs]


def _classify(encoder: Encoder, photos: Sequence[Image.Image], predicted: dict[str, list[str]]) -> None:
    if isinstance(encoder, Classifier):
        for prediction in encoder.classify(photos):
            for field, ranked in prediction.items():
                predicted.setdefault(field, []).append(ranked[0][0])
