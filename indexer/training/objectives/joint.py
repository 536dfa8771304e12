"""Label heads, a metric loss on the embedding and image-text contrast, in one space."""

import torch
from pytorch_metric_learning.losses import SupConLoss
from torch import Tensor, nn

from indexer.training.batches import Batch
from indexer.training.losses import caption_ids, contrastive_loss
from indexer.training.objectives.classify import label_losses
from indexer.training.photos import IGNORED
from indexer.training.recipes import Joint
from services.encoders.network import JointNetwork, TextTower
from services.encoders.tokenizer import Tokenizer

METRIC, WORDS = "alike_", "words"


class JointObjective(nn.Module):
    """The terms are named after their label fields; `alike_<field>` is the metric loss, `words` the contrast."""

    def __init__(self, network: JointNetwork, recipe: Joint, tokenizer: Tokenizer) -> None:
        super().__init__()
        if network.text is None:
            raise ValueError("the joint recipe trains a text tower, and this network has none")
        self.network = network
        self._tower: TextTower = network.text
        self._recipe, self._tokenizer = recipe, tokenizer
        self._alike = SupConLoss(temperature=recipe.metric_temperature)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Every term of the loss, not yet weighed."""
        features, embeddings = self.network(batch.pixels)  # (B, F), (B, D)
        return self.terms(features, embeddings, batch)

    def terms(self, features: Tensor, embeddings: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The same of photos that the network has seen: their features (B, F) and unit rows (B, D)."""
        losses = label_losses(
            self.network.label_logits(features, embeddings), batch.targets, self._recipe.label_smoothing
        )
        if self._recipe.metric_weight:
            losses |= self._metric_losses(embeddings, batch.targets)
        if self._recipe.contrastive_weight:
            texts = self._tower.embed(self._tokenizer, batch.captions, embeddings.device)  # (B, D)
            ids = caption_ids(batch.captions).to(embeddings.device)  # (B,)
            # Above 100 the softmax is so sharp that one wrong title drives the whole batch, as CLIP found.
            scale = self.network.logit_scale.clamp(max=4.6052).exp()
            losses[WORDS] = contrastive_loss(embeddings, texts, ids, scale)
        return losses

    def weight(self, name: str) -> float:
        """The weight of a term."""
        recipe = self._recipe
        if name == WORDS:
            return recipe.contrastive_weight
        if name.startswith(METRIC):
            return recipe.metric_weight
        return recipe.label_weight * recipe.field_weight(name)

    def _metric_losses(self, embeddings: Tensor, targets: dict[str, Tensor]) -> dict[str, Tensor]:
        losses = {}
        for name in self._recipe.strong:
            known = targets[name] != IGNORED if name in targets else torch.zeros(0, dtype=torch.bool)
            if int(known.sum()) > 1:
                losses[METRIC + name] = self._alike(embeddings[known], targets[name][known])
        return losses
