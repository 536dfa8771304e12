"""A calibration maps cosines to probabilities that never fall, lives in a bundle, and refuses what cannot be one."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fakes import CalibratedEncoder, ColourEncoder
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.encoders import load_encoder
from services.encoders.bundle import (
    CARD,
    MANIFEST,
    WEIGHTS,
    Bundle,
    read_bundle,
    write_bundle,
    write_calibration,
    write_facts,
)
from services.encoders.bundle_encoder import BundleEncoder, load_bundle
from services.encoders.calibration import MAX_KNOTS, MatchCurve, ScoreCalibration, calibration_from_json
from services.encoders.network import Architecture, JointNetwork
from services.encoders.preprocess import Preprocessing
from services.encoders.protocol import ModelInfo, calibration_of
from services.errors import ModelError

CURVE = MatchCurve((0.2, 0.6, 0.8), (0.1, 0.5, 0.9), 0.3)
CALIBRATION = ScoreCalibration("kind", {"image": CURVE, "text": replace(CURVE, no_match_below=0.25)}, {"kind": 4.0})
PHOTO = Image.new("RGB", (40, 50), "teal")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Models this small spend longer sharing work among threads than doing it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    torch.manual_seed(1)
    network = JointNetwork(Architecture(dimensions=8, heads={"kind": 3}))
    torch.nn.init.normal_(network.heads["kind"].weight, std=0.1)
    labels = {"kind": ["belt", "dress", "shoe"]}
    bundle = Bundle(ModelInfo("tiny", "1", "", 8), network.architecture, Preprocessing(32, 24), labels)
    write_bundle(folder, bundle, network.state_dict(), lambda written: f"# {written.info.key}\n")
    return folder


@pytest.fixture
def folder(tmp_path: Path, original: Path) -> Path:
    """A bundle that is not calibrated, and may be changed."""
    return Path(shutil.copytree(original, tmp_path / "tiny"))


def test_a_curve_is_linear_between_its_knots_and_level_beyond() -> None:
    scores = np.array([[-1, 0.2, 0.4], [0.6, 0.7, 1]], np.float32)
    chances = CURVE.probability(scores)
    assert chances == pytest.approx(np.array([[0.1, 0.1, 0.3], [0.5, 0.7, 0.9]]), abs=1e-6)
    assert chances.dtype == np.float32
    assert CURVE.probability(np.empty(0, np.float32)).shape == (0,)
    assert MatchCurve((0.5,), (0.4,), 0).probability(np.array([-1, 1], np.float32)) == pytest.approx([0.4, 0.4])


@given(st.data())
def test_a_higher_score_is_never_less_likely(data: st.DataObject) -> None:
    knots = sorted(data.draw(st.sets(st.floats(-1, 1), min_size=1, max_size=MAX_KNOTS)))
    chances = sorted(data.draw(st.lists(st.floats(0, 1), min_size=len(knots), max_size=len(knots))))
    curve = MatchCurve(tuple(knots), tuple(chances), 0.5)
    scores = np.array(sorted(data.draw(st.lists(st.floats(-1, 1, width=32), min_size=2))), np.float32)
    found = curve.probability(scores)
    assert (np.diff(found) >= -1e-6).all()
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize(
    "bad",
    [
        ((), (), 0.5),
        ((0.1, 0.2), (0.5,), 0.5),
        ((0.2, 0.1), (0.1, 0.2), 0.5),
        ((0.1, 0.1), (0.1, 0.2), 0.5),
        ((0.1, 0.2), (0.2, 0.1), 0.5),
        ((0.1, 0.2), (0.1, 1.1), 0.5),
        ((0.1, 0.2), (-0.1, 1), 0.5),
        ((0.1, float("nan")), (0.1, 1), 0.5),
        ((0.1, float("inf")), (0.1, 1), 0.5),
        ((0.1, 0.2), (0.1, float("nan")), 0.5),
        ((0.1, 0.2), (0.1, 0.2), float("nan")),
        ((0.1, 0.2), (0.1, 0.2), 1.5),
        ((0.1, 7), (0.1, 0.2), 0.5),
        (tuple(i / 100 for i in range(MAX_KNOTS + 1)), (0.5,) * (MAX_KNOTS + 1), 0.5),
    ],
)
def test_what_is_no_curve_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"knot|rise|between|fall"):
        MatchCurve(*bad)


@pytest.mark.parametrize("temperature", [0, -1, float("nan"), float("inf"), 1e9])
def test_what_is_no_temperature_is_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="temperature"):
        ScoreCalibration("kind", {}, {"kind": temperature})


def test_json_brings_a_calibration_back_equal() -> None:
    assert calibration_from_json(json.loads(json.dumps(CALIBRATION.to_json()))) == CALIBRATION


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("label_field"),
        lambda data: data.update(label_field=3),
        lambda data: data.pop("match"),
        lambda data: data.update(match=[1]),
        lambda data: data["match"].update(smell=data["match"]["image"]),
        lambda data: data["match"]["image"].update(scores="0.1"),
        lambda data: data["match"]["image"].update(scores=["0.1", "0.2", "0.3"]),
        lambda data: data["match"]["image"].update(probabilities=[False, True, True]),
        lambda data: data["match"]["image"].update(probabilities=[0.9, 0.5, 0.1]),
        lambda data: data["match"]["image"].update(no_match_below=None),
        lambda data: data["match"]["image"].pop("no_match_below"),
        lambda data: data.update(temperatures={"kind": 0}),
        lambda data: data.update(temperatures={"kind": "hot"}),
        lambda data: data.update(temperatures=None),
    ],
)
def test_hostile_json_is_refused_wherever_it_is_read(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    data = CALIBRATION.to_json()
    change(data)
    with pytest.raises(ModelError, match="calibration is damaged"):
        calibration_from_json(data)
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**manifest, "calibration": data}), "utf-8")
    with pytest.raises(ModelError, match="tiny: calibration is damaged"):
        load_bundle(folder)


@pytest.mark.parametrize("data", [7, "x", [], {}])
def test_json_that_is_nothing_like_a_calibration_is_refused(data: Any) -> None:
    with pytest.raises(ModelError, match="calibrate the model again"):
        calibration_from_json(data)


def test_a_bundle_without_calibration_loads_and_has_none(folder: Path) -> None:
    encoder = load_encoder(str(folder))
    assert calibration_of(encoder) is None
    assert "calibration" not in json.loads((folder / MANIFEST).read_text("utf-8"))


def test_a_calibration_is_written_beside_untouched_weights(folder: Path) -> None:
    before, key = {name: (folder / name).read_bytes() for name in (WEIGHTS, CARD)}, load_bundle(folder).model.key
    write_calibration(folder, CALIBRATION)
    encoder = load_encoder(str(folder))
    assert calibration_of(encoder) == CALIBRATION
    assert encoder.model.key == key, "the index stays valid"
    assert {name: (folder / name).read_bytes() for name in (WEIGHTS, CARD)} == before
    assert list(folder.glob("*.part")) == []


def test_a_calibration_survives_new_facts_and_is_replaced_by_another(folder: Path) -> None:
    write_calibration(folder, CALIBRATION)
    bundle, _ = read_bundle(folder)
    write_facts(folder, replace(bundle, facts={"metrics": {}}), "# card\n")
    assert load_bundle(folder).calibration == CALIBRATION
    write_calibration(folder, ScoreCalibration("kind"))
    assert load_bundle(folder).calibration == ScoreCalibration("kind")


@pytest.mark.parametrize("text", [None, "", "[]", "{}"])
def test_nothing_is_written_where_there_is_no_bundle(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / MANIFEST).write_text(text, "utf-8")
    with pytest.raises(ModelError, match="not a model bundle"):
        write_calibration(tmp_path, CALIBRATION)


def test_a_calibration_of_other_heads_is_refused(folder: Path) -> None:
    write_calibration(folder, ScoreCalibration("kind", {}, {"colour": 1.5}))
    with pytest.raises(ModelError, match=r"tiny: calibrated for heads colour"):
        load_bundle(folder)


def test_a_temperature_divides_the_logits_and_leaves_the_order(folder: Path) -> None:
    (before,) = load_bundle(folder).classify([PHOTO])
    write_calibration(folder, CALIBRATION)
    (after,) = load_bundle(folder).classify([PHOTO])
    names, chances = zip(*before["kind"], strict=True)
    softer = np.array(chances) ** (1 / 4)  # softmax(z / T) is softmax(z) to the power of 1 / T, scaled to sum to one
    assert [name for name, _ in after["kind"]] == list(names)
    assert [chance for _, chance in after["kind"]] == pytest.approx((softer / softer.sum()).tolist(), abs=1e-5)
    assert after["kind"][0][1] < before["kind"][0][1] - 0.01


def test_only_what_keeps_a_calibration_has_one(folder: Path) -> None:
    assert calibration_of(ColourEncoder()) is None
    assert calibration_of(CalibratedEncoder()) is CalibratedEncoder.calibration
    assert isinstance(load_encoder(str(folder)), BundleEncoder)
