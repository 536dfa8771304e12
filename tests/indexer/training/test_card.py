"""The card tells a bundle's facts and nothing else: no claim about data that nobody described."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from training import silent

from indexer.datasets import Dataset
from indexer.training.card import model_card
from indexer.training.measure import record
from indexer.training.recipes import Joint
from indexer.training.run import train
from services.encoders import TextEncoder, load_encoder
from services.encoders.bundle import CARD, MANIFEST, Bundle, read_bundle, write_facts

HEADINGS = [
    "## What it is",
    "## Intended use",
    "## Training data and licences",
    "## Recipe",
    "## Metrics",
    "## What it is bad at",
]


@pytest.fixture
def bundle(bundle_folder: Path) -> Bundle:
    return read_bundle(bundle_folder)[0]


def test_a_bundle_is_what_was_trained(dataset: Dataset, joint_recipe: Joint, bundle_folder: Path) -> None:
    encoder = load_encoder(str(bundle_folder))
    assert isinstance(encoder, TextEncoder)
    assert (encoder.model.name, encoder.model.version, encoder.model.dimensions) == ("shop-model", "3", 16)
    bundle, _ = read_bundle(bundle_folder)
    assert bundle.labels == {"article_type": ["Belts", "Dresses"], "base_colour": ["Red", "Blue", "Green"]}
    assert bundle.architecture.heads_read == "features"
    facts = bundle.facts
    labels = ["article_type", "base_colour"]
    assert facts["trained_on"] == {"table": dataset.name, "split": "train", "rows": 48, "labels": labels}
    assert facts["started_from"] == "scratch"
    assert facts["recipe"] == "joint"
    assert facts["hyperparameters"]["epochs"] == 4
    assert facts["hyperparameters"].keys() == vars(joint_recipe).keys()
    assert facts["command"] is None
    assert facts["minutes"] >= 0


def test_a_limit_on_the_rows_is_a_fact(dataset: Dataset, joint_recipe: Joint, tmp_path: Path) -> None:
    bundle = train(dataset, replace(joint_recipe, epochs=0.34), tmp_path, silent, limit=20)
    assert bundle.facts["trained_on"]["limit"] == 20
    assert bundle.facts["trained_on"]["rows"] == 20


def test_the_card_beside_a_bundle_is_made_of_its_facts(bundle: Bundle, bundle_folder: Path) -> None:
    assert (bundle_folder / CARD).read_text("utf-8") == model_card(bundle)


def test_the_card_tells_the_facts(bundle_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle_folder, tmp_path / "copy"))
    bundle = record(folder, "drawn-shop", "val", {"rows": 12_000, "article_type_accuracy": 0.8762, "text_r@1": 0.5})
    card = (folder / CARD).read_text("utf-8")
    assert [line for line in card.splitlines() if line.startswith("#")] == ["# shop-model, version 3", *HEADINGS]
    assert bundle.info.fingerprint in card
    assert "| `article_type_accuracy` | 0.876 |" in card
    assert "| `rows` | 12,000 |" in card
    assert "- `text_r@1`: share of titled rows whose title, as a query" in card
    assert "| `batch_size` | 16 |" in card
    assert "| rows with a readable photo | 48 |" in card
    assert "| image tower | resnet18, input 32x32 (width x height)" in card
    assert "`article_type` (2), `base_colour` (3)" in card


def test_the_card_gives_the_command_or_says_how_without_one(bundle: Bundle) -> None:
    assert "call `indexer.training.run.train` with the hyperparameters below" in model_card(bundle)
    told = replace(bundle, facts={**bundle.facts, "command": "lookalike train joint --out x"})
    assert "```\nlookalike train joint --out x\n```" in model_card(told)


def test_the_card_claims_nothing_of_data_it_does_not_know(bundle: Bundle, shop: Path) -> None:
    card = model_card(bundle)
    assert "licence of the training data | not recorded" in card
    assert "not stated; it is for whoever trained the model to say" in card
    assert "MIT" not in card
    assert "2011" not in card
    assert str(shop.parent) not in card


def test_the_card_of_a_bare_bundle_says_what_is_missing(bundle: Bundle) -> None:
    card = model_card(replace(bundle, facts={}, tokenizer=None))
    assert "not recorded" in card
    assert "Not measured yet" in card
    assert "| text tower | none |" in card
    assert "words" not in card.split("## Intended use")[1].split("##")[0]


def test_a_bar_in_a_name_does_not_break_the_table(bundle: Bundle) -> None:
    card = model_card(replace(bundle, facts={"started_from": "a|b"}))
    assert "| started from | a\\|b |" in card


@pytest.mark.parametrize("name", ["fashion-products", "fashion-products+clothing-photos"])
def test_known_data_bring_their_licence_and_limits(name: str, bundle_folder: Path, tmp_path: Path) -> None:
    """As a bundle reads that was trained on the public catalogue and has no such facts yet."""
    folder = Path(shutil.copytree(bundle_folder, tmp_path / "copy"))
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    for fact in ("licence", "limits"):
        manifest.pop(fact)
    manifest["trained_on"]["table"] = name
    manifest["started_from"] = "mobilenet_v2_imagenet"
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    card = model_card(record(folder, name.split("+")[0], "val", {"rows": 1}))
    assert "declared MIT by its publisher" in card
    assert "Coral" in card
    assert "2011 and 2012" in card
    assert "licence of these weights | Apache-2.0, as the project" in card
    assert ("CC0" in card) is name.endswith("clothing-photos")
    assert (folder / CARD).read_text("utf-8") == card


def test_one_unknown_set_among_known_ones_leaves_the_licence_open(bundle_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle_folder, tmp_path / "copy"))
    bundle, _ = read_bundle(folder)
    facts = {"trained_on": {"table": "fashion-mnist+somebodys-shop"}, "started_from": "imagenet"}
    write_facts(folder, replace(bundle, facts=facts), "")
    licence = record(folder, "fashion-mnist", "val", {}).facts["licence"]
    assert licence["training_data"] == "Fashion-MNIST, MIT; not recorded"
    assert licence["weights"].startswith("not stated")
