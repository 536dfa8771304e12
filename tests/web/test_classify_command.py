"""`lookalike classify` over a fake model: files, folders, what cannot be read, and sheets."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from fakes import COLOURS, VisionOnlyEncoder
from PIL import Image

from services.bootstrap import Platform
from services.errors import InvalidRequest, Unsupported
from web.cli.main import cli


@pytest.fixture
def run(platform: Platform, monkeypatch):
    monkeypatch.setattr("services.bootstrap.build", lambda settings: platform)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return lambda *words: CliRunner().invoke(cli, ["classify", *map(str, words)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photos in three colours, one in a folder of its own, and files that are none."""
    place = tmp_path / "photos"
    (place / "more").mkdir(parents=True)
    for name, colour in (("a.png", "red"), ("b.PNG", "green"), ("more/c.jpg", "blue")):
        Image.new("RGB", (30, 40), COLOURS[colour]).save(place / name)
    (place / "notes.txt").write_text("no photo")
    return place


def first_labels(stdout: str) -> dict[str, str]:
    lines = [json.loads(line) for line in stdout.splitlines()]
    return {Path(line["photo"]).name: line["labels"]["colour"][0]["label"] for line in lines}


def test_a_folder_is_labelled_photo_by_photo(run, folder: Path) -> None:
    told = run(folder, "--json", "--top", 2)
    assert told.exit_code == 0, told.exception
    assert first_labels(told.stdout) == {"a.png": "red", "b.PNG": "green", "c.jpg": "blue"}
    line = json.loads(told.stdout.splitlines()[0])
    assert len(line["labels"]["colour"]) == 2
    assert line["model"] == "colours@1+00000000"


def test_a_pipe_gets_plain_lines(run, folder: Path) -> None:
    told = run(folder / "a.png", "--top", 1)
    place, field, label, probability = told.stdout.rstrip("\n").split("\t")
    assert (place, field, label) == (str(folder / "a.png"), "colour", "red")
    assert 0 < float(probability) <= 1


def test_more_photos_than_a_batch(run, folder: Path) -> None:
    told = run(*[folder / "a.png"] * 17, folder / "more" / "c.jpg", "--json", "--top", 1)
    assert len(told.stdout.splitlines()) == 18
    assert first_labels(told.stdout.splitlines()[-1]) == {"c.jpg": "blue"}


def test_a_box_is_labelled_alone(run, folder: Path) -> None:
    picture = Image.new("RGB", (40, 40), COLOURS["red"])
    picture.paste(COLOURS["blue"], (20, 0, 40, 40))
    picture.save(folder / "half.png")
    assert first_labels(run(folder / "half.png", "--json", "--box", "0.5,0,1,1").stdout) == {"half.png": "blue"}


def test_what_cannot_be_read_is_told_and_stops_nothing(run, folder: Path, tmp_path: Path) -> None:
    (folder / "broken.png").write_bytes(b"no photo")
    (tmp_path / "empty").mkdir()
    told = run(tmp_path / "empty", "/nowhere.jpg", "http://127.0.0.1/x.jpg", "/dev/zero", folder, "--json")
    assert told.exit_code == 1
    assert set(first_labels(told.stdout)) == {"a.png", "b.PNG", "c.jpg"}
    problems = told.stderr.splitlines()
    assert len(problems) == 5
    for place in ("empty", "/nowhere.jpg", "127.0.0.1", "/dev/zero", "broken.png"):
        assert any(place in problem for problem in problems), place


def test_nothing_that_can_be_read(run) -> None:
    told = run("/nowhere.jpg", "--open")
    assert (told.exit_code, told.stdout) == (1, "")


def test_a_sheet_shows_photos_with_their_labels(run, folder: Path, tmp_path: Path) -> None:
    told = run(folder, "--sheet", tmp_path / "sheet.html", "--open")
    assert told.exit_code == 0, told.exception
    page = (tmp_path / "sheet.html").read_text("utf-8")
    assert page.count("data:image/jpeg") == 3
    assert "colour: green" in page


@pytest.mark.parametrize("box", ["", "0,0,1", "a,b,c,d", "nan,0,1,1", "0,0,1,1e999", "1,1,0,0"])
def test_a_wrong_box_is_refused_before_anything_is_read(run, folder: Path, box: str) -> None:
    told = run(folder, "--box", box)
    assert isinstance(told.exception, InvalidRequest)
    assert told.stdout == ""


@pytest.mark.parametrize("words", [[], ["photo.jpg", "--top", "0"], ["photo.jpg", "--top", "51"]])
def test_wrong_use(run, words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_a_model_without_labels_says_so(run, platform: Platform, folder: Path) -> None:
    platform.__dict__["encoder"] = VisionOnlyEncoder()
    assert isinstance(run(folder).exception, Unsupported)
