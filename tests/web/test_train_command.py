"""`lookalike train` from the command line: what it trains, says and writes, and what it refuses before any work."""

import csv
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import click
import numpy as np
import open_clip
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw

from indexer.training.provenance import training_command
from indexer.training.recipes import RECIPES, Classify, Joint, Recipe
from services.encoders import Classifier, load_encoder
from services.encoders.bundle import read_bundle
from services.errors import InvalidCatalogue, InvalidRequest, ModelError
from web.cli import train as train_module
from web.cli.train import train

ROOT = Path(__file__).parents[2]
TINY_CLIP = {
    "embed_dim": 8,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}
QUICK = shlex.split(
    "--backbone resnet18 --start scratch --height 32 --width 32 --dimensions 8 --batch-size 8 --epochs 1 --thumbnails 0"
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Pictures this small are done sooner by one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def draw(path: Path, number: int) -> None:
    """A belt is a bar, a dress a triangle; each number another place, size and colour."""
    image, chance = Image.new("RGB", (24, 32), "white"), np.random.default_rng(number)
    left, top, size = (int(part) for part in chance.integers(0, [6, 8, 8]))
    colour = tuple(int(part) for part in chance.integers(0, 200, 3))
    if number % 2:
        ImageDraw.Draw(image).rectangle((left, 8 + top, 10 + left + size, 14 + top), fill=colour)
    else:
        corners = [(8 + left, top), (left, 16 + top + size), (16 + left, 16 + top + size)]
        ImageDraw.Draw(image).polygon(corners, fill=colour)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty photos to train on and eight to measure on, in class folders; one of the eight is among the twenty."""
    folder = tmp_path_factory.mktemp("data") / "shop"
    for number in range(28):
        split, kind = "train" if number < 20 else "val", "belts" if number % 2 else "dresses"
        draw(folder / split / kind / f"{number}.png", number)
    draw(folder / "train" / "belts" / "again.png", 21)
    return folder


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Another shop's table of twelve bags with a field of its own, all to train on, and their photos."""
    folder = tmp_path_factory.mktemp("bags")
    with (folder / "bags.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("image", "title", "gender", "split"))
        for number in range(12):
            draw(folder / "photos" / f"{number}.png", 100 + number)
            rows.writerow(
                (f"{number}.png", f"Bag {number}", "Women" if number % 2 else "Men", "val" if number > 9 else "train")
            )
    return folder / "bags.csv", folder / "photos"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(train, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def trained(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """What the command says, and the bundle that it leaves."""
    out = tmp_path_factory.mktemp("models") / "shop-model"
    words = ("classify", "--data", f"folder:{photos}", "--out", out, "--name", "shop-model", "--version", "5", *QUICK)
    return run(*words), out


def test_a_model_is_trained_measured_and_put_where_it_was_told(trained: tuple[Result, Path]) -> None:
    result, out = trained
    assert result.exit_code == 0
    encoder = load_encoder(str(out))
    assert (encoder.model.name, encoder.model.version, encoder.model.dimensions) == ("shop-model", "5", 8)
    assert isinstance(encoder, Classifier)
    (prediction,) = encoder.classify([Image.new("RGB", (24, 32), "white")])
    assert {label for label, _ in prediction["category"]} == {"belts", "dresses"}
    assert f"{encoder.model.key} is in {out}. Put it to work: lookalike rebuild --model {out}" in result.stdout


def test_what_it_says_is_told_on_stdout_and_its_progress_is_not(trained: tuple[Result, Path]) -> None:
    result, out = trained
    assert "1 of 21 rows of train are left out: their photo or title is held out too." in result.stdout
    assert "on val" in result.stdout
    assert "category_accuracy" in result.stdout
    assert "images/s" not in result.stdout
    figures = read_bundle(out)[0].facts["metrics"]["val"]
    assert figures["rows"] == 8
    assert f"{figures['category_accuracy']:.4f}" in result.stdout


def test_the_bundle_says_what_it_was_made_of_and_how_to_make_it_again(trained: tuple[Result, Path]) -> None:
    _, out = trained
    facts = read_bundle(out)[0].facts
    assert facts["trained_on"] == {"table": "shop", "split": "train", "rows": 20, "labels": ["category"]}
    assert facts["command"].startswith("lookalike train classify --data folder:data0/shop --backbone resnet18")
    assert facts["command"].endswith("--out shop-model --name shop-model --version 5")
    assert facts["command"] in (out / "MODEL_CARD.md").read_text("utf-8")


def test_further_data_bring_labels_of_their_own(photos: Path, table: tuple[Path, Path], tmp_path: Path) -> None:
    result = run("classify", "--data", f"folder:{photos}", "--also", *table, "--out", tmp_path, *QUICK)
    assert result.exit_code == 0
    bundle, _ = read_bundle(tmp_path)
    assert {field: set(names) for field, names in bundle.labels.items()} == {
        "category": {"belts", "dresses"},
        "gender": {"Men", "Women"},
    }
    assert bundle.facts["trained_on"]["rows"] == 30
    assert f"--also {table[0].parent.name}/bags.csv {table[0].parent.name}/photos" in bundle.facts["command"]
    assert bundle.facts["metrics"]["val"]["rows"] == 8, "it is measured on its own data"


def test_further_data_of_another_layout(photos: Path, tmp_path: Path) -> None:
    draw(tmp_path / "more" / "hats" / "1.png", 200)
    for number in range(12):
        draw(tmp_path / "more" / "hats" / f"{number}.png", 201 + number)
    words = ("--data", f"folder:{photos}", "--also-data", f"folder:{tmp_path / 'more'}", "--out", tmp_path / "out")
    assert run("classify", *words, *QUICK).exit_code == 0
    bundle, _ = read_bundle(tmp_path / "out")
    assert set(bundle.labels["category"]) == {"belts", "dresses", "hats"}
    assert f"--also-data folder:{tmp_path.name}/more" in bundle.facts["command"]


@pytest.fixture
def tiny_clip(tmp_path: Path) -> Iterator[str]:
    """The name of an architecture that open_clip knows for as long as the test runs."""
    path = tmp_path / "lookalike-mite.json"
    path.write_text(json.dumps(TINY_CLIP), "utf-8")
    open_clip.add_model_config(path)
    yield path.stem
    open_clip.factory._MODEL_CONFIG_PATHS.remove(path)
    open_clip.factory._MODEL_CONFIGS.pop(path.stem)


def test_an_open_clip_model_is_trained_and_measured_alike(
    tiny_clip: str, table: tuple[Path, Path], tmp_path: Path
) -> None:
    words = ("--table", table[0], "--images", table[1], "--out", tmp_path / "out")
    result = run("clip", *words, "--backbone", tiny_clip, "--start", "scratch", "--batch-size", "4", "--epochs", "1")
    assert result.exit_code == 0
    assert "text_r@1" in result.stdout
    assert load_encoder(str(tmp_path / "out")).model.key in result.stdout
    manifest = json.loads((tmp_path / "out" / "model.json").read_text("utf-8"))
    assert manifest["metrics"]["val"]["rows"] == 2
    assert manifest["command"].startswith("lookalike train clip --table ")


def test_a_limit_and_labels_are_kept_in_the_command(table: tuple[Path, Path], tmp_path: Path) -> None:
    words = ("--table", table[0], "--images", table[1], "--label", "gender", "--limit", "8", "--out", tmp_path / "out")
    assert run("siamese", *words, *QUICK, "--per-class", "2").exit_code == 0
    facts = read_bundle(tmp_path / "out")[0].facts
    assert facts["trained_on"]["rows"] == facts["trained_on"]["limit"] == 8
    folder = table[0].parent.name
    assert f"--table {folder}/bags.csv --images {folder}/photos --label gender" in facts["command"]
    assert facts["command"].endswith("--out lookalike-siamese --name lookalike-siamese --version 1 --limit 8")


@pytest.mark.parametrize("words", [(), ("--data", "folder:{photos}", "--table", "{table}")])
def test_data_that_are_named_not_once_are_a_usage_error(
    words: tuple[str, ...], photos: Path, table: tuple[Path, Path], tmp_path: Path
) -> None:
    named = [word.format(photos=photos, table=table[0]) for word in words]
    result = run("classify", *named, "--out", tmp_path / "out", *QUICK)
    assert result.exit_code == 2
    assert "name the data by --table and --images, or by --data KIND:PATH" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_for_the_model_must_be_named(photos: Path) -> None:
    result = run("classify", "--data", f"folder:{photos}", *QUICK)
    assert result.exit_code == 2
    assert "--out" in result.stderr


@pytest.mark.parametrize("flag", [("--epochs", "many"), ("--batch-size", "1.5"), ("--limit", "0"), ("--margin", "1")])
def test_a_number_that_is_none_of_the_recipes_is_a_usage_error(
    flag: tuple[str, str], photos: Path, tmp_path: Path
) -> None:
    result = run("classify", "--data", f"folder:{photos}", "--out", tmp_path / "out", *flag)
    assert result.exit_code == 2
    assert flag[0] in result.stderr


def test_an_unknown_kind_of_data_is_told_with_the_known_ones(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"unknown kind of data set 'heap'; .* table, folder, fashion-mnist"):
        run("classify", "--data", f"heap:{photos}", "--out", tmp_path / "out", *QUICK)
    with pytest.raises(InvalidCatalogue, match="No such file"):
        run("classify", "--data", f"folder:{photos}/absent", "--out", tmp_path / "out", *QUICK)
    assert not (tmp_path / "out").exists()


def test_a_backbone_that_is_not_known_is_told(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="close to it: resnet18"):
        run("classify", "--data", f"folder:{photos}", "--out", tmp_path / "out", "--backbone", "resnet_18")


def test_an_unknown_recipe_is_a_usage_error() -> None:
    result = run("quadruplet")
    assert result.exit_code == 2
    assert "quadruplet" in result.stderr


def parsed(line: str, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """The recipe that the command would train with."""
    found: list[Recipe] = []
    monkeypatch.setattr(train_module, "_train", lambda name, recipe, data, target: found.append(recipe))
    run(*shlex.split(line)[2:])
    return found[0]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recorded_command_parses_to_the_same_recipe(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = RECIPES[name]()
    other = {str: "an other", int: 3, float: 2 / 3}
    changed = replace(usual, **{part.name: other[type(getattr(usual, part.name))] for part in fields(usual)})
    for recipe in (usual, changed):
        line = training_command(name, ["--data", "folder:a/b"], recipe, ["--out", "out"])
        assert parsed(line, monkeypatch) == recipe


def test_every_number_is_a_flag_with_its_default_and_its_help() -> None:
    for name, kind in RECIPES.items():
        command = train.commands[name]
        options = {option.name: option for option in command.params if isinstance(option, click.Option)}
        for number in fields(kind):
            option = options[number.name]
            assert option.opts == [f"--{number.name.replace('_', '-')}"]
            assert (option.default, option.help) == (number.default, number.metadata["help"])


def test_help_lists_the_recipes_and_loads_no_model_library() -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from web.cli.main import cli\n"
        "for words in (['train', '--help'], ['train', 'joint', '--help']):\n"
        "    print(CliRunner().invoke(cli, words).output)\n"
        "print([m for m in ('torch', 'torchvision', 'open_clip', 'pytorch_lightning', 'numpy') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert all(f"\n  {name} " in done.stdout for name in RECIPES), done.stdout
    assert "--refine-epochs" in done.stdout
    assert done.stdout.strip().endswith("[]")


def test_defaults_are_the_recipes_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parsed("lookalike train classify --data folder:a --out b", monkeypatch) == Classify()
    assert parsed("lookalike train joint --data folder:a --out b --epochs 3", monkeypatch) == Joint(epochs=3.0)


def test_figures_in_the_bundle_are_json(trained: tuple[Result, Path]) -> None:
    manifest = json.loads((trained[1] / "model.json").read_text("utf-8"))
    assert all(isinstance(value, int | float) for value in manifest["metrics"]["val"].values())
