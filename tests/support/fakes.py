"""Fakes for the two seams that have one, and a platform on them: what they do is exact, and quick."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from indexer.fetching import PhotoFetcher
from indexer.imports import read_slice
from indexer.pipeline import Pipeline
from indexer.rows import RowBuilder
from services.arrays import FloatArray, unit_rows
from services.bootstrap import Platform, build
from services.encoders import ModelInfo
from services.encoders.calibration import QUERY_KINDS, MatchCurve, ScoreCalibration
from services.encoders.protocol import Prediction
from services.errors import Unavailable
from services.settings import load_settings
from services.stores.memory import MemoryIndexServer

COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
}


class ColourEncoder:
    """Embeds a photo as its mean colour, and a text as the mean of the colours it names."""

    model = ModelInfo("colours", "1", "0" * 64, 4)

    def __init__(self) -> None:
        self.encoded = 0

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        self.encoded += len(images)
        if not images:
            return np.empty((0, 4), np.float32)
        return self._unit([np.asarray(image.convert("RGB")).reshape(-1, 3).mean(axis=0) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        if not texts:
            return np.empty((0, 4), np.float32)
        named = [[COLOURS[word] for word in text.lower().split() if word in COLOURS] for text in texts]
        return self._unit([np.mean(colours or [(128, 128, 128)], axis=0) for colours in named])

    def classify(self, images: Sequence[Image.Image]) -> list[Prediction]:
        names = list(COLOURS)
        scores = self.encode_images(images) @ self.encode_texts(names).T
        weights = np.exp(8 * scores) / np.exp(8 * scores).sum(axis=1, keepdims=True)
        return [{"colour": sorted(zip(names, map(float, row), strict=True), key=lambda p: -p[1])} for row in weights]

    @staticmethod
    def _unit(colours: Sequence[FloatArray]) -> FloatArray:
        # The constant keeps black from having no direction.
        return unit_rows(np.hstack([np.asarray(colours) / 127.5 - 1, np.full((len(colours), 1), 0.2)]))


class CalibratedEncoder(ColourEncoder):
    """The same with a calibration: a hit's probability is its cosine, none below 0, and less than 0.6 is not close."""

    calibration = ScoreCalibration("base_colour", {kind: MatchCurve((0, 1), (0, 1), 0.6) for kind in QUERY_KINDS})


class VisionOnlyEncoder:
    """The same for photos, without words and labels."""

    model = ModelInfo("vision", "1", "1" * 64, 4)

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        return ColourEncoder().encode_images(images)


class InlineQueue:
    """A queue whose worker runs at once, in the same process; `away` makes it refuse, `paused` makes it wait."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._pipeline = Pipeline(
            platform.claims,
            RowBuilder(platform.encoder, platform.images, platform.limits, predict_from=platform.settings.predict_from),
            platform.index,
            PhotoFetcher(platform.fetcher, platform.images),
        )
        self.away = False
        self.paused = False
        self.sent: list[str] = []

    def send(self, product_ids: Sequence[str], urgent: bool = False) -> None:
        if self.away:
            raise Unavailable("the queue does not answer")
        self.sent += product_ids
        if not self.paused:
            self._pipeline.run(list(product_ids))

    def send_import(self, import_id: str) -> None:
        if self.away:
            raise Unavailable("the queue does not answer")
        while not self.paused and read_slice(self._platform, self.send, import_id, max_s=0.05):
            pass


def platform_of_fakes(data_dir: Path, encoder: object | None = None, **settings: object) -> Platform:
    """A platform with a real database and image store below `data_dir`, the exact store, and a fake encoder."""
    platform = build(load_settings(data_dir=data_dir, **settings))
    platform.__dict__["encoder"] = encoder or ColourEncoder()
    platform.__dict__["indexes"] = MemoryIndexServer(platform.settings.fields, platform.settings.text_fields)
    platform.database.migrate()
    return platform
