"""Queries of each kind about labelled photos: the photo itself, words for it, and both."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.datasets import Example
from indexer.evaluation.encode import EncodedSplit
from indexer.evaluation.nearest import IndexArray
from indexer.training.phrases import phrase, singular
from services.arrays import FloatArray, unit_rows
from services.encoders.calibration import QueryKind
from services.encoders.protocol import Encoder, TextEncoder
from services.errors import InvalidCatalogue

MOST_ROWS = 5000
"""Photos that are asked about; a larger split is sampled, and searched whole."""
SEED = 7


@dataclass(frozen=True)
class Queries:
    """Queries (Q, D), unit rows, and the row of the split that each is about (Q,)."""

    kind: QueryKind
    vectors: FloatArray
    rows: IndexArray


def queries_about(encoder: Encoder, encoded: EncodedSplit, label_field: str) -> Iterator[Queries]:
    """Yield queries of every kind that `encoder` understands, about rows whose label is known.

    Words are half titles, half short phrases made of labels, as people type either. A mixed query is the mean of a
    photo and of words for it, as a search makes it. Raises InvalidCatalogue where fewer than two rows have a label.
    """
    rows = np.array(encoded.labelled(label_field), np.int64)  # (R,)
    if len(rows) < 2:
        raise InvalidCatalogue(f"{len(rows)} photos have a label in {label_field!r}; a calibration needs two at least")
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(SEED).choice(rows, MOST_ROWS, replace=False))
    photos = encoded.vectors[rows]  # (R, D)
    yield Queries("image", photos, rows)
    if not isinstance(encoder, TextEncoder):
        return
    words = encoder.encode_texts(_words([encoded.rows[row] for row in rows], label_field))  # (2R, D)
    twice = np.concatenate([rows, rows])  # (2R,)
    yield Queries("text", words, twice)
    yield Queries("mixed", unit_rows(np.concatenate([photos, photos]) + words), twice)


def _words(examples: Sequence[Example], label_field: str) -> list[str]:
    """A phrase for each example, then its title, or another phrase where it has none."""
    chance = random.Random(SEED)  # noqa: S311  # repeatable, not secret
    phrases = [_phrase(example, label_field, chance) for example in examples]
    return phrases + [example.title or _phrase(example, label_field, chance) for example in examples]


def _phrase(example: Example, label_field: str, chance: random.Random) -> str:
    # A data set with columns of its own has nothing that a phrase is made of.
    return phrase(example.cells, chance).strip() or singular(example.cells[label_field])
