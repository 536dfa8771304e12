"""Refines what lies above the backbone, on features that are computed once, with very large batches.

Contrast with thousands of other photos at a time is what image-text retrieval lives on, and a CNN cannot be trained
with so many on a small machine. Once the backbone is locked its features are, and an epoch takes seconds
(Zhai et al., "LiT: Zero-Shot Transfer with Locked-image Text Tuning", CVPR 2022).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from indexer.training.batches import Batch, BatchSource, CaptionOf
from indexer.training.loop import Run, fit
from indexer.training.objectives import JointObjective
from indexer.training.photos import LabelledPhotos
from indexer.training.recipes import Joint
from services.encoders.network import JointNetwork
from services.encoders.tokenizer import Tokenizer

REFINE = "refine"
"""Folder in the run's folder for the checkpoint and the logs of refining."""

VIEWS = 1_000_003
"""Epoch numbers of the views, far from those of training."""


def refine(network: JointNetwork, tokenizer: Tokenizer, recipe: Joint, run: Run) -> None:
    """Train everything but the backbone of `network` for the recipe's `refine_epochs`, in place.

    `run` is the one that trained it: its photos are seen in `refine_views` augmented views each.
    """
    source = run.source
    if not isinstance(source, BatchSource):
        raise TypeError("only a run over photos can be refined")
    views = [view_features(network, source, number, run) for number in range(recipe.refine_views)]
    numbers = replace(
        recipe,
        epochs=recipe.refine_epochs,
        batch_size=recipe.refine_batch_size,
        head_lr=recipe.refine_lr,
        metric_weight=recipe.refine_metric_weight,
        contrastive_weight=recipe.refine_contrastive_weight,
        ema=0.0,
        balance=0.0,
        accumulate=1,
    )
    backbone, network.backbone = network.backbone, nn.Identity()
    try:
        features = FeatureSource(torch.stack(views), source.photos, numbers, source.caption)
        objective = JointObjective(network, numbers, tokenizer)
        fit(objective, Run(numbers, features, run.folder / REFINE, run.report))
    finally:
        network.backbone = backbone


@torch.inference_mode()
def view_features(network: JointNetwork, source: BatchSource, number: int, run: Run) -> Tensor:
    """The features (N, F) of one augmented view of all photos, in half precision, in order of row."""
    device = next(network.parameters()).device
    training = network.training
    network.eval()
    found: Tensor | None = None
    batches = source.in_order(VIEWS + number)
    for index, (rows, batch) in enumerate(batches):
        features = network.backbone(batch.pixels.to(device)).half().cpu()  # (B, F)
        if found is None:
            found = torch.empty(len(source.photos), features.shape[1], dtype=torch.float16)
        found[torch.from_numpy(rows)] = features
        if index % 20 == 0:
            run.report(f"view {number + 1}: features", int(rows[-1]), len(source.photos))
    network.train(training)
    assert found is not None  # noqa: S101  # there are photos, or they could not have been loaded
    return found


@dataclass(frozen=True)
class FeatureSource:
    """Batches of features: each photo once an epoch, in one of its `views` (V, N, F)."""

    views: Tensor
    photos: LabelledPhotos
    recipe: Joint
    caption: CaptionOf | None

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch."""
        return max(1, len(self.photos) // self.recipe.batch_size)

    def epoch(self, number: int, small: bool) -> "FeatureBatches":
        """The batches of epoch `number`; features have no smaller size."""
        return FeatureBatches(self, number)


class FeatureBatches:
    """One epoch of features as an iterable of known length."""

    def __init__(self, source: FeatureSource, number: int) -> None:
        self._source, self._seed = source, source.recipe.seed * 100_003 + number

    def __len__(self) -> int:
        return self._source.steps_per_epoch

    def __iter__(self) -> Iterator[Batch]:
        source, chance = self._source, random.Random(self._seed)  # noqa: S311  # repeatable, not secret
        order = np.random.default_rng(self._seed)
        count, views = len(source.photos), len(source.views)
        size = min(source.recipe.batch_size, count)
        for rows in order.permutation(count)[: len(self) * size].reshape(-1, size):
            picked = torch.from_numpy(order.integers(views, size=size))
            index = torch.from_numpy(rows)
            yield Batch(
                source.views[picked, index].float(),
                {name: torch.from_numpy(found[rows]) for name, found in source.photos.targets.items()},
                [source.caption(int(row), chance) for row in rows] if source.caption else [],
            )
