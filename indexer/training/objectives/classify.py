"""Cross-entropy on every label field, with optional mixup."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from indexer.training.batches import Batch
from indexer.training.photos import IGNORED
from indexer.training.recipes import Classify
from services.encoders.network import JointNetwork


class ClassifyObjective(nn.Module):
    """Label heads on the embedding."""

    def __init__(self, network: JointNetwork, recipe: Classify) -> None:
        super().__init__()
        self.network = network
        self._smoothing, self._mixup = recipe.label_smoothing, recipe.mixup

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Each field's loss."""
        pixels, share, partner = batch.pixels, 1.0, None
        if self._mixup:
            share = float(torch.distributions.Beta(self._mixup, self._mixup).sample())
            partner = torch.randperm(len(pixels), device=pixels.device)
            pixels = share * pixels + (1 - share) * pixels[partner]
        logits = self.network.label_logits(*self.network(pixels))
        losses = label_losses(logits, batch.targets, self._smoothing)
        if partner is None:
            return losses
        other = {name: targets[partner] for name, targets in batch.targets.items()}
        mixed = label_losses(logits, other, self._smoothing)
        return {name: share * loss + (1 - share) * mixed[name] for name, loss in losses.items() if name in mixed}

    def weight(self, name: str) -> float:
        """Every field counts alike."""
        return 1.0


def label_losses(logits: dict[str, Tensor], targets: dict[str, Tensor], smoothing: float) -> dict[str, Tensor]:
    """Cross-entropy of `logits` (B, classes) and `targets` (B,), by field; fields unknown to the whole batch are out.

    The mean over no label at all would be NaN.
    """
    return {
        name: F.cross_entropy(scores, targets[name], ignore_index=IGNORED, label_smoothing=smoothing)
        for name, scores in logits.items()
        if bool((targets[name] != IGNORED).any())
    }
