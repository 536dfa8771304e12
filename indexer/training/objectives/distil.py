"""Learning from other models what they say of photos, beside the labels: knowledge distillation."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from indexer.training.augment import blended
from indexer.training.batches import Batch
from indexer.training.distillation import relation_loss, soft_cross_entropy
from indexer.training.objectives.joint import JointObjective
from indexer.training.recipes import Joint
from indexer.training.teachers import Teachers
from services.encoders.network import JointNetwork

TAUGHT, RELATIONS = "taught_", "taught_relations"


class DistilledObjective(nn.Module):
    """The terms of `joint` on the photos of a batch that are whole; on all of them, `taught_<field>` by the teachers'
    probabilities and `taught_relations` by how alike they find the photos."""

    def __init__(self, joint: JointObjective, recipe: Joint, teachers: Teachers) -> None:
        super().__init__()
        self.joint = joint
        self._recipe, self._teachers = recipe, teachers

    @property
    def network(self) -> JointNetwork:
        """What becomes the model."""
        return self.joint.network

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Every term of the loss, not yet weighed."""
        pixels, whole = batch.pixels, len(batch.pixels)
        if self._recipe.blend and batch.taught is None:
            whole = max(1, whole - round(self._recipe.blend * whole))  # words and labels need a photo to be of
            pixels = torch.cat([pixels[:whole], blended(pixels[whole:])])
            pixels = pixels.contiguous(memory_format=torch.channels_last)
        taught = self._teachers(pixels) if batch.taught is None else batch.taught
        features, embeddings = self.network(pixels)  # (B, F), (B, D)
        losses = self.joint.terms(features[:whole], embeddings[:whole], first(batch, whole))
        logits = self.network.label_logits(features, embeddings)
        for field, probabilities in taught.probabilities.items():
            losses[TAUGHT + field] = soft_cross_entropy(logits[field], probabilities)
        if self._recipe.relation_weight:
            losses[RELATIONS] = relation_loss(embeddings, taught.rows, self._recipe.metric_temperature)
        return losses

    def weight(self, name: str) -> float:
        """The weight of a term."""
        if name == RELATIONS:
            return self._recipe.relation_weight
        if name.startswith(TAUGHT):
            return self._recipe.teacher_weight * self._recipe.field_weight(name.removeprefix(TAUGHT))
        return self.joint.weight(name)


def first(batch: Batch, count: int) -> Batch:
    """The first `count` photos of `batch`."""
    targets = {field: found[:count] for field, found in batch.targets.items()}
    return replace(batch, pixels=batch.pixels[:count], targets=targets, captions=batch.captions[:count])
