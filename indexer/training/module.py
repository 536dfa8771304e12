"""An objective as a Lightning module: its steps, its optimiser and schedule, and its score on held-out photos."""

import math
from collections.abc import Callable
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor, nn

from indexer.training.batches import Batch
from indexer.training.objectives import Objective
from indexer.training.recipes import Recipe

SCORE = "val_score"
FRESH = ("project.", "heads.", "text.", "logit_scale")
"""Parameters of a joint network that no start weights bring. In an open_clip model only the temperature counts."""

Score = Callable[[nn.Module], dict[str, float]]
"""Measures a network on held-out photos: figures between 0 and 1, higher is better."""


class TrainingModule(lightning.LightningModule):
    """Runs `objective` with the numbers of `recipe` for `steps` steps of the optimiser."""

    def __init__(self, objective: Objective, recipe: Recipe, steps: int, score: Score | None) -> None:
        super().__init__()
        self.objective: Any = objective
        self._recipe, self._steps, self._score = recipe, steps, score

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """One batch's loss."""
        losses = self.objective(batch)  # none where no photo of the batch has a label
        total = sum(
            (self.objective.weight(name) * loss for name, loss in losses.items()),
            start=torch.zeros((), requires_grad=True),
        )
        self.log_dict({**losses, "loss": total}, batch_size=len(batch.pixels), on_step=True, on_epoch=False)
        return total

    def validation_step(self, batch: int, index: int) -> None:
        """Everything is done when the epoch ends: a neighbour is found among all photos, not in a batch."""

    def on_validation_epoch_end(self) -> None:
        """Measure the network; the score that early stopping looks at is the mean of the figures."""
        if self._score is not None:
            figures = self._score(self.objective.network)
            mean = sum(figures.values()) / max(1, len(figures))
            self.log_dict({**{f"val_{name}": value for name, value in figures.items()}, SCORE: mean})

    def configure_optimizers(self) -> Any:
        """AdamW; the learning rates rise linearly, then fall as a cosine to nothing."""
        optimizer = torch.optim.AdamW(self._parameter_groups(), weight_decay=self._recipe.weight_decay, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._share_of_rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _share_of_rate(self, step: int) -> float:
        rising = max(1, round(self._recipe.warmup * self._steps))
        if step < rising:
            return (step + 1) / rising
        done = min(1.0, (step - rising) / max(1, self._steps - rising))
        return 0.5 * (1 + math.cos(math.pi * done))

    def _parameter_groups(self) -> list[dict[str, Any]]:
        """The pretrained part and the rest at their own rates; as is customary, no decay on biases, norms, scales."""
        recipe, groups = self._recipe, []
        named = list(self.objective.network.named_parameters())
        pretrained = any(name.startswith("backbone.") for name, _ in named)
        for lr, new in ((recipe.backbone_lr, False), (recipe.head_lr, True)):
            ours = [p for name, p in named if name.startswith(FRESH if pretrained else FRESH[-1:]) is new]
            groups.append({"params": [p for p in ours if p.ndim > 1], "lr": lr})
            groups.append({"params": [p for p in ours if p.ndim <= 1], "lr": lr, "weight_decay": 0.0})
        return [group for group in groups if group["params"]]
