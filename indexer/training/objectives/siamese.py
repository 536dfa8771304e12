"""Contrastive loss on every pair of a batch."""

from pytorch_metric_learning.losses import ContrastiveLoss
from torch import Tensor, nn

from indexer.training.batches import Batch
from indexer.training.recipes import Siamese
from services.encoders.network import JointNetwork


class SiameseObjective(nn.Module):
    """Two towers that share their weights are one network, run once on both halves of all pairs."""

    def __init__(self, network: JointNetwork, recipe: Siamese, field: str) -> None:
        super().__init__()
        self.network, self._field = network, field
        self._loss = ContrastiveLoss(pos_margin=recipe.positive_margin, neg_margin=recipe.negative_margin)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The mean over the pairs that violate their margin."""
        loss: Tensor = self._loss(self.network.embed_images(batch.pixels), batch.targets[self._field])
        return {"contrastive": loss}

    def weight(self, name: str) -> float:
        """There is one term."""
        return 1.0
