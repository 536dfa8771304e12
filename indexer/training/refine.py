"""Refines what lies above the backbone, on features that are computed once, with very large batches.

Contrast with thousands of other photos at a time is what image-text retrieval lives on, and a CNN cannot be trained
with so many on a small machine. Once the backbone is locked its features are, and an epoch takes seconds
(Zhai et al., "LiT: Zero-Shot Transfer with Locked-image Text Tuning", CVPR 2022).
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from indexer.training.batches import Batch, BatchSource, CaptionOf
from indexer.training.loop import Run, fit
from indexer.training.objectives import DistilledObjective, JointObjective
from indexer.training.photos import LabelledPhotos
from indexer.training.recipes import Joint
from indexer.training.taught import Taught
from indexer.training.teachers import Teachers
from services.encoders.network import JointNetwork
from services.encoders.tokenizer import Tokenizer

REFINE = "refine"
"""Folder in the run's folder for the checkpoint and the logs of refining."""

VIEWS = 1_000_003
"""Epoch numbers of the views, far from those of training."""

ROWS = ""
"""Stands for the teachers' rows among label fields, which have names."""


def refine(
    network: JointNetwork, tokenizer: Tokenizer, recipe: Joint, run: Run, teachers: Teachers | None = None
) -> None:
    """Train everything but the backbone of `network` for the recipe's `refine_epochs`, in place.

    `run` is the one that trained it: its photos are seen in `refine_views` augmented views each, by the `teachers`
    too.
    """
    source = run.source
    if not isinstance(source, BatchSource):
        raise TypeError("only a run over photos can be refined")
    views = [see_view(network, source, number, run, teachers) for number in range(recipe.refine_views)]
    numbers = replace(
        recipe,
        epochs=recipe.refine_epochs,
        batch_size=recipe.refine_batch_size,
        head_lr=recipe.refine_lr,
        label_weight=recipe.refine_label_weight,
        metric_weight=recipe.refine_metric_weight,
        contrastive_weight=recipe.refine_contrastive_weight,
        ema=0.0,
        balance=0.0,
        accumulate=1,
    )
    backbone, network.backbone = network.backbone, nn.Identity()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    try:
        features = FeatureSource(views, source.photos, numbers, source.caption)
        joint = JointObjective(network, numbers, tokenizer)
        objective = joint if teachers is None else DistilledObjective(joint, numbers, teachers)
        fit(objective, Run(numbers, features, run.folder / REFINE, run.report))
        after = network.state_dict()
        network.load_state_dict({name: before[name].lerp(after[name], recipe.refine_share) for name in after})
    finally:
        network.backbone = backbone


@dataclass(frozen=True)
class View:
    """One augmented view of N photos: its features (N, F), and what teachers say of it, both in half precision."""

    features: Tensor
    taught: Taught | None


@torch.inference_mode()
def see_view(network: JointNetwork, source: BatchSource, number: int, run: Run, teachers: Teachers | None) -> View:
    """One augmented view of all photos, in order of row."""
    device = next(network.parameters()).device
    training = network.training
    network.eval()
    features, taught = _Rows(len(source.photos)), _Rows(len(source.photos))
    for index, (rows, batch) in enumerate(source.in_order(VIEWS + number)):
        where, pixels = torch.from_numpy(rows), batch.pixels.to(device)
        features.put(where, {"features": network.backbone(pixels)})  # (B, F)
        if teachers is not None:
            told = teachers(pixels)
            taught.put(where, {**told.probabilities, ROWS: told.rows})
        if index % 20 == 0:
            run.report(f"view {number + 1}: features", int(rows[-1]), len(source.photos))
    network.train(training)
    said = (
        None if teachers is None else Taught({k: v for k, v in taught.found.items() if k != ROWS}, taught.found[ROWS])
    )
    return View(features.found["features"], said)


class _Rows:
    """Named tensors of N rows in half precision, filled batch by batch."""

    def __init__(self, count: int) -> None:
        self.found: dict[str, Tensor] = {}
        self._count = count

    def put(self, where: Tensor, parts: Mapping[str, Tensor]) -> None:
        """Keep rows (B, ...) of each part at the places `where` (B,)."""
        for name, part in parts.items():
            room = self.found.setdefault(name, torch.empty(self._count, *part.shape[1:], dtype=torch.float16))
            room[where] = part.half().cpu()


@dataclass(frozen=True)
class FeatureSource:
    """Batches of features: each photo once an epoch, in one of its `views`."""

    views: Sequence[View]
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

    def seen(self, picked: Tensor, rows: Tensor) -> tuple[Tensor, Taught | None]:
        """Features of the photos `rows` (B,), each in the view `picked` (B,), and what teachers say of those."""
        parts = [view.features[rows] for view in self.views]
        told = [view.taught[rows] for view in self.views if view.taught is not None]
        features = _pick(parts, picked)
        if not told:
            return features, None
        fields = told[0].probabilities
        probabilities = {field: _pick([each.probabilities[field] for each in told], picked) for field in fields}
        return features, Taught(probabilities, _pick([each.rows for each in told], picked))


def _pick(views: Sequence[Tensor], picked: Tensor) -> Tensor:
    """Row i of the view `picked[i]`, of `views` (B, ...) each, in single precision."""
    return torch.stack(list(views))[picked, torch.arange(len(picked))].float()


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
            features, taught = source.seen(picked, torch.from_numpy(rows))
            yield Batch(
                features,
                {name: torch.from_numpy(found[rows]) for name, found in source.photos.targets.items()},
                [source.caption(int(row), chance) for row in rows] if source.caption else [],
                taught,
            )
