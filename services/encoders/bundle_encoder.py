"""Runs a model bundle: photos and words to unit vectors, photos to label probabilities."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from services.arrays import FloatArray, unit_rows
from services.encoders.bundle import Bundle, read_bundle
from services.encoders.calibration import UNCALIBRATED, ScoreCalibration
from services.encoders.network import JointNetwork, TextTower
from services.encoders.preprocess import PixelArray
from services.encoders.protocol import ModelInfo, Prediction
from services.encoders.runtime import LazyRuntime
from services.encoders.tokenizer import Tokenizer
from services.errors import ModelError
from services.precision import Precision

BATCH = 64


class BundleEncoder:
    """A bundle that encodes images and classifies them. Stateless after loading, so threads may share it."""

    def __init__(
        self, bundle: Bundle, network: JointNetwork, cache: Path | None = None, precision: Precision = "f32"
    ) -> None:
        self.bundle = bundle
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = network.eval().to(self._device).to(memory_format=torch.channels_last)
        # Named by the weights' hash, so that a retrained model never meets what its predecessor left.
        folder = cache and cache / bundle.info.fingerprint[:16]
        self._see = LazyRuntime(self._network, bundle.preprocessing, self._device, folder, precision)

    @property
    def model(self) -> ModelInfo:
        """What identifies this model."""
        return self.bundle.info

    @property
    def calibration(self) -> ScoreCalibration | None:
        """What its scores are worth; None where nobody has measured it."""
        return self.bundle.calibration

    @property
    def labels(self) -> dict[str, list[str]]:
        """Every label field, and the labels that it may get."""
        return self.bundle.labels

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        """Embed N images: float32 (N, D), unit rows."""
        if not images:
            return np.empty((0, self.model.dimensions), np.float32)
        return unit_rows(np.concatenate([self._see(batch)[1] for batch in self._batches(images)]))

    def classify(self, images: Sequence[Image.Image]) -> list[Prediction]:
        """Return, for each of N images, every label field's labels and their probabilities, most likely first."""
        return self.embed_and_classify(images)[1]

    def embed_and_classify(self, images: Sequence[Image.Image]) -> tuple[FloatArray, list[Prediction]]:
        """Return the unit rows (N, D) of N images, and each one's labels; the network runs once."""
        vectors, predictions = [np.empty((0, self.model.dimensions), np.float32)], []
        for batch in self._batches(images):
            features, rows = self._see(batch)
            vectors.append(unit_rows(rows))
            predictions += self._predictions(features, rows)
        return np.concatenate(vectors), predictions

    def _predictions(self, features: FloatArray, rows: FloatArray) -> list[Prediction]:
        """Labels with probabilities for features (B, F) and unit rows (B, D)."""
        calibration = self.calibration or UNCALIBRATED
        with torch.inference_mode():
            logits = self._network.label_logits(*(torch.from_numpy(part).to(self._device) for part in (features, rows)))
        ranked = {
            field: _ranked((values / calibration.temperature(field)).softmax(dim=-1), self.bundle.labels[field])
            for field, values in logits.items()
        }  # each B lists
        return [{field: lists[i] for field, lists in ranked.items()} for i in range(len(rows))]

    def _batches(self, images: Sequence[Image.Image]) -> Iterator[PixelArray]:
        for start in range(0, len(images), BATCH):
            yield self.bundle.preprocessing.batch(images[start : start + BATCH])


class TextBundleEncoder(BundleEncoder):
    """A bundle that has a text tower as well."""

    def __init__(
        self,
        bundle: Bundle,
        network: JointNetwork,
        tower: TextTower,
        tokenizer: Tokenizer,
        cache: Path | None = None,
        precision: Precision = "f32",
    ) -> None:
        super().__init__(bundle, network, cache, precision)
        self._tower, self._tokenizer = tower, tokenizer  # the tower is a part of the network, and moved with it

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """Embed N texts: float32 (N, D), unit rows, in the space of the images."""
        if not texts:
            return np.empty((0, self.model.dimensions), np.float32)
        with torch.inference_mode():
            rows = self._tower.embed(self._tokenizer, texts, self._device)  # (N, D)
        return unit_rows(rows.cpu().numpy())


def load_bundle(folder: Path, cache: Path | None = None, precision: Precision = "f32") -> BundleEncoder:
    """Load the bundle in `folder`; see load_encoder for `cache` and `precision`.

    Raises ModelError when it is missing, damaged or does not fit its own facts.
    """
    bundle, network = load_network(folder)
    if bundle.tokenizer is None or network.text is None:
        return BundleEncoder(bundle, network, cache, precision)
    return TextBundleEncoder(bundle, network, network.text, bundle.tokenizer, cache, precision)


def load_network(folder: Path) -> tuple[Bundle, JointNetwork]:
    """The facts and the network of the bundle in `folder`. Raises ModelError as `load_bundle` does."""
    bundle, state = read_bundle(folder)
    _check_facts(folder, bundle)
    network = JointNetwork(bundle.architecture)
    try:
        missing, unexpected = network.load_state_dict(state, strict=False)
    except RuntimeError as exc:  # a tensor of another shape
        raise ModelError(f"{folder}: the weights do not fit the architecture: {exc}") from exc
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ModelError(f"{folder}: the weights lack {missing[:3]} and have unknown {unexpected[:3]}")
    return bundle, network


def _check_facts(folder: Path, bundle: Bundle) -> None:
    """Raise ModelError where an id or a logit would have no row or no name: better now than at the first query."""
    classes = {field: len(names) for field, names in bundle.labels.items()}
    if classes != bundle.architecture.heads:
        raise ModelError(f"{folder}: labels for heads of {classes}, but the heads are {bundle.architecture.heads}")
    heated = bundle.calibration.temperatures.keys() if bundle.calibration else set[str]()
    if strange := sorted(heated - classes.keys()):
        raise ModelError(f"{folder}: calibrated for heads {', '.join(strange)}, which it has not; calibrate it again")
    rows = bundle.architecture.text_rows
    if bundle.tokenizer is not None and rows and bundle.tokenizer.rows != rows:
        raise ModelError(f"{folder}: the tokenizer has {bundle.tokenizer.rows} rows, but the text tower has {rows}")


def _ranked(probabilities: Tensor, labels: list[str]) -> list[list[tuple[str, float]]]:
    """The labels of each row of `probabilities` (B, classes), most likely first."""
    # Sorted and turned into lists all at once: number by number it would take half as long as the network does.
    chances, order = probabilities.cpu().sort(dim=-1, descending=True, stable=True)
    return [
        [(labels[index], chance) for index, chance in zip(indexes, row, strict=True)]
        for indexes, row in zip(order.tolist(), chances.tolist(), strict=True)
    ]
