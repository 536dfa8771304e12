"""How much to take away: `PYTHONPATH=. python tests/long/study_away.py catalogue.csv images.zip` prints the table.

For photos, words and photos against photos: at each weight, how many of the first ten hits keep the kind that was
looked for, and how many still have the colour that was to go. Choose on `val`; the `test` split is not looked at.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.datasets import open_dataset
from indexer.evaluation.encode import encode_split
from services.arrays import FloatArray, unit_rows
from services.encoders import TextEncoder, load_encoder

COLOURS = ("Red", "Blue", "Black", "White", "Green", "Pink", "Brown")
WEIGHTS = (0.0, 0.15, 0.25, 0.35, 0.5, 0.75, 1.0)
PHOTOS_A_COLOUR = 60
TYPES = 25
PHOTOS = 400
SEED = 0


@dataclass(frozen=True)
class Question:
    """What to look for and away from, the kind to keep and the colour to lose; `barred` photos are no hits."""

    towards: FloatArray
    away: FloatArray
    kind: str
    colour: str
    barred: tuple[int, ...] = ()


class Shop:
    """The photos, and the words of their labels, as one model has them."""

    def __init__(self, table: Path, images: Path) -> None:
        encoder = load_encoder()
        assert isinstance(encoder, TextEncoder)
        split = encode_split(encoder, open_dataset("table", table, images=images), "val", classify=False)
        self.rows = split.vectors  # (N, D)
        self.kinds = np.array([row.cells["article_type"] for row in split.rows])
        self.colours = np.array([row.cells["base_colour"] for row in split.rows])
        names = [*COLOURS, *sorted(set(self.kinds.tolist()))]
        vectors = encoder.encode_texts([name.lower() for name in names])
        self.words = dict(zip(names, vectors, strict=True))

    def words_from_photo(self) -> Iterator[Question]:
        """This, but not in its colour."""
        for colour in COLOURS:
            for i in np.flatnonzero(self.colours == colour)[:PHOTOS_A_COLOUR]:
                yield Question(self.rows[i], self.words[colour], self.kinds[i], colour, (i,))

    def words_from_words(self) -> Iterator[Question]:
        """A type of garment, not in a colour."""
        for kind, _ in Counter(self.kinds.tolist()).most_common(TYPES):
            for colour in COLOURS:
                yield Question(self.words[kind], self.words[colour], kind, colour)

    def photo_from_photo(self) -> Iterator[Question]:
        """This, but not like that, which is of the same kind and another colour."""
        for i in np.random.default_rng(SEED).permutation(len(self.rows))[:PHOTOS]:
            near = np.argsort(-(self.rows @ self.rows[i]))[1:40]
            others = [j for j in near if self.kinds[j] == self.kinds[i] and self.colours[j] != self.colours[i]]
            if others:
                other = others[0]
                yield Question(self.rows[i], self.rows[other], self.kinds[i], self.colours[other], (i, other))

    def shares(self, questions: Iterator[Question], weight: float) -> str:
        """The share of the first ten that keep the kind, and of those that still have the colour."""
        kept, left = [], []
        for question in questions:
            scores = self.rows @ unit_rows([question.towards - weight * question.away])[0]  # (N,)
            scores[list(question.barred)] = -2
            first = np.argsort(-scores)[:10]
            kept.append((self.kinds[first] == question.kind).mean())
            left.append((self.colours[first] == question.colour).mean())
        return f"{100 * np.mean(kept):5.1f} / {100 * np.mean(left):4.1f} %"


def main(table: str, images: str) -> None:
    """Measure the shipped model."""
    shop = Shop(Path(table), Path(images))
    for weight in WEIGHTS:
        cells = (shop.words_from_photo(), shop.words_from_words(), shop.photo_from_photo())
        sys.stdout.write("  ".join([f"{weight:5.2f}", *(shop.shares(cell, weight) for cell in cells)]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
