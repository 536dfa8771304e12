"""An encoder whose callers share passes through the network."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
from PIL import Image

from services.arrays import FloatArray
from services.encoders.calibration import ScoreCalibration
from services.encoders.protocol import (
    Calibratable,
    Classifier,
    EmbeddingClassifier,
    Encoder,
    ModelInfo,
    Prediction,
    TextEncoder,
)
from services.gathering import Gatherer

Item = TypeVar("Item")
Result = TypeVar("Result")


def gather_encoder(encoder: Encoder, most: int, timeout_s: float | None = None) -> Encoder:
    """`encoder`, with up to `most` photos or texts of concurrent callers in one pass; `most` 1 changes nothing.

    The result can do what `encoder` can do, and no more: isinstance tells. Its methods raise DeadlineExceeded where
    a caller would wait longer than `timeout_s` for its turn.
    """
    return GatheredEncoder(encoder, most, timeout_s) if most > 1 else encoder


class _Shared(Generic[Item, Result]):
    """A method of an encoder, called with the items of all who wait for it."""

    def __init__(
        self, method: Callable[[Sequence[Item]], Sequence[Result] | FloatArray], most: int, timeout_s: float | None
    ) -> None:
        self._method, self._most, self._timeout_s = method, most, timeout_s
        self.gatherer: Gatherer[None, Item, Result] = Gatherer(self._call, self._room)

    def __call__(self, items: Sequence[Item]) -> list[Result]:
        """A result for each of `items`."""
        return self.gatherer.run(None, items, self._timeout_s)

    def _call(self, _key: None, items: Sequence[Item], _timeout_s: float | None) -> list[Result]:
        return list(self._method(items))

    def _room(self, _key: None) -> int:
        return self._most


class GatheredEncoder:
    """Presents an encoder; see gather_encoder. Safe to share between threads.

    What only some encoders can do is set in each object: were it in the class, a model without a text tower would
    pass for one with it.
    """

    def __init__(self, encoder: Encoder, most: int, timeout_s: float | None) -> None:
        self._encoder = encoder
        self._images: _Shared[Image.Image, FloatArray] = _Shared(encoder.encode_images, most, timeout_s)
        if isinstance(encoder, TextEncoder):
            self._texts: _Shared[str, FloatArray] = _Shared(encoder.encode_texts, most, timeout_s)
            self.encode_texts = self._encode_texts
        if isinstance(encoder, Classifier):
            self.classify: _Shared[Image.Image, Prediction] = _Shared(encoder.classify, most, timeout_s)
        if isinstance(encoder, EmbeddingClassifier):
            self._both: _Shared[Image.Image, tuple[FloatArray, Prediction]] = _Shared(_pairs(encoder), most, timeout_s)
            self.embed_and_classify = self._embed_and_classify
        if isinstance(encoder, Calibratable):
            self.calibration: ScoreCalibration | None = encoder.calibration

    @property
    def model(self) -> ModelInfo:
        """What identifies the model."""
        return self._encoder.model

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        """Embed N images: float32 (N, D), unit rows."""
        return self._stacked(self._images(images))

    def _encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """Embed N texts: float32 (N, D), unit rows."""
        return self._stacked(self._texts(texts))

    def _embed_and_classify(self, images: Sequence[Image.Image]) -> tuple[FloatArray, list[Prediction]]:
        """The unit rows (N, D) of N images, and each one's labels."""
        found = self._both(images)
        return self._stacked([row for row, _ in found]), [prediction for _, prediction in found]

    def _stacked(self, rows: Sequence[FloatArray]) -> FloatArray:
        return np.stack(rows) if rows else np.empty((0, self.model.dimensions), np.float32)


def _pairs(encoder: EmbeddingClassifier) -> Callable[[Sequence[Image.Image]], list[tuple[FloatArray, Prediction]]]:
    """What `encoder` says of each image."""
    return lambda images: list(zip(*encoder.embed_and_classify(images), strict=True))
