"""The encoder seam: what indexing and search may ask of a model, whatever it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from PIL import Image

from services.arrays import FloatArray
from services.encoders.calibration import ScoreCalibration

Prediction: TypeAlias = dict[str, list[tuple[str, float]]]
"""Per label field, (label, probability) pairs, most likely first."""


@dataclass(frozen=True)
class ModelInfo:
    """What identifies a model. Vectors of two models are comparable only if their `key` is equal."""

    name: str
    version: str
    fingerprint: str
    dimensions: int

    @property
    def key(self) -> str:
        """Name, version and the start of the weights' hash: a retrained model never passes for the old one."""
        return f"{self.name}@{self.version}+{self.fingerprint[:8]}"


@runtime_checkable
class Encoder(Protocol):
    """A model that places photos in a vector space."""

    @property
    def model(self) -> ModelInfo:
        """What identifies this model."""
        ...

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        """Embed N images: float32 (N, D), unit rows. Safe to call from several threads."""
        ...


@runtime_checkable
class TextEncoder(Encoder, Protocol):
    """An encoder that also places words in the same space."""

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """Embed N texts: float32 (N, D), unit rows, comparable with image rows."""
        ...


@runtime_checkable
class Classifier(Protocol):
    """A model with label heads."""

    def classify(self, images: Sequence[Image.Image]) -> list[Prediction]:
        """Return, for each of N images, every label field's labels and their probabilities."""
        ...


@runtime_checkable
class Labelled(Protocol):
    """A model that tells its labels without seeing a photo."""

    @property
    def labels(self) -> Mapping[str, Sequence[str]]:
        """Every label field, and the labels that it may get."""
        ...


@runtime_checkable
class EmbeddingClassifier(Encoder, Classifier, Protocol):
    """An encoder that embeds and labels a photo in one pass of its network."""

    def embed_and_classify(self, images: Sequence[Image.Image]) -> tuple[FloatArray, list[Prediction]]:
        """Return what `encode_images` and `classify` would."""
        ...


@runtime_checkable
class Calibratable(Protocol):
    """A model that can keep what its scores are worth; whether it does is for `calibration_of` to say."""

    @property
    def calibration(self) -> ScoreCalibration | None:
        """What its scores are worth; None where nobody has measured it."""
        ...


def calibration_of(encoder: Encoder) -> ScoreCalibration | None:
    """What the scores of `encoder` are worth; None where it has not been, or cannot be, calibrated."""
    return encoder.calibration if isinstance(encoder, Calibratable) else None


def label_fields(encoder: Encoder) -> tuple[str, ...]:
    """The fields that `encoder` labels; none where it has no label heads, or does not tell them."""
    return tuple(encoder.labels) if isinstance(encoder, Labelled) else ()
