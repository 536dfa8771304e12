"""`classify`: the textbook garment classifier. A CNN, a linear layer a label field, cross-entropy.

The vectors that it searches with are what the linear layers read: a strong baseline for retrieval as well
(Zhai and Wu, "Classification is a Strong Baseline for Deep Metric Learning", BMVC 2019).
"""

from dataclasses import dataclass

from indexer.training.recipes.numbers import Recipe, number


@dataclass(frozen=True)
class Classify(Recipe):
    """Cross-entropy on every label field, all weighed alike."""

    # Softened targets cost a classifier nothing and keep it from being certain of noisy labels (Szegedy et al.,
    # "Rethinking the Inception Architecture", CVPR 2016).
    label_smoothing: float = number(0.1, "Share of the target that is spread over all classes.")
    # Regularises small sets and training from scratch (Zhang et al., "mixup", ICLR 2018).
    mixup: float = number(0.0, "Beta distribution's parameter for blending two photos and their labels; 0 blends none.")
