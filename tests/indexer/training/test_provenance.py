"""The command in a card: all numbers that are not the usual ones, and nobody's home directory."""

import shlex
from dataclasses import fields, replace
from pathlib import Path

import pytest

from indexer.training.provenance import licence_facts, short_path, start_name, training_command
from indexer.training.recipes import RECIPES, Classify, Joint, Recipe


def test_usual_numbers_are_left_out() -> None:
    assert training_command("classify", ["--data", "folder:a/b"], Classify(), ["--out", "x"]) == (
        "lookalike train classify --data folder:a/b --out x"
    )


@pytest.mark.parametrize("kind", RECIPES.values(), ids=RECIPES)
def test_every_number_is_written_and_exactly(kind: type[Recipe]) -> None:
    usual = kind()
    others = {
        number.name: {str: "other", int: 41, float: 1 / 3}[type(getattr(usual, number.name))] for number in fields(kind)
    }
    words = shlex.split(training_command("name", [], replace(usual, **others), []))[3:]
    flags = dict(zip(words[::2], words[1::2], strict=True))
    assert flags.keys() == {f"--{name.replace('_', '-')}" for name in others}
    for name, value in others.items():
        assert type(value)(flags[f"--{name.replace('_', '-')}"]) == value


@pytest.mark.parametrize(("value", "shown"), [(2.0, "2"), (0.5, "0.5"), (1e-5, "1e-05"), (100.0, "100")])
def test_round_numbers_are_short(value: float, shown: str) -> None:
    assert training_command("joint", [], Joint(epochs=value), []) == f"lookalike train joint --epochs {shown}"


def test_paths_and_blanks_are_shortened_and_quoted() -> None:
    line = training_command("joint", [], Joint(start="/home/somebody/my weights/net.pth", strong_fields="a, b"), [])
    assert line == "lookalike train joint --start 'my weights/net.pth' --strong-fields 'a, b'"


@pytest.mark.parametrize(("path", "expected"), [("a/b/c.csv", "b/c.csv"), ("c.csv", "c.csv"), ("/x/y/", "x/y")])
def test_a_path_is_shown_from_its_last_folder_on(path: str, expected: str) -> None:
    assert short_path(Path(path)) == expected


def test_only_known_data_on_a_known_start_make_a_licence() -> None:
    assert licence_facts("fashion-mnist", "imagenet", {})["weights"].startswith("Apache-2.0")
    for data, start in (("fashion-mnist", "somebodys"), ("a-shop", "imagenet"), ("fashion-mnist+a-shop", "scratch")):
        assert licence_facts(data, start, {})["weights"].startswith("not stated"), (data, start)


def test_weights_that_timm_publishes_are_not_taken_for_torchvisions() -> None:
    timms = start_name(Joint(backbone="timm:resnet18", start="imagenet"))
    assert licence_facts("fashion-mnist", timms, {})["weights"].startswith("not stated")


def test_a_model_made_from_another_inherits_its_licence() -> None:
    own = licence_facts("fashion-mnist", "imagenet", {})
    assert licence_facts("fashion-mnist", "mnist@1+00000000", own)["weights"] == own["weights"]
    for data, before in (("a-shop", own), ("fashion-mnist", licence_facts("a-shop", "imagenet", {}))):
        found = licence_facts(data, "mnist@1+00000000", before)
        assert found["weights"].startswith("not stated"), (data, before)
        assert found["starting_weights"] == before["weights"]
