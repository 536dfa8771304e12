"""Calibrating from end to end: coloured photos, an encoder of colours, and a bundle that gets what was measured."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from fakes import ColourEncoder, VisionOnlyEncoder
from PIL import Image

from indexer.calibration import SeenSplit, calibrate_bundle, calibration_figures, fit_calibration, see_split
from indexer.datasets import Dataset, Example
from indexer.evaluation.encode import encode_split
from services.arrays import FloatArray
from services.encoders.bundle import MANIFEST, WEIGHTS, Bundle, write_bundle
from services.encoders.bundle_encoder import load_bundle
from services.encoders.network import Architecture, JointNetwork
from services.encoders.preprocess import Preprocessing
from services.encoders.protocol import ModelInfo
from services.errors import InvalidCatalogue

TONES = {"red": (230, 40, 40), "green": (40, 230, 40), "blue": (40, 40, 230), "white": (215, 215, 215)}


class Plain:
    """Photos of one colour, which is their name."""

    def photo(self, name: str) -> Image.Image:
        red, green, blue = map(int, name.split("-"))
        return Image.new("RGB", (8, 8), (red, green, blue))


def examples(split: str, count: int) -> list[Example]:
    """Photos whose colour strays so far from their label's that some are nearer to another's."""
    chance = np.random.default_rng(len(split))
    found = []
    for number in range(count):
        colour = list(TONES)[number % len(TONES)]
        shade = (np.array(TONES[colour]) + chance.normal(scale=70, size=3)).clip(0, 255).astype(int)
        cells = {"base_colour": colour, "article_type": "Tops", "gender": "Women"}
        found.append(Example("-".join(map(str, shade)), f"{colour} top", cells))
    return found


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    rows = {"val": examples("val", 400), "test": examples("testing", 400)}
    return Dataset("colours", ("base_colour", "gender"), rows, Plain())


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_every_kind_of_query_gets_a_curve_that_holds_on_other_photos(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Plain colours are so close to each other that only a threshold above one half tells them apart.
    monkeypatch.setattr("indexer.calibration.refusal.HIGHEST", 1.0)
    encoder = ColourEncoder()
    calibration = fit_calibration(encoder, dataset)
    assert calibration.label_field == "base_colour"
    assert list(calibration.curves) == ["image", "text", "mixed"]
    assert calibration.temperatures == {}, "no label of its head is in the data set"
    for curve in calibration.curves.values():
        assert curve.probabilities[-1] > curve.probabilities[0] + 0.3
    figures = calibration_figures(encoder, calibration, dataset, "test")
    for kind in ("image", "text", "mixed"):
        assert figures[f"{kind}_match_ece"] < 0.05
        assert figures[f"{kind}_no_match_false_alarms"] < 0.1
        assert figures[f"{kind}_no_match_caught"] >= figures[f"{kind}_no_match_false_alarms"]
    assert figures["no_match_caught"] > figures["no_match_false_alarms"]


def test_a_curve_that_is_wrong_shows_in_the_figures(dataset: Dataset) -> None:
    encoder = ColourEncoder()
    calibration = fit_calibration(encoder, dataset)
    wrong = replace(calibration.curves["image"], scores=(-1.0,), probabilities=(0.2,), no_match_below=1.0)
    figures = calibration_figures(encoder, replace(calibration, curves={"image": wrong}), dataset, "test")
    assert figures["image_match_ece"] > 0.5
    assert figures["no_match_false_alarms"] == figures["no_match_caught"] == 1
    assert "text_match_ece" not in figures


def test_a_split_that_was_seen_is_not_encoded_again(dataset: Dataset) -> None:
    encoder = ColourEncoder()
    seen = see_split(encoder, dataset, "val")
    before = encoder.encoded
    calibration = fit_calibration(encoder, dataset, seen=seen)
    assert calibration == fit_calibration(ColourEncoder(), dataset)
    assert encoder.encoded == before
    plain = fit_calibration(encoder, dataset, seen=SeenSplit(encode_split(encoder, dataset, "val")))
    assert (plain.curves, plain.temperatures) == (calibration.curves, {}), "curves need no more than vectors"


def test_heads_keep_every_labels_probability(dataset: Dataset) -> None:
    encoder = ColourEncoder()
    seen = see_split(encoder, dataset, "val")
    head = seen.heads["colour"]
    (first,) = encoder.classify([dataset.photos.photo(dataset.rows("val")[0].image)])
    assert dict(zip(head.classes, np.exp(head.logits[0]), strict=True)) == pytest.approx(
        dict(first["colour"]), abs=1e-5
    )
    assert head.logits.shape == (400, len(first["colour"]))
    assert len(seen.judged("colour")[1]) == 0, "the data set has no such label"


def test_a_model_without_words_gets_a_curve_for_photos(dataset: Dataset) -> None:
    assert list(fit_calibration(VisionOnlyEncoder(), dataset).curves) == ["image"]


def test_another_label_may_be_what_makes_a_hit_right(dataset: Dataset) -> None:
    calibration = fit_calibration(ColourEncoder(), dataset, label_field="gender")
    assert calibration.label_field == "gender"
    assert min(calibration.curves["image"].probabilities) > 0.95, "all are women's"
    assert calibration.curves["image"].no_match_below == 0, "so none is without an answer"


def test_rows_without_the_label_are_no_queries(dataset: Dataset) -> None:
    with pytest.raises(InvalidCatalogue, match="0 photos have a label in 'season'"):
        fit_calibration(ColourEncoder(), dataset, label_field="season")
    with pytest.raises(InvalidCatalogue, match="nothing in split"):
        fit_calibration(ColourEncoder(), dataset, "train")


def untrained(dataset: Dataset) -> JointNetwork:
    """Random weights that have seen the photos once: without that, they all look alike to its batch norms."""
    torch.manual_seed(3)
    network, sees = JointNetwork(Architecture(dimensions=8, heads={"base_colour": 3})), Preprocessing(32, 24)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # the plain average of what it sees
    with torch.no_grad():
        photos = [dataset.photos.photo(row.image) for row in dataset.rows("val")]
        pixels = torch.from_numpy(sees.batch(photos)).permute(0, 3, 1, 2)
        network.train().embed_images(pixels.float() / 127.5 - 1)
    return network


def test_a_model_that_sees_no_difference_is_not_calibrated(dataset: Dataset) -> None:
    class Blind(ColourEncoder):
        def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
            return np.tile(np.float32([1, 0, 0, 0]), (len(images), 1))

    with pytest.raises(InvalidCatalogue, match="tells photos apart"):
        fit_calibration(Blind(), dataset)


def test_a_bundle_is_calibrated_in_place(tmp_path: Path, dataset: Dataset) -> None:
    few = dataset.with_examples({split: rows[:40] for split, rows in dataset.examples.items()})
    network, sees = untrained(few), Preprocessing(32, 24)
    labels = {"base_colour": ["blue", "green", "red"]}  # "white" is unknown to it
    bundle = Bundle(ModelInfo("tiny", "1", "", 8), network.architecture, sees, labels)
    write_bundle(tmp_path, bundle, network.state_dict(), lambda written: "# card\n")
    weights, model = (tmp_path / WEIGHTS).read_bytes(), load_bundle(tmp_path).model
    calibration = calibrate_bundle(tmp_path, few)
    encoder = load_bundle(tmp_path)
    assert encoder.calibration == calibration
    assert list(calibration.curves) == ["image"]
    assert calibration.temperatures.keys() == {"base_colour"}
    assert calibration.temperatures["base_colour"] != pytest.approx(1, abs=0.01)
    assert calibrate_bundle(tmp_path, few).temperatures == pytest.approx(calibration.temperatures, rel=1e-3)
    assert encoder.model == model
    assert (tmp_path / WEIGHTS).read_bytes() == weights
    assert json.loads((tmp_path / MANIFEST).read_text("utf-8"))["calibration"]["label_field"] == "base_colour"
    figures = calibration_figures(encoder, calibration, few, "test")
    assert 0 <= figures["base_colour_calibrated_ece"] <= 1
    assert figures.keys() >= {"base_colour_uncalibrated_ece", "image_match_ece"}
