"""`triplet`: an anchor, one photo of its class, one of another; the first must be the nearer by a margin.

FaceNet's loss and 128 dimensions (Schroff et al., CVPR 2015). Triplets are mined in each batch: most random ones
are easy, and teach nothing (Hermans et al., "In Defense of the Triplet Loss", 2017).
"""

from dataclasses import dataclass

from indexer.training.recipes.numbers import Recipe, number


@dataclass(frozen=True)
class Triplet(Recipe):
    """Triplet margin loss with mined triplets, by the first label field."""

    dimensions: int = number(128, "Length of an embedding.")
    per_class: int = number(4, "Photos of a class in a batch.")
    margin: float = number(0.2, "By how much the negative must be farther than the positive.")
    # `semihard` negatives are farther than the positive, but within the margin: the hardest ones are often
    # mislabelled, and collapse the space early on.
    mine: str = number("semihard", "Which triplets count: `semihard`, `hard` or `all`.")
