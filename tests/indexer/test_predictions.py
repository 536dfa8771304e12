"""Labels that the model suggests: whom they are made for, when, and what becomes of them."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from fakes import COLOURS, ColourEncoder
from PIL import Image

from indexer.pipeline import Pipeline
from indexer.rebuild import Rebuild
from indexer.reconcile import audit
from indexer.rows import EMBEDDED_TOGETHER, RowBuilder
from services.arrays import FloatArray
from services.bootstrap import Platform
from services.encoders import ModelInfo
from services.encoders.calibration import QUERY_KINDS, MatchCurve, ScoreCalibration
from services.encoders.protocol import Prediction
from services.filters import OneOf
from services.index import LiveIndex
from services.predictions import Predictions
from services.products import ImageRef, Product

CURVES = {kind: MatchCurve((0, 1), (0, 1), 0.6) for kind in QUERY_KINDS}


class LabellingEncoder(ColourEncoder):
    """Labels a photo's colour, whether it is dark, and its mood: which nobody has calibrated."""

    calibration = ScoreCalibration("base_colour", CURVES, {"base_colour": 1.0, "shade": 1.0})
    labels = {"base_colour": list(COLOURS), "shade": ["dark", "light"], "mood": ["happy"]}  # noqa: RUF012

    def __init__(self, version: str = "1") -> None:
        super().__init__()
        self.model = ModelInfo("labels", version, version * 64, 4)
        self.labelled: list[int] = []

    def embed_and_classify(self, images: Sequence[Image.Image]) -> tuple[FloatArray, list[Prediction]]:
        self.labelled.append(len(images))
        return self.encode_images(images), [self._labels(image) for image in images]

    def _labels(self, image: Image.Image) -> Prediction:
        colour = next(name for name, shade in COLOURS.items() if image.getpixel((0, 0)) == shade)
        light = float(np.mean(COLOURS[colour])) / 255
        shades = sorted([("dark", 1 - light), ("light", light)], key=lambda pair: -pair[1])
        return {"base_colour": [(colour, 0.9), ("green", 0.1)], "shade": shades, "mood": [("happy", 1.0)]}


@pytest.fixture
def encoder(platform: Platform) -> LabellingEncoder:
    platform.__dict__["encoder"] = LabellingEncoder()
    return platform.encoder  # type: ignore[return-value]


@pytest.fixture
def builder(platform: Platform, encoder: LabellingEncoder) -> RowBuilder:
    return RowBuilder(encoder, platform.images, platform.limits, predict_from=0.7)


def seen(platform: Platform, product_id: str) -> dict[str, object]:
    """The suggestions in the index, the same in each row of the product."""
    rows = platform.index.store().rows_of([product_id])
    found = [{k: v for k, v in row.attributes.items() if k.startswith("predicted_")} for row in rows]
    assert found
    assert all(one == found[0] for one in found)
    return found[0]


def predictions(platform: Platform, product_id: str) -> Predictions | None:
    return platform.catalogue.get(product_id).predictions


def test_a_product_without_labels_gets_them_from_its_first_photo(platform, pipeline: Pipeline, make, encoder) -> None:
    product = make("p", "red", "black")
    platform.catalogue.put([product])
    pipeline.run(["p"])
    # Red is dark by two thirds, which is too little to be suggested, and kept all the same.
    assert seen(platform, "p") == {"predicted_base_colour": "red"}
    labels = {"base_colour": ("red", 0.9), "shade": ("dark", 0.6667)}
    assert predictions(platform, "p") == Predictions(encoder.model.key, product.images[0].digest, labels)
    assert platform.index.store().count(OneOf("predicted_base_colour", ("red",))) == 2
    assert (encoder.labelled, encoder.encoded) == ([1], 2), "one photo was labelled, and each was seen once"


def test_what_the_shop_says_is_never_overwritten(platform, pipeline: Pipeline, make, encoder) -> None:
    platform.catalogue.put([make("p", "black", base_colour="Ink", predicted_shade="gloomy")])
    pipeline.run(["p"])
    assert seen(platform, "p") == {"predicted_shade": "gloomy"}
    assert platform.catalogue.get("p").product.attributes["base_colour"] == "Ink"


