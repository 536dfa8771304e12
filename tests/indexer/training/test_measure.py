"""Measuring writes figures into a bundle of any kind, beside those that it has, and never touches its weights."""

import shutil
import sys
from pathlib import Path

import pytest
from training import silent

from indexer.datasets import Dataset
from indexer.training.card import model_card
from indexer.training.clip_run import train_clip
from indexer.training.measure import finish, record
from indexer.training.recipes import SCRATCH, Clip
from services.encoders import load_encoder
from services.encoders.bundle import CARD, WEIGHTS, read_bundle
from services.encoders.open_clip_bundle import OpenClipBundle, read_open_clip_bundle
from services.encoders.protocol import calibration_of
from services.errors import InvalidCatalogue, ModelError


@pytest.fixture
def folder(bundle_folder: Path, tmp_path: Path) -> Path:
    """A bundle that may be changed."""
    return Path(shutil.copytree(bundle_folder, tmp_path / "shop-model"))


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_new_bundle_is_finished_with_figures_and_a_confidence(dataset: Dataset, folder: Path) -> None:
    weights, key = (folder / WEIGHTS).read_bytes(), load_encoder(str(folder)).model.key
    told: list[tuple[int, int]] = []
    figures = finish(folder, dataset, lambda done, rows: told.append((done, rows)))
    assert told == [(12, 12)]
    assert figures["rows"] == 12
    assert 0 <= figures["article_type_accuracy"] <= 1
    assert 0 <= figures["text_r@1"] <= figures["text_r@10"] <= 1
    encoder = load_encoder(str(folder))
    calibration = calibration_of(encoder)
    assert calibration is not None
    assert calibration.label_field == "article_type"
    assert set(calibration.temperatures) == {"article_type", "base_colour"}
    assert (encoder.model.key, (folder / WEIGHTS).read_bytes()) == (key, weights)
    bundle, _ = read_bundle(folder)
    assert bundle.facts["metrics"] == {"val": pytest.approx(figures, abs=1e-4)}
    assert (folder / CARD).read_text("utf-8") == model_card(bundle)


def test_figures_of_other_splits_stay(folder: Path) -> None:
    record(folder, "drawn-shop", "val", {"rows": 12})
    bundle = record(folder, "drawn-shop", "train", {"rows": 48})
    assert bundle.facts["metrics"] == {"val": {"rows": 12}, "train": {"rows": 48}}
    assert "| figure | `val` | `train` |" in (folder / CARD).read_text("utf-8")


def test_figures_of_other_data_stand_by_themselves(folder: Path) -> None:
    record(folder, "drawn-shop", "val", {"rows": 12})
    bundle = record(folder, "another-shop", "val", {"rows": 5})
    assert bundle.facts["metrics"] == {"val": {"rows": 12}, "another-shop val": {"rows": 5}}


def test_figures_are_recorded_beside_others_of_the_split(folder: Path) -> None:
    record(folder, "drawn-shop", "val", {"rows": 12, "kind_p@1": 0.123456})
    bundle = record(folder, "drawn-shop", "val", {"kind_p@1": 0.5, "kind_p@10": 0.98765432})
    assert bundle.facts["metrics"]["val"] == {"rows": 12, "kind_p@1": 0.5, "kind_p@10": 0.9877}
    assert read_bundle(folder)[0] == bundle


def test_too_few_rows_for_a_confidence_are_measured_without_one(
    dataset: Dataset, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)  # one photo is seen by torch sooner than a network is converted
    few = dataset.with_examples({"val": dataset.rows("val", 1)})
    assert finish(folder, few)["rows"] == 1
    assert calibration_of(load_encoder(str(folder))) is None


def test_a_split_that_is_not_there_is_told_and_nothing_written(dataset: Dataset, folder: Path) -> None:
    before = written(folder)
    with pytest.raises(InvalidCatalogue, match="'val'"):
        finish(folder, dataset.with_examples({"train": dataset.rows("train")}))
    assert written(folder) == before


def test_what_is_no_bundle_cannot_be_measured(dataset: Dataset, tmp_path: Path) -> None:
    for of in (lambda: finish(tmp_path, dataset), lambda: record(tmp_path, "drawn-shop", "val", {})):
        with pytest.raises(ModelError, match="not a model bundle"):
            of()


def test_an_open_clip_bundle_is_measured_too(tiny_clip: str, dataset: Dataset, tmp_path: Path) -> None:
    recipe = Clip(backbone=tiny_clip, start=SCRATCH, batch_size=12, epochs=0.25)
    trained = train_clip(dataset, recipe, tmp_path, silent)
    assert trained.facts["licence"]["weights"].startswith("not stated")
    assert trained.facts["limits"]
    figures = finish(tmp_path, dataset)
    assert figures["rows"] == 12
    assert {"article_type_p@1", "text_r@1"} <= figures.keys()
    assert "base_colour_accuracy" not in figures, "it has no label heads"
    bundle = read_open_clip_bundle(tmp_path)
    assert isinstance(bundle, OpenClipBundle)
    assert bundle.sight == trained.sight
    assert bundle.facts["metrics"]["val"] == pytest.approx(figures, abs=1e-4)
    assert (tmp_path / CARD).read_text("utf-8") == model_card(bundle)
    assert load_encoder(str(tmp_path)).model == trained.info
