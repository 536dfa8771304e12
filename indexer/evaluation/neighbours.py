"""What some photos and some words of a split find in it, as pictures: for a contact sheet and for the report."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from indexer.datasets import Dataset
from indexer.evaluation.encode import EncodedSplit
from indexer.evaluation.nearest import IndexArray, nearest
from indexer.evaluation.sheet import Hit, SheetRow, contact_sheet
from services.arrays import FloatArray
from services.encoders.protocol import Encoder, TextEncoder

HITS = 8
TEXT_QUERIES = ("red dress", "black leather handbag", "blue running shoes", "women's white top")
SEED = 7


def neighbour_sheet(
    encoder: Encoder,
    dataset: Dataset,
    encoded: EncodedSplit,
    photo_queries: int = 8,
    texts: Sequence[str] = TEXT_QUERIES,
    seed: int = SEED,
) -> Image.Image:
    """Draw what `photo_queries` random photos of the split find in the rest of it, and what `texts` find.

    Texts are drawn where the encoder has a text tower. The same `seed` picks the same photos.
    """
    rows = photo_rows(dataset, encoded, picked_rows(encoded, photo_queries, seed))
    if isinstance(encoder, TextEncoder) and texts:
        rows += text_rows(dataset, encoded, texts, encoder.encode_texts(texts))
    return contact_sheet(rows)


def picked_rows(encoded: EncodedSplit, count: int, seed: int = SEED) -> IndexArray:
    """At most `count` random rows of the split, in order: (Q,). The same `seed` picks the same rows."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    return np.array(sorted(chance.sample(range(len(encoded.rows)), min(count, len(encoded.rows)))), np.int64)


def photo_rows(dataset: Dataset, encoded: EncodedSplit, picked: IndexArray, hits: int = HITS) -> list[SheetRow]:
    """What the photos `picked` (Q,) find in the rest of the split."""
    gallery = Gallery(dataset, encoded)
    found = nearest(encoded.vectors[picked], encoded.vectors, hits, own_rows=picked)  # (Q, K)
    return [
        (encoded.rows[row].title, gallery.photo(int(row)), gallery.hits(encoded.vectors[row], places))
        for row, places in zip(picked, found, strict=True)
    ]


def text_rows(
    dataset: Dataset, encoded: EncodedSplit, texts: Sequence[str], vectors: FloatArray, hits: int = HITS
) -> list[SheetRow]:
    """What `texts`, embedded as `vectors` (Q, D), find in the split."""
    gallery = Gallery(dataset, encoded)
    found = nearest(vectors, encoded.vectors, hits)  # (Q, K)
    return [
        (text, None, gallery.hits(vector, places)) for text, vector, places in zip(texts, vectors, found, strict=True)
    ]


@dataclass(frozen=True)
class Gallery:
    """An encoded split as pictures. Only those that are drawn are decoded again."""

    dataset: Dataset
    encoded: EncodedSplit

    def hits(self, query: FloatArray, rows: IndexArray) -> list[Hit]:
        """The photos `rows` (K,), each with its cosine to `query` (D,) and its title."""
        scores = self.encoded.vectors[rows] @ query  # (K,)
        return [
            (self.photo(int(row)), f"{score:.2f}  {self.encoded.rows[row].title}")
            for row, score in zip(rows, scores, strict=True)
        ]

    def photo(self, row: int) -> Image.Image:
        """The photo of `row`; blank if it has gone since it was encoded."""
        return self.dataset.photo(self.encoded.rows[row]) or Image.new("RGB", (3, 4), "white")
