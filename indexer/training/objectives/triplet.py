"""Triplet margin loss on triplets mined in the batch."""

from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import TripletMarginMiner
from torch import Tensor, nn

from indexer.training.batches import Batch
from indexer.training.recipes import Triplet
from services.encoders.network import JointNetwork
from services.errors import InvalidRequest

KINDS = ("semihard", "hard", "all")


class TripletObjective(nn.Module):
    """FaceNet's loss; the miner picks the triplets that teach something."""

    def __init__(self, network: JointNetwork, recipe: Triplet, field: str) -> None:
        super().__init__()
        if recipe.mine not in KINDS:
            raise InvalidRequest(f"mine {recipe.mine!r}: allowed are {', '.join(KINDS)}")
        self.network, self._field = network, field
        self._loss = TripletMarginLoss(margin=recipe.margin)
        self._miner = TripletMarginMiner(margin=recipe.margin, type_of_triplets=recipe.mine)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The mean over the mined triplets that violate the margin."""
        embeddings, targets = self.network.embed_images(batch.pixels), batch.targets[self._field]
        loss: Tensor = self._loss(embeddings, targets, self._miner(embeddings, targets))
        return {"triplet": loss}

    def weight(self, name: str) -> float:
        """There is one term."""
        return 1.0