def test_products_that_have_all_labels_are_only_embedded(platform, pipeline: Pipeline, make, encoder) -> None:
    platform.catalogue.put([make("p", "black", base_colour="Ink", shade="dark"), make("q", "red", shade="dark")])
    pipeline.run(["p", "q"])
    assert encoder.labelled == [1]
    assert (predictions(platform, "p"), seen(platform, "p")) == (None, {})
    assert seen(platform, "q") == {"predicted_base_colour": "red"}


def test_a_new_attribute_labels_nothing_again(platform, pipeline: Pipeline, make, encoder) -> None:
    platform.catalogue.put([make("p", "red")])
    pipeline.run(["p"])
    before = predictions(platform, "p")
    platform.catalogue.put([make("p", "red", base_colour="Scarlet")])
    pipeline.run(["p"])
    assert seen(platform, "p") == {}
    platform.catalogue.put([make("p", "red", price=3)])
    pipeline.run(["p"])
    assert seen(platform, "p") == {"predicted_base_colour": "red"}
    assert predictions(platform, "p") == before
    assert (encoder.labelled, encoder.encoded) == ([1], 1)


def test_a_label_taken_away_is_suggested_though_no_photo_changed(platform, pipeline: Pipeline, make, encoder) -> None:
    platform.catalogue.put([make("p", "red", base_colour="Ink", shade="dark")])
    pipeline.run(["p"])
    (before,) = platform.index.store().rows_of(["p"], with_vectors=True)
    platform.catalogue.put([make("p", "red", shade="dark")])
    pipeline.run(["p"])
    assert seen(platform, "p") == {"predicted_base_colour": "red"}
    (after,) = platform.index.store().rows_of(["p"], with_vectors=True)
    assert np.array_equal(before.vector, after.vector)


@pytest.mark.parametrize("colours", [("blue",), ("blue", "red"), ("red", "blue")])
def test_suggestions_are_of_the_photo_that_comes_first_now(
    platform, pipeline: Pipeline, make, encoder, colours: tuple[str, ...]
) -> None:
    platform.catalogue.put([make("p", "red")])
    pipeline.run(["p"])
    platform.catalogue.put([make("p", *colours)])
    kept = predictions(platform, "p")
    assert (kept is None) == (colours[0] != "red"), "nothing is said of a photo that was said of another"
    pipeline.run(["p"])
    assert seen(platform, "p")["predicted_base_colour"] == colours[0]


def test_a_main_photo_that_is_none_is_taken_for_nothing(platform, pipeline: Pipeline, make, encoder) -> None:
    platform.catalogue.put([make("p", "red")])
    pipeline.run(["p"])
    platform.catalogue.put([make("p", "broken", "blue")])
    pipeline.run(["p"])
    assert (seen(platform, "p"), predictions(platform, "p")) == ({}, None)
    assert platform.catalogue.get("p").state == "indexed"


def test_a_photo_that_is_lost_costs_its_labels_and_not_its_row(platform, pipeline: Pipeline, make, encoder) -> None:
    product = make("p", "red", base_colour="Red", shade="dark")
    platform.catalogue.put([product])
    pipeline.run(["p"])
    digest = product.images[0].digest
    (platform.settings.data_dir / "images" / digest[:2] / digest[2:4] / digest).unlink()
    platform.catalogue.put([Product("p", {}, product.images)])
    pipeline.run(["p"])
    assert (seen(platform, "p"), predictions(platform, "p")) == ({}, None)
    record = platform.catalogue.get("p")
    assert (record.state, record.problem) == ("indexed", None), "its vector is known, and it is found as before"


def test_a_failed_or_deleted_product_keeps_no_predictions(platform, pipeline: Pipeline, make, encoder) -> None:
    platform.catalogue.put([make("p", "red"), make("q", "red")])
    pipeline.run(["p", "q"])
    platform.catalogue.put([make("p", "broken")])
    platform.catalogue.delete("q")
    pipeline.run(["p", "q"])
    records = platform.catalogue.get_many(["p", "q"])
    assert [records[key].state for key in ("p", "q")] == ["failed", "deleted"]
    with platform.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(predictions) FROM products").scalar() == 0


