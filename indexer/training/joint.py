"""The joint recipe: label heads and image-text contrastive learning in one space, from ImageNet weights.

Four terms of cross-entropy on the unit embedding, and one contrastive term between a photo and its title or a
phrase made of its labels. AdamW, one-cycle learning rate, fp32 in channels-last, the fastest mode on a CPU.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from indexer.training.augment import random_views
from indexer.training.data import IGNORED, LabelledImages
from indexer.training.losses import caption_ids, contrastive_loss
from indexer.training.phrases import training_words
from services.encoders.network import Architecture, JointNetwork, TextTower
from services.encoders.preprocess import Preprocessing
from services.encoders.tokenizer import Tokenizer, words
from services.errors import ModelError

Report = Callable[[str, int, int], None]
"""Called with a line of figures, the step and the number of steps."""


@dataclass(frozen=True)
class JointRecipe:
    """Every number of the recipe.

    `weights` holds the loss weight of each label field; others weigh 0.5. The first `small_share` of the steps
    see photos at `small_scale` of the input size: progressive resizing, which nearly halves their cost
    (Howard, DAWNBench 2018; Tan and Le, "EfficientNetV2", ICML 2021).
    """

    epochs: float = 4
    batch_size: int = 128
    backbone_lr: float = 6e-4
    head_lr: float = 2e-3
    weight_decay: float = 0.02
    contrastive_weight: float = 1.0
    label_smoothing: float = 0.05
    weights: dict[str, float] = field(default_factory=lambda: {"article_type": 1.0, "base_colour": 1.0})
    dimensions: int = 256
    text_width: int = 192
    min_word_count: int = 2
    ngram_buckets: int = 8192
    height: int = 128
    width: int = 96
    small_share: float = 0.5
    small_scale: float = 0.75
    seed: int = 7

    @property
    def preprocessing(self) -> Preprocessing:
        """The input that this recipe trains for."""
        return Preprocessing(self.height, self.width)


def build_tokenizer(rows: Sequence[dict[str, str]], columns: Sequence[str], recipe: JointRecipe) -> Tokenizer:
    """The vocabulary of `rows`: every word of `columns` (title and labels) that occurs often enough."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(word for column in columns for word in words(row[column]))
    frequent = sorted(word for word, count in counts.items() if count >= recipe.min_word_count)
    return Tokenizer(tuple(frequent), recipe.ngram_buckets)


def build_network(
    labels: dict[str, list[str]], tokenizer: Tokenizer, recipe: JointRecipe, start: Path | None
) -> JointNetwork:
    """The network, its backbone started from the ImageNet weights file `start`, or from scratch.

    Raises ModelError when the file cannot be read or does not fit the backbone.
    """
    torch.manual_seed(recipe.seed)
    heads = {name: len(names) for name, names in labels.items()}
    network = JointNetwork(Architecture("mobilenet_v2", recipe.dimensions, tokenizer.rows, recipe.text_width, heads))
    if start is not None:
        _start_from(network, start)
    return network


def _start_from(network: JointNetwork, start: Path) -> None:
    prefix = "features."
    try:
        state = {k.removeprefix(prefix): v.float() for k, v in load_file(start).items() if k.startswith(prefix)}
        network.backbone.load_state_dict(state, strict=True)
    except (OSError, SafetensorError) as exc:
        raise ModelError(f"{start}: not a readable safetensors file: {exc}") from exc
    except RuntimeError as exc:
        raise ModelError(f"{start}: not weights of torchvision's mobilenet_v2: {exc}") from exc


