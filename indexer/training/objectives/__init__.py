"""What a recipe minimises: a module that turns a batch into named loss terms, and the weight of each."""

from typing import Protocol

from torch import Tensor, nn

from indexer.training.batches import Batch
from indexer.training.objectives.classify import ClassifyObjective
from indexer.training.objectives.distil import DistilledObjective
from indexer.training.objectives.joint import JointObjective
from indexer.training.objectives.siamese import SiameseObjective
from indexer.training.objectives.triplet import TripletObjective


class Objective(Protocol):
    """A network and its loss. It is a torch module as well."""

    @property
    def network(self) -> nn.Module:
        """What becomes the model."""
        ...

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The terms of the loss, by name, each a scalar."""
        ...

    def weight(self, name: str) -> float:
        """What a term is multiplied with."""
        ...


__all__ = [
    "ClassifyObjective",
    "DistilledObjective",
    "JointObjective",
    "Objective",
    "SiameseObjective",
    "TripletObjective",
]
