"""Runs an encoder over the photos of a data set, a batch at a time, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from indexer.datasets import Dataset, Example
from services.arrays import FloatArray
from services.encoders.protocol import Classifier, EmbeddingClassifier, Encoder, Prediction
from services.errors import InvalidCatalogue

BATCH = 128
"""Photos that are decoded, and in memory, at once."""

Progress = Callable[[int, int], None]
"""Called with the number of rows done and the number of rows."""


@dataclass(frozen=True)
class Labels:
    """The most likely label of each of N photos by field, and its probability; no field where there are no heads."""

    predicted: dict[str, list[str]] = field(default_factory=dict)
    confidence: dict[str, list[float]] = field(default_factory=dict)

    def add(self, predictions: Sequence[Prediction]) -> None:
        """Append the most likely label of each prediction."""
        for prediction in predictions:
            for name, ranked in prediction.items():
                self.predicted.setdefault(name, []).append(ranked[0][0])
                self.confidence.setdefault(name, []).append(ranked[0][1])


@dataclass(frozen=True)
class EncodedSplit:
    """What an encoder makes of the N readable photos of a split, in the order of `rows`."""

    rows: list[Example]
    vectors: FloatArray  # (N, D)
    labels: Labels
    unreadable: int

    def labelled(self, name: str) -> list[int]:
        """The numbers of the rows whose label of field `name` is known."""
        return [i for i, row in enumerate(self.rows) if row.cells.get(name)]

    def truth(self, name: str) -> list[str]:
        """The known labels of field `name`, in the order of `labelled`."""
        return [label for row in self.rows if (label := row.cells.get(name))]

    def guesses(self, name: str) -> list[str]:
        """The most likely label of each row in `labelled`. Raises KeyError where the encoder has no such head."""
        return [self.labels.predicted[name][i] for i in self.labelled(name)]

    def confidences(self, name: str) -> list[float]:
        """The probability of each of `guesses`."""
        return [self.labels.confidence[name][i] for i in self.labelled(name)]


def encode_split(
    encoder: Encoder,
    dataset: Dataset,
    split: str,
    limit: int | None = None,
    progress: Progress | None = None,
    classify: bool = True,
) -> EncodedSplit:
    """Embed, and unless told otherwise classify where `encoder` can, the photos of `split` (its first `limit` rows).

    A row whose photo cannot be read is counted and left out. Raises InvalidCatalogue when none can, or when the
    data set has no such split.
    """
    rows = dataset.rows(split, limit)
    kept: list[Example] = []
    vectors: list[FloatArray] = []
    labels = Labels()
    for done, numbers, photos in photo_batches(dataset, rows):
        if photos:
            kept += [rows[number] for number in numbers]
            found, predictions = embed_and_classify(encoder, photos, classify)
            vectors.append(found)
            labels.add(predictions)
        if progress is not None:
            progress(done, len(rows))
    if not kept:
        raise InvalidCatalogue(f"{dataset.name}: none of the {len(rows)} photos of split {split!r} can be read")
    return EncodedSplit(kept, np.concatenate(vectors), labels, len(rows) - len(kept))


def joined(parts: Sequence[EncodedSplit]) -> EncodedSplit:
    """Several encoded splits as one, to search in; what their heads said is dropped."""
    rows = [row for part in parts for row in part.rows]
    return EncodedSplit(
        rows, np.concatenate([part.vectors for part in parts]), Labels(), sum(part.unreadable for part in parts)
    )


def photo_batches(dataset: Dataset, rows: Sequence[Example]) -> Iterator[tuple[int, list[int], list[Image.Image]]]:
    """Yield, a batch at a time: how many rows are done, the numbers of those that have a photo, and their photos."""
    with ThreadPoolExecutor() as threads:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            decoded = enumerate(threads.map(dataset.photo, batch), start)
            pairs = [(number, photo) for number, photo in decoded if photo is not None]
            yield start + len(batch), [number for number, _ in pairs], [photo for _, photo in pairs]


def embed_and_classify(
    encoder: Encoder, photos: Sequence[Image.Image], classify: bool = True
) -> tuple[FloatArray, list[Prediction]]:
    """Unit rows (N, D) of the photos and what the label heads say, by one pass of the network where it can be."""
    if classify and isinstance(encoder, EmbeddingClassifier):
        return encoder.embed_and_classify(photos)
    vectors = encoder.encode_images(photos)  # (N, D)
    return vectors, encoder.classify(photos) if classify and isinstance(encoder, Classifier) else []
