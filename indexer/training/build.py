"""From a recipe and labelled rows to a network and what it minimises."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch

from indexer.datasets import Example
from indexer.training.objectives import (
    ClassifyObjective,
    DistilledObjective,
    JointObjective,
    Objective,
    SiameseObjective,
    TripletObjective,
)
from indexer.training.recipes import Classify, Joint, Recipe, Siamese, Triplet
from indexer.training.start import start
from indexer.training.start_bundle import start_from_bundle
from indexer.training.teachers import Teachers
from services.encoders.network import FEATURES, Architecture, JointNetwork
from services.encoders.tokenizer import Tokenizer
from services.errors import InvalidRequest
from services.words import words


def build_tokenizer(rows: Sequence[Example], fields: Sequence[str], recipe: Joint) -> Tokenizer:
    """The vocabulary of `rows`: every word of their titles and labels that occurs often enough."""
    counts: Counter[str] = Counter()
    for row in rows:
        for text in (row.title, *(row.cells.get(field, "") for field in fields)):
            counts.update(words(text))
    frequent = sorted(word for word, count in counts.items() if count >= recipe.min_word_count)
    return Tokenizer(tuple(frequent), recipe.ngram_buckets)


def build_network(labels: dict[str, list[str]], tokenizer: Tokenizer | None, recipe: Recipe) -> JointNetwork:
    """The network that `recipe` trains, its backbone started as the recipe says.

    Only recipes with cross-entropy have label heads, and only those with words a text tower. Raises ModelError
    for an unknown backbone, or start weights that do not fit it.
    """
    torch.manual_seed(recipe.seed)
    heads = {field: len(names) for field, names in labels.items()} if isinstance(recipe, Classify | Joint) else {}
    architecture = Architecture(recipe.backbone, recipe.dimensions, heads=heads)
    if isinstance(recipe, Joint) and tokenizer is not None:
        architecture = Architecture(
            recipe.backbone, recipe.dimensions, tokenizer.rows, recipe.text_width, heads, FEATURES
        )
    network = JointNetwork(architecture)
    if Path(recipe.start).is_dir():
        start_from_bundle(network, labels, tokenizer, Path(recipe.start))
    else:
        start(network.backbone, recipe.backbone, recipe.start)
    return network


def build_objective(
    network: JointNetwork, tokenizer: Tokenizer | None, recipe: Recipe, field: str, teachers: Teachers | None = None
) -> Objective:
    """What `recipe` minimises on `network`; metric losses go by the label `field`."""
    if isinstance(recipe, Classify):
        return ClassifyObjective(network, recipe)
    if isinstance(recipe, Siamese):
        return SiameseObjective(network, recipe, field)
    if isinstance(recipe, Triplet):
        return TripletObjective(network, recipe, field)
    if isinstance(recipe, Joint) and tokenizer is not None:
        joint = JointObjective(network, recipe, tokenizer)
        return joint if teachers is None else DistilledObjective(joint, recipe, teachers)
    raise InvalidRequest(f"{type(recipe).__name__} is no recipe for a torchvision backbone")
