"""What is known about the data a model learned from: licences, limits, and the command that trains it again."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from indexer.training.data import LabelledTable
from indexer.training.joint import JointRecipe

SCRATCH = "scratch"
DATA_LICENCES = {
    "fashion-products": (
        "Fashion Product Images, the catalogue of one online shop (papers call it KAGL), declared MIT by its "
        "publisher. The photos show brands' goods, so they are not redistributed with this model"
    ),
}
DATA_LIMITS = {
    "fashion-products": (
        "Learned from the studio photos of one shop, largely 60x80 thumbnails, of products that it lists under the "
        "years 2010 to 2018, two thirds of them 2011 and 2012: later fashion, other markets and other studios' styles "
        "are foreign to it.",
        "Colour names are ambiguous (navy or blue, beige or cream), and each photo has one of them even where "
        "the garment has several colours.",
        "The gender head repeats the catalogue's labelling conventions; it says who the shop sold to, and nothing "
        "about a person in the photo.",
    ),
}
LIMITS = (
    "Photos taken by phone, with clutter, folds or people in motion, are not measured here.",
    "Rare classes do far worse than common ones: read the macro figures beside the accuracies.",
    "A label that was not in the training data is never predicted, and the probabilities are not calibrated.",
    "It learned words from the catalogue's titles and labels: negation, counts, prices and sizes mean nothing to it.",
)
START_FILES = {"mobilenet_v2_imagenet": "imagenet-mobilenetv2/mobilenet_v2_imagenet.safetensors"}
START_LICENCES = {
    "mobilenet_v2_imagenet": "ImageNet weights, Apache-2.0, converted from the Coral project's TensorFlow model"
}


def licence_facts(data: str, start: str) -> dict[str, str]:
    """Licence statements about the training `data` and the `start` weights, and what follows for the model's own."""
    known = data in DATA_LICENCES and (start == SCRATCH or start in START_LICENCES)
    return {
        "weights": "Apache-2.0, as the project" if known else "not stated; it is for whoever trained the model to say",
        "training_data": DATA_LICENCES.get(data, "not recorded"),
        "starting_weights": "none" if start == SCRATCH else START_LICENCES.get(start, "not recorded"),
    }


def limits(data: str, height: int, width: int) -> list[str]:
    """What a model trained on `data` at that input size is bad at."""
    size = f"It sees {width}x{height} pixels: small prints, stitching, fabric and logos are lost."
    return [*DATA_LIMITS.get(data, ()), size, *LIMITS]


def short_path(path: Path) -> str:
    """The last folder and the name: enough to find a file by, and nobody's home directory.

    >>> short_path(Path("/home/somebody/data/fashion-products/catalogue.csv"))
    'fashion-products/catalogue.csv'
    """
    return "/".join(path.parts[-2:])


def training_command(table: LabelledTable, facts: Mapping[str, Any], name: str, version: str) -> str | None:
    """The `lookalike train` line that trains the model with these `facts` again.

    None where the recipe has numbers, or the table columns, that the command cannot set: such a model is trained
    from Python.
    """
    usual = LabelledTable(table.table, table.images, table.label_fields)
    given = facts["hyperparameters"]
    recipe = JointRecipe(epochs=given["epochs"], batch_size=given["batch_size"], seed=given["seed"])
    if asdict(recipe) != given or table != usual:
        return None
    start, limit = facts["started_from"], facts["trained_on"].get("limit")
    words = ["lookalike", "train", "--table", short_path(table.table), "--images", short_path(table.images)]
    words += [] if start == SCRATCH else ["--start", START_FILES.get(start, f"{start}.safetensors")]
    words += ["--out", name, "--epochs", f"{recipe.epochs:g}", "--batch-size", str(recipe.batch_size)]
    words += ["--seed", str(recipe.seed), *([] if limit is None else ["--limit", str(limit)])]
    words += [word for field in table.label_fields for word in ("--label", field)]
    return shlex.join([*words, "--name", name, "--version", version])
