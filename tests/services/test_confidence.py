"""What a hit's score is worth: kinds of query, minima, and when nothing is close."""

import numpy as np
import pytest
from fakes import ColourEncoder
from PIL import Image

from services.confidence import Confidence, Minima
from services.encoders.calibration import MatchCurve, ScoreCalibration
from services.errors import InvalidRequest, Unsupported
from services.search import Query
from services.stores import Match

PHOTO = Image.new("RGB", (4, 4), "red")
MATCHES = [Match("near", "front", 0.9), Match("far", "front", 0.4), Match("opposite", "front", -0.5)]


class ImagesOnly(ColourEncoder):
    """Calibrated for photos alone, strictly: the level is 0.5 from a cosine of 0.6 up."""

    calibration = ScoreCalibration("colour", {"image": MatchCurve((0.0, 0.6), (0.0, 0.5), 0.5)})


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (Query(images=[PHOTO]), "image"),
        (Query(images=[PHOTO, PHOTO], product_ids=["a"]), "image"),
        (Query(product_ids=["a"], text="  "), "image"),
        (Query(text="red"), "text"),
        (Query(text="red", product_ids=["a"]), "mixed"),
        (Query(text="red", images=[PHOTO]), "mixed"),
    ],
)
def test_what_a_query_is_made_of_decides_its_kind(query: Query, kind: str) -> None:
    assert query.kind == kind


def test_every_match_gets_the_probability_of_its_kind() -> None:
    weighed = Confidence(ImagesOnly(), "image").weigh(MATCHES)
    assert [item.probability for item in weighed] == pytest.approx([0.5, 1 / 3, 0])
    assert [item.match for item in weighed] == MATCHES
    assert [item.probability for item in Confidence(ImagesOnly(), "text").weigh(MATCHES)] == [None] * 3
    assert [item.probability for item in Confidence(ColourEncoder(), "image").weigh(MATCHES)] == [None] * 3
    assert Confidence(ImagesOnly(), "image").weigh([]) == []


def test_nothing_is_close_below_the_threshold_and_where_nothing_is() -> None:
    confidence = Confidence(ImagesOnly(), "image")
    near, far, _ = confidence.weigh(MATCHES)
    assert not confidence.nothing_close(near), "0.5 is not below 0.5"
    assert confidence.nothing_close(far)
    assert confidence.nothing_close(None)
    unknown = Confidence(ImagesOnly(), "mixed")
    assert not unknown.nothing_close(unknown.weigh(MATCHES)[2]), "without a curve it cannot tell"
    assert unknown.nothing_close(None)


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
