"""An encoder whose callers share passes answers as it did, and can do what it could, no more and no less."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from components import wait_for
from fakes import CalibratedEncoder, ColourEncoder, VisionOnlyEncoder
from PIL import Image

from services.encoders import load_encoder
from services.encoders.protocol import (
    Calibratable,
    Classifier,
    EmbeddingClassifier,
    Encoder,
    TextEncoder,
    calibration_of,
)
from services.errors import DeadlineExceeded
from services.gathered_encoder import gather_encoder

ABILITIES = (Encoder, TextEncoder, Classifier, EmbeddingClassifier, Calibratable)


@pytest.fixture(scope="module")
def shipped() -> Encoder:
    return load_encoder()


def photos(number: int, seed: int = 0) -> list[Image.Image]:
    """Photos of noise, each of a size of its own."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(20, 200, (number, 2))
    return [Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)) for height, width in sizes]


@pytest.mark.parametrize("encoder", [ColourEncoder(), CalibratedEncoder(), VisionOnlyEncoder()])
def test_it_can_do_what_the_encoder_can_and_no_more(encoder: Encoder) -> None:
    gathered = gather_encoder(encoder, 64)
    assert gathered is not encoder
    assert [isinstance(gathered, ability) for ability in ABILITIES] == [
        isinstance(encoder, ability) for ability in ABILITIES
    ]
    assert gathered.model == encoder.model
    assert calibration_of(gathered) is calibration_of(encoder)


def test_the_shipped_model_keeps_all_it_can(shipped: Encoder) -> None:
    gathered = gather_encoder(shipped, 64)
    assert all(isinstance(gathered, ability) for ability in ABILITIES)
    assert calibration_of(gathered) == calibration_of(shipped) is not None


def test_a_most_of_one_changes_nothing(shipped: Encoder) -> None:
    assert gather_encoder(shipped, 1) is shipped


@pytest.mark.parametrize("encoder", [ColourEncoder(), VisionOnlyEncoder()])
def test_nothing_gives_no_rows(encoder: Encoder) -> None:
    gathered = gather_encoder(encoder, 64)
    assert gathered.encode_images([]).shape == (0, 4)
    if isinstance(gathered, TextEncoder):
        assert gathered.encode_texts([]).shape == (0, 4)
    if isinstance(gathered, Classifier):
        assert gathered.classify([]) == []


def test_many_callers_get_what_each_would_get_alone(shipped: Encoder) -> None:
    """Vectors do not depend on what else is in the batch, but for rounding."""
    gathered = gather_encoder(shipped, 64)
    assert isinstance(gathered, EmbeddingClassifier)
    assert isinstance(gathered, TextEncoder)
    sent = [photos(1 + number % 3, number) for number in range(40)]
    words = [[f"a red dress {number}"] * (1 + number % 2) for number in range(40)]
    alone = [shipped.encode_images(images) for images in sent]
    with ThreadPoolExecutor(40) as pool:
        together = list(pool.map(gathered.encode_images, sent))
        labels = list(pool.map(gathered.classify, sent))
        both = list(pool.map(gathered.embed_and_classify, sent))
        texts = list(pool.map(gathered.encode_texts, words))
    for number, images in enumerate(sent):
        assert together[number].dtype == np.float32
        np.testing.assert_allclose(together[number], alone[number], atol=1e-5)
        np.testing.assert_allclose(both[number][0], alone[number], atol=1e-5)
        np.testing.assert_allclose(texts[number], shipped.encode_texts(words[number]), atol=1e-5)
        expected = shipped.classify(images)
        for found in (labels[number], both[number][1]):
            assert [set(one) for one in found] == [set(one) for one in expected]
            for one, right in zip(found, expected, strict=True):
                for field in right:
                    assert dict(one[field]) == pytest.approx(dict(right[field]), abs=1e-4)


class SlowEncoder(ColourEncoder):
    """Holds its first pass until it is let go, and knows how many photos each had."""

    def __init__(self) -> None:
        super().__init__()
        self.passes: list[int] = []
        self.go_on = threading.Event()

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        self.passes.append(len(images))
        if len(self.passes) == 1:
            assert self.go_on.wait(60)
        return super().encode_images(images)


def test_callers_share_a_pass() -> None:
    slow = SlowEncoder()
    gathered = gather_encoder(slow, 64)
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(gathered.encode_images, photos(1))]
        wait_for("the first pass", lambda: slow.passes)
        found += [pool.submit(gathered.encode_images, photos(2)) for _ in range(5)]
        wait_for("the others", lambda: gathered._images.gatherer.waiting == 5)
        slow.go_on.set()
        assert [len(one.result(60)) for one in found] == [1, 2, 2, 2, 2, 2]
    assert slow.passes == [1, 10]


def test_nobody_waits_longer_than_told() -> None:
    slow = SlowEncoder()
    gathered = gather_encoder(slow, 64, timeout_s=0.1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(gathered.encode_images, photos(1))
        wait_for("the first pass", lambda: slow.passes)
        with pytest.raises(DeadlineExceeded):
            gathered.encode_images(photos(1))
        slow.go_on.set()
        assert first.result(60).shape == (1, 4)