class JointTrainer:
    """Runs the recipe over one split held in memory."""

    def __init__(self, network: JointNetwork, tokenizer: Tokenizer, data: LabelledImages, recipe: JointRecipe) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = network.to(self._device).to(memory_format=torch.channels_last)
        if network.text is None:
            raise ValueError("the joint recipe trains a text tower, and this network has none")
        self._tower: TextTower = network.text
        self._tokenizer, self._data, self._recipe = tokenizer, data, recipe
        self._chance = random.Random(recipe.seed)  # noqa: S311  # repeatable, not secret
        self._generator = torch.Generator().manual_seed(recipe.seed)
        self._batch_size = min(recipe.batch_size, len(data))
        self._taken = 0
        self.steps = max(1, round(recipe.epochs * (len(data) // self._batch_size)))
        self._optimizer = torch.optim.AdamW(self._parameter_groups())
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer,
            max_lr=[group["lr"] for group in self._optimizer.param_groups],
            total_steps=self.steps + 1,
            pct_start=0.15,
        )

    def run(self, report: Report) -> None:
        """Train for `steps` steps, calling `report` about every two seconds."""
        self.network.train()
        said, seen, order = time.monotonic(), 0, torch.empty(0, dtype=torch.long)
        for step in range(1, self.steps + 1):
            if len(order) < self._batch_size:
                order = torch.randperm(len(self._data), generator=self._generator)
            batch, order = order[: self._batch_size], order[self._batch_size :]
            parts = self.step(batch.tolist())
            seen += len(batch)
            now = time.monotonic()
            if now - said > 2 or step == self.steps:
                figures = " ".join(f"{name} {value:.3f}" for name, value in parts.items())
                report(f"{seen / (now - said):.0f} images/s  {figures}", step, self.steps)
                said, seen = now, 0
        self.network.eval()

    def step(self, batch: list[int]) -> dict[str, float]:
        """One optimiser step on the photos `batch`; returns each loss term."""
        losses = self._losses(batch)
        total = sum((self._weight(name) * loss for name, loss in losses.items()), start=torch.zeros(()))
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimizer.step()
        self._schedule.step()
        self._taken += 1
        self.network.logit_scale.data.clamp_(max=4.6052)  # a scale of 100, as in CLIP
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _losses(self, batch: list[int]) -> dict[str, Tensor]:
        embeddings = self.network.embed_images(self._pixels(batch))  # (B, D)
        losses = {
            name: F.cross_entropy(
                logits,
                torch.from_numpy(self._data.targets[name][batch]).to(self._device),
                ignore_index=IGNORED,
                label_smoothing=self._recipe.label_smoothing,
            )
            for name, logits in self.network.label_logits(embeddings).items()
            if (self._data.targets[name][batch] != IGNORED).any()  # the mean over no label at all is NaN
        }
        captions = [training_words(self._data.titles[i], self._data.cells[i], self._chance) for i in batch]
        losses["contrastive"] = contrastive_loss(
            embeddings, self._texts(captions), caption_ids(captions).to(self._device), self.network.logit_scale.exp()
        )
        return losses

    def _pixels(self, batch: list[int]) -> Tensor:
        preprocessing = self._recipe.preprocessing
        raw = torch.from_numpy(self._data.pixels[batch]).permute(0, 3, 1, 2).float()  # (B, 3, H, W), channels last
        small = self._taken < self._recipe.small_share * self.steps
        size = [round(side * (self._recipe.small_scale if small else 1)) for side in raw.shape[2:]]
        views = random_views((raw - preprocessing.mean) / preprocessing.scale, size, self._generator)
        return views.to(self._device, memory_format=torch.channels_last)

    def _texts(self, captions: list[list[str]]) -> Tensor:
        ids = [self._tokenizer.encode(caption) for caption in captions]
        offsets = torch.tensor([0, *(len(row) for row in ids[:-1])]).cumsum(0)  # (B,)
        flat = torch.tensor([row for text in ids for row in text])  # (T,)
        embeddings: Tensor = self._tower(flat.to(self._device), offsets.to(self._device))  # (B, D)
        return embeddings

    def _weight(self, name: str) -> float:
        return self._recipe.contrastive_weight if name == "contrastive" else self._recipe.weights.get(name, 0.5)

    def _parameter_groups(self) -> list[dict[str, Any]]:
        """Backbone and the rest at their own rates; no decay on biases, norms and scales, as is customary."""
        recipe, groups = self._recipe, []
        named = list(self.network.named_parameters())
        for lr, backbone in ((recipe.backbone_lr, True), (recipe.head_lr, False)):
            ours = [p for name, p in named if name.startswith("backbone.") is backbone]
            groups.append({"params": [p for p in ours if p.ndim > 1], "lr": lr, "weight_decay": recipe.weight_decay})
            groups.append({"params": [p for p in ours if p.ndim <= 1], "lr": lr, "weight_decay": 0.0})
        return groups
