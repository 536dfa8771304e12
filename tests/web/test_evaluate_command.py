"""`lookalike evaluate` from the command line: what it prints and writes, and what it refuses before any work."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from services.arrays import FloatArray, unit_rows
from services.encoders.protocol import ModelInfo, Prediction
from services.errors import InvalidCatalogue
from web.cli.evaluate import evaluate

COLOURS = {"red": (220, 20, 20), "green": (20, 160, 40), "blue": (20, 40, 200)}


class Colours:
    """A photo is its mean colour, and words are all red."""

    def __init__(self, name: str) -> None:
        self.model = ModelInfo(name, "1", "0" * 64, 3)

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        means = unit_rows([np.asarray(image.convert("RGB")).reshape(-1, 3).mean(axis=0) for image in images])
        return unit_rows(np.ones_like(means)) if self.model.name == "blind" else means

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        return unit_rows([COLOURS["red"] for _ in texts])

    def classify(self, images: Sequence[Image.Image]) -> list[Prediction]:
        return [{"base_colour": [("red", 0.8), ("blue", 0.2)]} for _ in images]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that name a table of twelve photos; every model is a fake."""
    (tmp_path / "photos").mkdir()
    with (tmp_path / "catalogue.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("image", "title", "base_colour", "split"))
        for number in range(12):
            colour = list(COLOURS)[number % 3]
            Image.new("RGB", (8, 10), COLOURS[colour]).save(tmp_path / "photos" / f"{number}.png")
            table.writerow((f"{number}.png", f"{colour} {number}", colour, "train" if number > 5 else "val"))
    monkeypatch.setattr("services.encoders.load_encoder", lambda name, **_: Colours(name or "shipped"))
    return ["--table", str(tmp_path / "catalogue.csv"), "--images", str(tmp_path / "photos")]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(evaluate, list(arguments), catch_exceptions=False)


def test_figures_are_printed(data: list[str]) -> None:
    result = run(*data)
    assert result.exit_code == 0
    assert "shipped@1+00000000 on val" in result.stdout
    assert "base_colour_accuracy" in result.stdout
    assert "0.3333" in result.stdout


def test_json_on_stdout_is_one_object_and_nothing_else(data: list[str], tmp_path: Path) -> None:
    result = run(*data, "--json", "--json-file", str(tmp_path / "figures.json"), "--gallery", "all")
    found = json.loads(result.stdout)
    assert (found["model"], found["split"], found["rows"]) == ("shipped@1+00000000", "val", 6)
    assert found["base_colour_accuracy"] == pytest.approx(1 / 3)
    assert found["text_all_gallery"] == 12
    assert json.loads((tmp_path / "figures.json").read_text()) == found


def test_other_splits_vote_and_degraded_photos_search(data: list[str]) -> None:
    found = json.loads(run(*data, "--json", "--knn", "base_colour", "--robustness").stdout)
    # Six voters, two of each colour, all heard: blue is the first of three that are equal.
    assert found["base_colour_knn15"] == pytest.approx(1 / 3)
    assert found["base_colour_p@10_thumbnail"] == pytest.approx(found["base_colour_p@10"])


def test_a_label_that_is_named_is_measured(data: list[str]) -> None:
    found = json.loads(run(*data, "--json", "--label", "title").stdout)
    assert "title_p@10" in found
    assert "base_colour_p@10" not in found


def test_a_sheet_and_a_report_are_written(data: list[str], tmp_path: Path) -> None:
    result = run(*data, "--sheet", str(tmp_path / "sheet.png"), "--html", str(tmp_path / "report.html"))
    assert result.exit_code == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"
    assert "What looks like it" in (tmp_path / "report.html").read_text("utf-8")


def test_two_models_are_compared_on_the_same_rows(data: list[str], tmp_path: Path) -> None:
    page = tmp_path / "comparison.html"
    found = json.loads(run("seeing", "blind", *data, "--json", "--html", str(page)).stdout)
    assert found["models"] == ["seeing@1+00000000", "blind@1+00000000"]
    change = found["figures"]["base_colour_p@1"]
    assert change["first"] == 1.0
    assert change["change"] == pytest.approx(change["second"] - 1)
    assert change["low"] <= change["change"] <= change["high"]
    assert 0 <= found["overlap@10"] <= 1
    assert "against" in page.read_text("utf-8")
    shown = run("seeing", "blind", *data).stdout
    assert "95 % interval" in shown
    assert "in common" in shown


@pytest.mark.parametrize("option", ["--sheet", "--html", "--json-file"])
def test_a_folder_that_is_not_there_is_refused_before_any_work(
    option: str, data: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.encoders.load_encoder", lambda name: pytest.fail("loaded a model"))
    result = run(*data, option, str(tmp_path / "absent" / "file"))
    assert result.exit_code == 2
    assert option in result.stderr
    assert "no such folder" in result.stderr


def test_three_models_are_too_many(data: list[str]) -> None:
    result = run("a", "b", "c", *data)
    assert result.exit_code == 2
    assert "at most two" in result.stderr


def test_a_column_that_cannot_vote_is_named(data: list[str]) -> None:
    with pytest.raises(InvalidCatalogue, match="'brand'"):
        run(*data, "--knn", "brand")


def test_figures_are_recorded_for_whole_splits_of_one_model_only(data: list[str]) -> None:
    for more in (["--limit", "3"], ["other"]):
        result = run("shipped", *more, *data, "--record")
        assert result.exit_code == 2
        assert "--record takes one model and the whole split" in result.stderr


def test_what_is_recorded_names_data_and_split(data: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[object, ...]] = []
    monkeypatch.setattr("indexer.training.measure.record", lambda *given: told.append(given))
    assert run("some-bundle", *data, "--record").exit_code == 0
    ((folder, name, split, figures),) = told
    assert (folder, name, split) == (Path("some-bundle"), Path(data[1]).parent.name, "val")
    assert figures["rows"] == 6  # type: ignore[index]


def test_the_precision_asked_for_reaches_every_model(data: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def load(name: str, precision: str) -> Colours:
        asked.append((name, precision))
        return Colours(name)

    monkeypatch.setattr("services.encoders.load_encoder", load)
    assert run("one", "other", *data, "--precision", "bf16").exit_code == 0
    assert run("one", *data).exit_code == 0
    assert asked == [("one", "bf16"), ("other", "bf16"), ("one", "f32")]


def test_a_card_holds_figures_in_single_precision(data: list[str]) -> None:
    result = run("one", *data, "--record", "--precision", "bf16")
    assert result.exit_code == 2
    assert "--record takes figures in f32" in result.stderr
