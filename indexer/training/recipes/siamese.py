"""`siamese`: two towers that share their weights, and a contrastive loss on pairs.

Pairs that share a label are pulled together, others pushed at least a margin apart (Hadsell, Chopra and LeCun,
"Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006). Every pair of a batch is used: the two
towers are one network run once.
"""

from dataclasses import dataclass

from indexer.training.recipes.numbers import Recipe, number


@dataclass(frozen=True)
class Siamese(Recipe):
    """Contrastive loss on all pairs of a batch, by the first label field."""

    dimensions: int = number(128, "Length of an embedding.")
    # Batches hold several photos of each class: else most would have no positive pair.
    per_class: int = number(4, "Photos of a class in a batch.")
    # Euclidean distances on the unit sphere, so between 0 and 2. Positives closer than the first margin are close
    # enough: labels are not garments, and two shirts may differ.
    positive_margin: float = number(0.2, "Distance at which a pair of one class is left alone.")
    negative_margin: float = number(1.0, "Distance at which a pair of two classes is left alone.")
