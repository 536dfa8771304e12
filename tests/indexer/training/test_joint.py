"""The joint recipe learns, repeats itself, survives what catalogues hold, and leaves a bundle that says all of it."""

import csv
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from indexer.training.card import model_card
from indexer.training.data import LabelledImages, LabelledTable, label_sets, load_images
from indexer.training.joint import JointRecipe, JointTrainer, build_network, build_tokenizer
from indexer.training.losses import caption_ids, contrastive_loss
from indexer.training.measure import measured
from indexer.training.provenance import short_path, training_command
from indexer.training.run import train_joint
from services.encoders.bundle import MANIFEST, WEIGHTS, Bundle, read_bundle, write_bundle
from services.encoders.bundle_encoder import TextBundleEncoder, load_bundle
from services.encoders.network import JointNetwork, TextTower
from services.encoders.protocol import ModelInfo
from services.errors import InvalidCatalogue, ModelError

RECIPE = JointRecipe(
    epochs=6, batch_size=16, dimensions=16, text_width=16, ngram_buckets=64, height=32, width=32, small_share=0.3
)
COLOURS = {"Red": "#c81e1e", "Blue": "#1e32b4", "Green": "#1e9632"}
KINDS = ("Belts", "Dresses")
COLUMNS = ("id", "title", "article_type", "base_colour", "image", "split")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Pictures this small are done sooner by one thread, and in one order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def drawn(kind: str, colour: str, index: int) -> Image.Image:
    """A belt is a bar, a dress a triangle; each a little elsewhere."""
    image = Image.new("RGB", (24, 32), "white")
    left, top = index % 5, index % 7
    if kind == "Belts":
        ImageDraw.Draw(image).rectangle((left, 10 + top, 18 + left, 15 + top), fill=COLOURS[colour])
    else:
        ImageDraw.Draw(image).polygon([(10 + left, top), (left, 25 + top), (18 + left, 25 + top)], fill=COLOURS[colour])
    return image


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> LabelledTable:
    """48 photos to train on, 12 to measure on, two rows without a colour, one without a photo."""
    folder = tmp_path_factory.mktemp("drawn-shop")
    (folder / "images").mkdir()
    rows = []
    for index in range(60):
        kind, colour = KINDS[index % 2], list(COLOURS)[index % 3]
        drawn(kind, colour, index).save(folder / "images" / f"{index}.png")
        shown = "" if index in (4, 5) else colour
        split = "train" if index < 48 else "val"
        rows.append((index, f"{colour} {kind} no. {index % 4}", kind, shown, f"images/{index}.png", split))
    rows.append((60, "Red Belts", "Belts", "Red", "images/none.png", "train"))
    with (folder / "catalogue.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return LabelledTable(folder / "catalogue.csv", folder, ("article_type", "base_colour"))


def trainer_for(table: LabelledTable, recipe: JointRecipe) -> JointTrainer:
    rows = table.rows("train")
    labels = label_sets(rows, table.label_fields)
    tokenizer = build_tokenizer(rows, [table.title_column, *table.label_fields], recipe)
    network = build_network(labels, tokenizer, recipe, None)
    return JointTrainer(network, tokenizer, load_images(table, rows, labels, recipe.preprocessing), recipe)


def silent(figures: str, step: int, steps: int) -> None:
    """A report that nobody reads."""


@pytest.fixture(scope="module")
def bundle_folder(table: LabelledTable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "shop-model"
    train_joint(table, replace(RECIPE, epochs=1), folder, silent, name="shop-model", version="3")
    return folder


def test_the_losses_fall(table: LabelledTable) -> None:
    trainer = trainer_for(table, RECIPE)
    batches = np.random.default_rng(0).permuted(np.tile(np.arange(48), (6, 1)), axis=1).reshape(-1, 16)
    losses = [trainer.step(batch.tolist()) for batch in batches]
    first, last = (
        {name: float(np.mean([step[name] for step in part])) for name in losses[0]}
        for part in (losses[:4], losses[-4:])
    )
    assert first.keys() == {"article_type", "base_colour", "contrastive"}
    for name, loss in first.items():
        assert last[name] < 0.9 * loss, f"{name} went from {loss:.3f} to {last[name]:.3f}"


def test_run_takes_its_steps_and_reports_the_last(table: LabelledTable) -> None:
    told: list[tuple[str, int, int]] = []
    trainer = trainer_for(table, replace(RECIPE, epochs=1))
    trainer.run(lambda figures, step, steps: told.append((figures, step, steps)))
    figures, step, steps = told[-1]
    assert step == steps == trainer.steps == 3
    assert "images/s" in figures
    assert "contrastive" in figures
    assert not trainer.network.training


def test_a_seed_repeats_itself_and_another_does_not(table: LabelledTable) -> None:
    states = []
    for seed in (7, 7, 8):
        trainer = trainer_for(table, replace(RECIPE, epochs=0.67, seed=seed))
        trainer.run(silent)
        states.append(trainer.network.state_dict())
    names = [name for name, tensor in states[0].items() if tensor.is_floating_point()]
    assert all(torch.allclose(states[0][name], states[1][name], atol=1e-6) for name in names)
    assert not all(torch.allclose(states[0][name], states[2][name], atol=1e-3) for name in names)


def test_a_batch_without_a_label_teaches_the_others(table: LabelledTable) -> None:
    trainer = trainer_for(table, RECIPE)
    losses = trainer.step([4, 5])  # neither has a colour
    assert losses.keys() == {"article_type", "contrastive"}
    assert all(torch.isfinite(parameter).all() for parameter in trainer.network.parameters())


def test_photos_that_cannot_be_read_are_left_out(table: LabelledTable) -> None:
    rows = table.rows("train")
    data: LabelledImages = load_images(table, rows, label_sets(rows, ("base_colour",)), RECIPE.preprocessing)
    assert (len(rows), len(data)) == (49, 48)
    assert data.pixels.shape == (48, 32, 32, 3)
    assert (data.targets["base_colour"][[4, 5]] == -100).all()


def test_a_bundle_is_what_was_trained(table: LabelledTable, bundle_folder: Path) -> None:
    encoder = load_bundle(bundle_folder)
    assert isinstance(encoder, TextBundleEncoder)
    assert (encoder.model.name, encoder.model.version, encoder.model.dimensions) == ("shop-model", "3", 16)
    assert encoder.bundle.labels == {"article_type": ["Belts", "Dresses"], "base_colour": ["Red", "Blue", "Green"]}
    facts = encoder.bundle.facts
    assert facts["trained_on"] == {"table": table.table.parent.name, "split": "train", "rows": 48}
    assert facts["started_from"] == "scratch"
    assert facts["hyperparameters"]["epochs"] == 1


def test_half_precision_on_disk_leaves_the_vectors_as_they_were(table: LabelledTable, tmp_path: Path) -> None:
    trainer = trainer_for(table, replace(RECIPE, epochs=2))
    trainer.run(silent)
    rows = table.rows("train")
    tokenizer = build_tokenizer(rows, [table.title_column, *table.label_fields], RECIPE)
    labels = label_sets(rows, table.label_fields)
    info = ModelInfo("memory", "1", "", 16)
    bundle = Bundle(info, trainer.network.architecture, RECIPE.preprocessing, labels, tokenizer)
    write_bundle(tmp_path, bundle, trainer.network.state_dict(), model_card)
    images = [drawn(KINDS[i % 2], list(COLOURS)[i % 3], i) for i in range(6)]
    in_memory = TextBundleEncoder(bundle, trainer.network, tower(trainer.network), tokenizer)
    loaded = load_bundle(tmp_path)
    assert isinstance(loaded, TextBundleEncoder)
    for one, other in (
        (in_memory.encode_images(images), loaded.encode_images(images)),
        (in_memory.encode_texts(["red belt", "dress"]), loaded.encode_texts(["red belt", "dress"])),
    ):
        assert (one * other).sum(axis=1).min() > 0.9999


def tower(network: JointNetwork) -> TextTower:
    assert network.text is not None
    return network.text


def test_measuring_records_figures_and_leaves_the_weights(table: LabelledTable, bundle_folder: Path) -> None:
    weights = (bundle_folder / WEIGHTS).read_bytes()
    told: list[tuple[int, int]] = []
    bundle = measured(bundle_folder, table, ["val"], lambda done, rows: told.append((done, rows)))
    assert told == [(12, 12)]
    figures = bundle.facts["metrics"]["val"]
    assert figures["rows"] == 12
    assert 0 <= figures["article_type_accuracy"] <= 1
    assert 0 <= figures["text_r@1"] <= figures["text_r@10"] <= 1
    again, _ = read_bundle(bundle_folder)
    assert again == bundle
    assert (bundle_folder / WEIGHTS).read_bytes() == weights
    both = measured(bundle_folder, table, ["train"])
    assert both.facts["metrics"].keys() == {"val", "train"}
    assert both.facts["metrics"]["val"] == figures
    assert (bundle_folder / "MODEL_CARD.md").read_text("utf-8") == model_card(both)
    assert stat.S_IMODE((bundle_folder / WEIGHTS).stat().st_mode) == 0o644


def test_the_card_tells_the_facts(table: LabelledTable, bundle_folder: Path) -> None:
    bundle = measured(bundle_folder, table, ["val"])
    card = model_card(bundle)
    headings = [line for line in card.splitlines() if line.startswith("#")]
    assert headings == [
        "# shop-model, version 3",
        "## What it is",
        "## Intended use",
        "## Training data and licences",
        "## Recipe",
        "## Metrics",
        "## What it is bad at",
    ]
    assert bundle.info.fingerprint in card
    assert f"| `article_type_accuracy` | {bundle.facts['metrics']['val']['article_type_accuracy']:.3f} |" in card
    assert "| `batch_size` | 16 |" in card
    assert "48" in card


def test_the_card_claims_nothing_of_data_it_does_not_know(table: LabelledTable, bundle_folder: Path) -> None:
    card = model_card(read_bundle(bundle_folder)[0])
    assert "licence of the training data | not recorded" in card
    assert "MIT" not in card
    assert "2011" not in card
    assert str(table.table.parent) not in card


def test_the_card_of_a_bare_bundle_says_what_is_missing(bundle_folder: Path) -> None:
    bare = replace(read_bundle(bundle_folder)[0], facts={}, tokenizer=None)
    card = model_card(bare)
    assert "not recorded" in card
    assert "Not measured yet" in card
    assert "| text tower | none |" in card


def test_a_known_data_set_brings_its_licence_limits_and_command(table: LabelledTable, tmp_path: Path) -> None:
    """As a bundle reads that was trained on the public catalogue and has no such facts yet."""
    shop = tmp_path / "fashion-products"
    shop.mkdir()
    (shop / "catalogue.csv").write_bytes(table.table.read_bytes())
    known = replace(table, table=shop / "catalogue.csv")
    usual = JointRecipe()
    train_joint(known, replace(RECIPE, epochs=0.34), tmp_path / "model", silent)
    manifest = json.loads((tmp_path / "model" / MANIFEST).read_text("utf-8"))
    for fact in ("licence", "limits", "command"):
        manifest.pop(fact)
    manifest["hyperparameters"] |= {name: getattr(usual, name) for name in manifest["hyperparameters"]}
    manifest["started_from"] = "mobilenet_v2_imagenet"
    (tmp_path / "model" / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    card = model_card(measured(tmp_path / "model", known, ["val"]))
    assert "declared MIT by its publisher" in card
    assert "Coral" in card
    assert "2011 and 2012" in card
    assert (
        "lookalike train --table fashion-products/catalogue.csv --images "
        f"{short_path(table.images)} --start imagenet-mobilenetv2/mobilenet_v2_imagenet.safetensors "
        "--out lookalike-mobilenetv2 --epochs 4 --batch-size 128 --seed 7 "
        "--label article_type --label base_colour --name lookalike-mobilenetv2 --version 1"
    ) in card


def test_a_recipe_that_the_command_cannot_set_has_no_command(table: LabelledTable, bundle_folder: Path) -> None:
    facts = read_bundle(bundle_folder)[0].facts
    assert facts["command"] is None
    assert training_command(table, facts, "shop-model", "3") is None
    assert "train_joint" in model_card(read_bundle(bundle_folder)[0])


def test_a_label_column_without_values_is_refused(table: LabelledTable, tmp_path: Path) -> None:
    lines = table.table.read_text("utf-8").replace("base_colour", "season").splitlines()
    emptied = [lines[0], *(",".join([*line.split(",")[:3], "", *line.split(",")[4:]]) for line in lines[1:])]
    (tmp_path / "catalogue.csv").write_text("\n".join(emptied), "utf-8")
    with pytest.raises(InvalidCatalogue, match="column season"):
        train_joint(
            LabelledTable(tmp_path / "catalogue.csv", table.images, ("season",)), RECIPE, tmp_path / "out", silent
        )
    assert not (tmp_path / "out").exists()


def test_start_weights_that_do_not_fit_are_refused(table: LabelledTable, tmp_path: Path) -> None:
    save_file({"features.0.0.weight": torch.zeros(2, 2)}, tmp_path / "unfit.safetensors")
    (tmp_path / "damaged.safetensors").write_bytes(b"damaged")
    for name, told in (("unfit", "mobilenet_v2"), ("damaged", "not a readable"), ("missing", "not a readable")):
        with pytest.raises(ModelError, match=told):
            train_joint(table, RECIPE, tmp_path / "out", silent, start=tmp_path / f"{name}.safetensors")


def test_start_weights_are_what_training_starts_from(table: LabelledTable, tmp_path: Path) -> None:
    rows = table.rows("train")
    labels, tokenizer = label_sets(rows, table.label_fields), build_tokenizer(rows, ["title"], RECIPE)
    source = build_network(labels, tokenizer, replace(RECIPE, seed=1), None)
    half = {f"features.{name}": tensor.half() for name, tensor in source.backbone.state_dict().items()}
    save_file({**half, "classifier.1.bias": torch.zeros(3)}, tmp_path / "start.safetensors")
    network = build_network(labels, tokenizer, replace(RECIPE, seed=2), tmp_path / "start.safetensors")
    for name, tensor in network.backbone.state_dict().items():
        assert torch.equal(tensor.float(), half[f"features.{name}"].float()), name


def test_a_table_without_a_split_column_holds_nothing_out(table: LabelledTable, tmp_path: Path) -> None:
    assert table.has_split("val")
    assert not table.has_split("dev")
    (tmp_path / "plain.csv").write_text("id,title,image\n1,Belt,1.png\n", "utf-8")
    plain = LabelledTable(tmp_path / "plain.csv", tmp_path, ())
    assert not plain.has_split("val")
    assert len(plain.rows("train")) == 1


def test_with_distinct_captions_the_contrastive_loss_is_clips() -> None:
    chance = torch.Generator().manual_seed(0)
    images, texts = (F.normalize(torch.randn(5, 4, generator=chance), dim=-1) for _ in range(2))
    logits, target = 10 * images @ texts.T, torch.arange(5)
    clip = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
    assert contrastive_loss(images, texts, target, torch.tensor(10.0)) == pytest.approx(float(clip))


def test_rows_that_share_a_caption_are_right_answers_to_each_other() -> None:
    captions = [["red", "belt"], ["dress"], ["red", "belt"]]
    assert caption_ids(captions).tolist() == [0, 1, 0]
    chance = torch.Generator().manual_seed(0)
    images, texts = (F.normalize(torch.randn(3, 4, generator=chance), dim=-1) for _ in range(2))
    logits = 5 * images @ texts.T
    share = torch.tensor([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])
    expected = (F.cross_entropy(logits, share) + F.cross_entropy(logits.T, share)) / 2
    assert contrastive_loss(images, texts, caption_ids(captions), torch.tensor(5.0)) == pytest.approx(float(expected))
