"""What is suggested beside what the shop says, and what is kept of a model's labels."""

import json

import pytest
from fakes import ColourEncoder, VisionOnlyEncoder
from hypothesis import given
from hypothesis import strategies as st

from services.encoders import load_encoder
from services.encoders.protocol import label_fields
from services.labelling import predicted_names, predictions_of, suggestible_fields
from services.predictions import (
    Predictions,
    predictions_from_json,
    predictions_json,
    suggested,
    with_suggestions,
)

FOUND = Predictions("m@1", "d" * 64, {"gender": ("Women", 0.9), "base_colour": ("Red", 0.5)})
NAMES = st.sampled_from(["gender", "base_colour", "predicted_gender", "predicted_base_colour", "title"])
SCALARS = st.one_of(st.text(max_size=5), st.booleans(), st.integers(-3, 3), st.floats(allow_nan=False))


@pytest.mark.parametrize(
    ("attributes", "least", "wanted"),
    [
        ({}, 0.5, {"predicted_gender": "Women", "predicted_base_colour": "Red"}),
        ({}, 0.51, {"predicted_gender": "Women"}),
        ({}, 1.0, {}),
        ({}, None, {}),
        ({"gender": "Men"}, 0.0, {"predicted_base_colour": "Red"}),
        ({"gender": ""}, 0.0, {"predicted_base_colour": "Red"}),
        ({"gender": False, "base_colour": 0}, 0.0, {}),
        ({"predicted_gender": "?"}, 0.0, {"predicted_base_colour": "Red"}),
    ],
)
def test_suggestions(attributes, least, wanted) -> None:
    assert suggested(attributes, FOUND, least) == wanted


def test_nothing_is_suggested_of_a_product_that_nobody_has_seen() -> None:
    assert suggested({}, None, 0.0) == {}


@given(st.dictionaries(NAMES, SCALARS), st.one_of(st.none(), st.floats(0, 1)))
def test_the_shop_has_the_last_word(attributes, least) -> None:
    assert attributes.items() <= with_suggestions(attributes, FOUND, least).items()


def test_what_is_kept_comes_back_as_it_was() -> None:
    assert predictions_from_json(json.loads(json.dumps(predictions_json(FOUND)))) == FOUND
    assert predictions_json(None) is None
    assert predictions_from_json(None) is None


def test_only_first_labels_of_the_fields_asked_for_are_kept() -> None:
    prediction = {"a": [("x", 0.123456), ("y", 0.1)], "b": [("z", 1.0)], "c": [("w", float("nan"))], "d": []}
    kept = predictions_of("m", "d", prediction, ["a", "c", "d", "absent"])
    assert kept == Predictions("m", "d", {"a": ("x", 0.1235)})


@pytest.mark.parametrize("encoder", [ColourEncoder(), VisionOnlyEncoder()])
def test_labels_that_nobody_calibrated_are_not_suggested(encoder) -> None:
    assert suggestible_fields(encoder) == ()


def test_the_shipped_model_suggests_what_it_is_calibrated_for() -> None:
    encoder = load_encoder()
    assert label_fields(encoder) == ("article_type", "sub_category", "base_colour", "gender", "category")
    assert predicted_names(encoder) == [
        "predicted_article_type",
        "predicted_sub_category",
        "predicted_base_colour",
        "predicted_gender",
    ]
