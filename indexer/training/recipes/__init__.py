"""Recipes: every number of a training run, by name. Importing them loads no model library."""

from indexer.training.recipes.classify import Classify
from indexer.training.recipes.clip import Clip
from indexer.training.recipes.joint import Joint
from indexer.training.recipes.numbers import PRETRAINED, SCRATCH, Recipe
from indexer.training.recipes.siamese import Siamese
from indexer.training.recipes.triplet import Triplet

RECIPES: dict[str, type[Recipe]] = {
    "classify": Classify,
    "siamese": Siamese,
    "triplet": Triplet,
    "joint": Joint,
    "clip": Clip,
}

__all__ = ["PRETRAINED", "RECIPES", "SCRATCH", "Classify", "Clip", "Joint", "Recipe", "Siamese", "Triplet"]
