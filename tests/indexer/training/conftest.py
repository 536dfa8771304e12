"""A small drawn shop to train on: belts are bars, dresses triangles, in three colours."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import open_clip
import pytest
import torch
from PIL import Image, ImageDraw
from training import silent

from indexer.datasets import Dataset, table_dataset
from indexer.training.recipes import SCRATCH, Joint
from indexer.training.run import train

COLOURS = {"Red": "#c81e1e", "Blue": "#1e32b4", "Green": "#1e9632"}
KINDS = ("Belts", "Dresses")
CLIP = "lookalike-tiny-clip"
CLIP_CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
COLUMNS = ("id", "title", "article_type", "base_colour", "image", "split")


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """Pictures this small are done sooner by one thread, and in one order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="package", autouse=True)
def _log_each_step() -> Iterator[None]:
    """Runs this short would log three times."""
    import indexer.training.loop as loop

    before, loop.LOG_EVERY = loop.LOG_EVERY, 1
    yield
    loop.LOG_EVERY = before


def drawn(index: int) -> Image.Image:
    """The photo of product `index`: a belt is a bar, a dress a triangle; each a little elsewhere."""
    image = Image.new("RGB", (24, 32), "white")
    colour, left, top = COLOURS[list(COLOURS)[index % 3]], index % 5, index % 7
    if index % 2 == 0:
        ImageDraw.Draw(image).rectangle((left, 10 + top, 18 + left, 15 + top), fill=colour)
    else:
        ImageDraw.Draw(image).polygon([(10 + left, top), (left, 25 + top), (18 + left, 25 + top)], fill=colour)
    return image


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 photos to train on, 12 to measure on, two rows without a colour, one without a photo."""
    folder = tmp_path_factory.mktemp("drawn") / "drawn-shop"
    (folder / "images").mkdir(parents=True)
    rows = []
    for index in range(60):
        kind, colour = KINDS[index % 2], list(COLOURS)[index % 3]
        drawn(index).save(folder / "images" / f"{index}.png")
        shown = "" if index in (4, 5) else colour
        split = "train" if index < 48 else "val"
        rows.append((index, f"{colour} {kind} no. {index % 4}", kind, shown, f"images/{index}.png", split))
    rows.append((60, "Red Belts", "Belts", "Red", "images/none.png", "train"))
    with (folder / "catalogue.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return folder


@pytest.fixture(scope="package")
def dataset(shop: Path) -> Dataset:
    return table_dataset(shop / "catalogue.csv", shop, ("article_type", "base_colour"))


@pytest.fixture(scope="package")
def joint_recipe() -> Joint:
    """One pass over the drawn shop."""
    return Joint(
        **{"backbone": "resnet18", "start": SCRATCH, "height": 32, "width": 32, "thumbnails": 0.0},
        **{"dimensions": 16, "text_width": 16, "ngram_buckets": 64, "batch_size": 16, "epochs": 1.0, "ema": 0.0},
    )


@pytest.fixture(scope="package")
def bundle_folder(dataset: Dataset, joint_recipe: Joint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that tells the drawn shop's photos apart, not measured. Tests that change it copy it first."""
    folder = tmp_path_factory.mktemp("bundles") / "shop-model"
    train(dataset, replace(joint_recipe, epochs=4.0), folder, silent, name="shop-model", version="3")
    return folder


@pytest.fixture(scope="package")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of an architecture that open_clip knows for as long as these tests run."""
    path = tmp_path_factory.mktemp("configs") / f"{CLIP}.json"
    path.write_text(json.dumps(CLIP_CONFIG), "utf-8")
    open_clip.add_model_config(path)
    yield CLIP
    open_clip.factory._MODEL_CONFIG_PATHS.remove(path)
    open_clip.factory._MODEL_CONFIGS.pop(CLIP)
