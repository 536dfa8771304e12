"""What a hit's score is worth: kinds of query, minima, and when nothing is close."""

import numpy as np
import pytest
from fakes import ColourEncoder
from PIL import Image

from services.confidence import Confidence, Minima
from services.encoders.calibration import MatchCurve, ScoreCalibration
from services.errors import InvalidRequest, Unsupported
from services.search import ImagePart, Query, TextPart

PHOTO = ImagePart(Image.new("RGB", (4, 4), "red"))
STORED = ImagePart(product_id="a")
SCORES = [0.9, None, 0.4, -0.5]


class ImagesOnly(ColourEncoder):
    """Calibrated for photos alone, strictly: the level is 0.5 from a cosine of 0.6 up."""

    calibration = ScoreCalibration("colour", {"image": MatchCurve((0.0, 0.6), (0.0, 0.5), 0.5)})


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (Query(images=[PHOTO]), "image"),
        (Query(images=[PHOTO, PHOTO, STORED]), "image"),
        (Query(images=[STORED], texts=[TextPart("  ")]), "image"),
        (Query(images=[STORED], texts=[TextPart("red", -1)]), "image"),
        (Query(texts=[TextPart("red")]), "text"),
        (Query(texts=[TextPart("red")], images=[ImagePart(product_id="a", weight=-1)]), "text"),
        (Query(texts=[TextPart("red")], images=[STORED]), "mixed"),
        (Query(texts=[TextPart("red")], images=[PHOTO]), "mixed"),
    ],
)
def test_what_leads_towards_something_decides_a_querys_kind(query: Query, kind: str) -> None:
    assert query.kind == kind


def test_every_score_has_the_probability_of_its_kind() -> None:
    chances = Confidence(ImagesOnly(), "image").probabilities(SCORES)
    assert chances == [pytest.approx(0.5), None, pytest.approx(1 / 3), pytest.approx(0)]
    assert Confidence(ImagesOnly(), "text").probabilities(SCORES) == [None] * 4
    assert Confidence(ColourEncoder(), "image").probabilities(SCORES) == [None] * 4
    assert Confidence(ImagesOnly(), "image").probabilities([]) == []


def test_far_is_below_the_threshold_and_only_where_that_is_known() -> None:
    confidence = Confidence(ImagesOnly(), "image")
    assert not confidence.far(0.9), "0.5 is not below 0.5"
    assert confidence.far(0.4)
    assert not confidence.far(None)
    assert not Confidence(ImagesOnly(), "mixed").far(-0.5), "without a curve it cannot tell"


def test_a_least_probability_needs_probabilities() -> None:
    Confidence(ImagesOnly(), "image").check(Minima(probability=0.5))
    Confidence(ImagesOnly(), "text").check(Minima(score=0.5))
    for encoder, kind in ((ImagesOnly(), "text"), (ColourEncoder(), "image")):
        with pytest.raises(Unsupported, match=f"not calibrated for {kind} queries"):
            Confidence(encoder, kind).check(Minima(probability=0.0))


@pytest.mark.parametrize("bad", [{"score": 1.01}, {"score": -1.01}, {"probability": -0.01}, {"probability": 1.01}])
def test_minima_out_of_range_are_refused(bad: dict[str, float]) -> None:
    (name,) = bad
    with pytest.raises(InvalidRequest, match=f"min_{name}"):
        Minima(**bad)
    with pytest.raises(InvalidRequest, match=f"min_{name}"):
        Minima(**dict.fromkeys(bad, float("nan")))
    for edge in (0.0, 1.0):
        Minima(**dict.fromkeys(bad, edge))


def test_minima_are_compared_as_they_are_shown() -> None:
    score, chance = float(np.float32(0.8123449)), float(np.float32(0.71234))
    assert Minima(score=round(score, 6)).allow(score, None)
    assert Minima(probability=round(chance, 4)).allow(score, chance)
    assert not Minima(score=0.8124).allow(score, chance)
    assert not Minima(probability=0.7124).allow(score, chance)
    assert Minima().allow(-1.0, 0.0)
    assert Minima().allow(None, None)
    assert not Minima(score=-1.0).allow(None, None), "what has no score reaches none"
