"""A contact sheet of an encoder's nearest neighbours in a split: some photos and some words as queries."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from indexer.evaluation.encode import EncodedSplit, read_photo
from indexer.evaluation.nearest import IndexArray, nearest
from indexer.evaluation.sheet import Hit, SheetRow, contact_sheet
from indexer.readers import ImageSource, open_images
from indexer.training.data import LabelledTable
from services.arrays import FloatArray
from services.encoders.protocol import Encoder, TextEncoder
from services.images import DecodeLimits

HITS = 8
TEXT_QUERIES = ("red dress", "black leather handbag", "blue running shoes", "women's white top")


def neighbour_sheet(
    encoder: Encoder,
    table: LabelledTable,
    encoded: EncodedSplit,
    photo_queries: int = 8,
    texts: Sequence[str] = TEXT_QUERIES,
    seed: int = 7,
) -> Image.Image:
    """Draw what `photo_queries` random photos of the split find in the rest of it, and what `texts` find.

    Texts are drawn where the encoder has a text tower. The same `seed` picks the same photos.
    """
    gallery = _Gallery(open_images(table.images, DecodeLimits().max_bytes), table, encoded)
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    count = len(encoded.rows)
    picked = np.array(sorted(chance.sample(range(count), min(photo_queries, count))), np.int64)  # (Q,)
    found = nearest(encoded.vectors[picked], encoded.vectors, HITS, own_rows=picked)  # (Q, K)
    rows = [gallery.row_of_photo(int(row), hits) for row, hits in zip(picked, found, strict=True)]
    if isinstance(encoder, TextEncoder) and texts:
        queries = encoder.encode_texts(texts)  # (Q, D)
        found = nearest(queries, encoded.vectors, HITS)  # (Q, K)
        rows += [
            (text, None, gallery.hits(query, hits)) for text, query, hits in zip(texts, queries, found, strict=True)
        ]
    return contact_sheet(rows)


@dataclass(frozen=True)
class _Gallery:
    """The split as pictures. Only those that are drawn are decoded again."""

    source: ImageSource
    table: LabelledTable
    encoded: EncodedSplit

    def row_of_photo(self, row: int, hits: IndexArray) -> SheetRow:
        """A photo of the split as the query, with its title."""
        title = self.encoded.rows[row][self.table.title_column]
        return title, self.photo(row), self.hits(self.encoded.vectors[row], hits)

    def hits(self, query: FloatArray, rows: IndexArray) -> list[Hit]:
        """The photos `rows`, each with its cosine to `query` (D,) and its title."""
        scores = self.encoded.vectors[rows] @ query  # (K,)
        titles = [self.encoded.rows[row][self.table.title_column] for row in rows]
        return [
            (self.photo(int(row)), f"{score:.2f}  {title}")
            for row, score, title in zip(rows, scores, titles, strict=True)
        ]

    def photo(self, row: int) -> Image.Image:
        """The photo of `row`; blank if it has gone since it was encoded."""
        photo = read_photo(self.source, self.encoded.rows[row][self.table.image_column])
        return photo or Image.new("RGB", (3, 4), "white")
