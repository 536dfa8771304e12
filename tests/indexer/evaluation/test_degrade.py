"""Each way of degrading a photo does what it says, to any kind of picture, and only to a copy."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from indexer.datasets import Dataset
from indexer.evaluation.degrade import DEGRADATIONS, GREY, centre, low_quality_jpeg, on_grey, rotated, thumbnail
from indexer.evaluation.encode import encode_split
from indexer.evaluation.robustness import degraded_scores
from indexer.evaluation.study import Plan, study
from services.encoders.protocol import Encoder


@pytest.fixture
def shirt() -> Image.Image:
    """A blue frame with a white inside, on a white studio background."""
    image = Image.new("RGB", (200, 240), "white")
    ImageDraw.Draw(image).rectangle((50, 60, 150, 180), fill="white", outline=(20, 40, 200), width=20)
    return image


@pytest.mark.parametrize("way", DEGRADATIONS)
@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
@pytest.mark.parametrize("size", [(200, 240), (1, 1), (3, 500)])
def test_any_picture_comes_out_as_rgb_and_the_given_one_stays(way: str, mode: str, size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, (20, 40, 200)).convert(mode)
    before = image.tobytes()
    spoilt = DEGRADATIONS[way].apply(image)
    assert spoilt.mode == "RGB"
    assert min(spoilt.size) >= 1
    assert (image.tobytes(), image.size) == (before, size)


def test_a_thumbnail_fits_and_keeps_its_shape(shirt: Image.Image) -> None:
    assert thumbnail(shirt).size == (60, 72)
    assert thumbnail(Image.new("RGB", (30, 40))).size == (30, 40)


def test_jpeg_loses_detail_but_not_size() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8))
    spoilt = low_quality_jpeg(noise)
    assert spoilt.size == noise.size
    assert np.abs(np.asarray(spoilt, int) - np.asarray(noise, int)).mean() > 10


def test_rotation_keeps_the_whole_picture_on_white(shirt: Image.Image) -> None:
    turned = rotated(Image.new("RGB", (200, 240), "black"))
    assert turned.width > 200
    assert turned.height > 240
    assert turned.getpixel((0, 0)) == (255, 255, 255)
    assert turned.getpixel((turned.width // 2, turned.height // 2)) == (0, 0, 0)


def test_only_white_that_reaches_the_edge_becomes_grey(shirt: Image.Image) -> None:
    spoilt = on_grey(shirt)
    assert spoilt.getpixel((0, 0)) == spoilt.getpixel((199, 239)) == GREY
    assert spoilt.getpixel((100, 120)) == (255, 255, 255)
    assert spoilt.getpixel((55, 65)) == (20, 40, 200)


def test_a_dark_photo_has_no_background_to_change() -> None:
    dark = Image.new("RGB", (20, 20), (90, 10, 10))
    assert on_grey(dark).tobytes() == dark.tobytes()


def test_the_centre_is_70_percent_of_both_sides(shirt: Image.Image) -> None:
    assert centre(shirt).size == (140, 168)
    assert centre(shirt).getpixel((25, 30)) == (20, 40, 200)


def test_what_is_robust_scores_as_before_and_a_tie_is_no_twin(complete: Encoder, dataset: Dataset) -> None:
    found = study(complete, dataset, Plan("val", robustness=True)).measured.figures
    # A plain colour stays what it is in a thumbnail; but every colour is there twice, so no twin is alone the nearest.
    assert found["self@1_thumbnail"] == 0.0
    assert found["colour_p@10_thumbnail"] == pytest.approx(found["colour_p@10"])
    assert found["colour_accuracy_thumbnail"] == pytest.approx(found["colour_accuracy"])
    # The first label field only, as there is no base_colour.
    assert "kind_p@10_thumbnail" not in found


def test_a_photo_that_is_unlike_all_others_finds_its_twin(complete: Encoder, dataset: Dataset) -> None:
    one_of_each = dataset.with_examples({"val": [dataset.rows("val")[row] for row in (0, 2, 4)]})
    found = study(complete, one_of_each, Plan("val", robustness=True)).measured.figures
    assert found["self@1_thumbnail"] == found["self@1_centre"] == 1.0


def test_a_photo_that_has_gone_since_is_left_out(
    vision: Encoder, dataset: Dataset, tmp_path: pytest.TempPathFactory
) -> None:
    encoded = encode_split(vision, dataset, "val")
    (tmp_path / "photos" / "a.png").unlink()
    scores = degraded_scores(vision, dataset, encoded)
    assert {len(values) for values in scores.values()} == {5}
    # Each of the five finds its one twin-coloured photo, but the red one, whose other is row 0 in the gallery still.
    assert scores["colour_p@10_thumbnail"].tolist() == pytest.approx([0.2] * 5)
    for name in "bcdef":
        (tmp_path / "photos" / f"{name}.png").unlink()
    assert degraded_scores(vision, dataset, encoded) == {}