def test_one_photo_of_several_products_is_labelled_once(platform, pipeline: Pipeline, make, encoder) -> None:
    platform.catalogue.put(
        [make(f"p{i}", "red", **({"base_colour": "x", "shade": "y"} if i else {})) for i in range(5)]
    )
    pipeline.run([f"p{i}" for i in range(5)])
    assert (encoder.labelled, encoder.encoded) == ([1], 1)
    assert predictions(platform, "p0") is not None


def test_photos_are_labelled_a_batch_at_a_time(platform, builder: RowBuilder, encoder) -> None:
    images = []
    for number in range(EMBEDDED_TOGETHER + 8):
        buffer = io.BytesIO()
        Image.new("RGB", (4, 4 + number), COLOURS["red"]).save(buffer, "PNG")
        images.append(platform.images.add(buffer.getvalue()))
    platform.catalogue.put([Product(f"p{n}", {}, (ImageRef("front", digest),)) for n, digest in enumerate(images)])
    records = list(platform.catalogue.get_many([f"p{n}" for n in range(len(images))]).values())
    built = builder.build(records, {})
    assert encoder.labelled == [EMBEDDED_TOGETHER, 8]
    assert all(outcome.predictions for outcome in built.outcomes)


@pytest.mark.parametrize("given", [{"predict_from": None}, {}])
def test_nothing_is_suggested_where_it_is_switched_off(platform, make, encoder, given) -> None:
    platform.catalogue.put([make("p", "red")])
    Pipeline(platform.claims, RowBuilder(encoder, platform.images, platform.limits, **given), platform.index).run(["p"])
    assert (encoder.labelled, seen(platform, "p"), predictions(platform, "p")) == ([], {}, None)


def test_a_model_without_calibrated_labels_suggests_nothing(platform, make) -> None:
    plain = RowBuilder(platform.encoder, platform.images, platform.limits, predict_from=0.0)
    platform.catalogue.put([make("p", "red")])
    Pipeline(platform.claims, plain, platform.index).run(["p"])
    assert (seen(platform, "p"), predictions(platform, "p")) == ({}, None)


def test_suggestions_are_no_difference_to_the_audit(platform, pipeline: Pipeline, make, encoder) -> None:
    platform.catalogue.put([make("p", "red"), make("q", "blue", base_colour="Blue")])
    pipeline.run(["p", "q"])
    assert audit(platform.catalogue, platform.claims, platform.index.store(), fix=True).clean


def test_a_rebuild_renews_suggestions(platform, pipeline: Pipeline, make, encoder) -> None:
    platform.catalogue.put([make("p", "red"), make("full", "blue", base_colour="Red", shade="dark")])
    pipeline.run(["p", "full"])
    other = LabellingEncoder("2")
    platform.__dict__["encoder"] = other
    builder = RowBuilder(other, platform.images, platform.limits, predict_from=0.5)
    Rebuild(platform.catalogue, platform.claims, platform.locks, platform.indexes, builder, other.model).run(
        lambda done, total: None
    )
    found = predictions(platform, "p")
    assert found is not None
    assert (found.model, predictions(platform, "full")) == (other.model.key, None)
    platform.__dict__["index"] = LiveIndex(platform.indexes, other.model)
    assert seen(platform, "p") == {"predicted_base_colour": "red", "predicted_shade": "dark"}


def test_a_rebuild_leaves_what_moved_on_alone(platform, pipeline: Pipeline, builder, make, encoder) -> None:
    platform.catalogue.put([make("p", "red")])
    (old,) = platform.catalogue.get_many(["p"]).values()
    built = builder.build([old], {})
    platform.catalogue.put([make("p", "blue")])
    pipeline.run(["p"])
    platform.claims.predict(built.outcomes)
    found = predictions(platform, "p")
    assert found is not None
    assert found.labels["base_colour"][0] == "blue"
