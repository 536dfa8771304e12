"""What a model makes of a split, and all that its label heads say of each photo, by one pass of its network."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from indexer.calibration.temperature import targets_of
from indexer.datasets import Dataset
from indexer.evaluation.encode import EncodedSplit, Progress, embed_and_classify, encode_split
from indexer.evaluation.nearest import IndexArray
from services.arrays import FloatArray
from services.encoders.protocol import Encoder, Prediction, calibration_of

LEAST = 1e-38
"""Stands for a probability that is too small for a float32."""


@dataclass(frozen=True)
class Head:
    """What one label head says of N photos: `logits` (N, C), each row but for a constant, and its `classes`."""

    logits: FloatArray
    classes: Sequence[str]


@dataclass(frozen=True)
class SeenSplit:
    """A split as `encode_split` gives it, and the heads of the model. Without heads there are no temperatures."""

    encoded: EncodedSplit
    heads: dict[str, Head] = field(default_factory=dict)

    def judged(self, name: str) -> tuple[FloatArray, IndexArray]:
        """Logits (R, C) of head `name` for the rows whose label is known, and the column of that label (R,), or -1."""
        head = self.heads[name]
        return head.logits[self.encoded.labelled(name)], targets_of(self.encoded.truth(name), head.classes)


def see_split(encoder: Encoder, dataset: Dataset, split: str, progress: Progress | None = None) -> SeenSplit:
    """Embed and classify `split` once, for measuring and calibrating alike. Raises what `encode_split` does."""
    listener = _Listener(encoder)
    encoded = encode_split(listener, dataset, split, progress=progress)
    calibration = calibration_of(encoder)
    heads = {}
    for name, parts in listener.chances.items():
        chances = np.concatenate(parts)  # (N, C)
        # What was divided by a temperature is multiplied by it, so that calibrating again starts from the same logits.
        logits = np.log(chances.clip(LEAST)) * (calibration.temperature(name) if calibration else 1.0)
        heads[name] = Head(logits.astype(np.float32), listener.classes[name])
    return SeenSplit(encoded, heads)


class _Listener:
    """Hands photos to an encoder, and keeps every label's probability, which an encoded split has no room for."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.model = encoder, encoder.model
        self.classes: dict[str, list[str]] = {}
        self.chances: dict[str, list[FloatArray]] = {}  # field -> (B, C) a batch

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        return self._encoder.encode_images(images)

    def classify(self, images: Sequence[Image.Image]) -> list[Prediction]:
        return self.embed_and_classify(images)[1]

    def embed_and_classify(self, images: Sequence[Image.Image]) -> tuple[FloatArray, list[Prediction]]:
        vectors, predictions = embed_and_classify(self._encoder, images)
        for name in predictions[0] if predictions else ():
            classes = self.classes.setdefault(name, sorted(label for label, _ in predictions[0][name]))
            found = [dict(prediction[name]) for prediction in predictions]
            rows = np.array([[chances[label] for label in classes] for chances in found], np.float32)  # (B, C)
            self.chances.setdefault(name, []).append(rows)
        return vectors, predictions
