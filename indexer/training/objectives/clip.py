"""CLIP's own loss, on an open_clip model."""

from typing import Any

import torch
from open_clip import ClipLoss
from torch import Tensor, nn

from indexer.training.batches import Batch


class ClipObjective(nn.Module):
    """Both towers of an open_clip model and its temperature; `tokenize` maps N texts to ids (N, context)."""

    def __init__(self, network: nn.Module, tokenize: Any) -> None:
        super().__init__()
        self.network = network
        self._tokenize = tokenize
        self._loss = ClipLoss()

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The symmetric contrastive loss of the batch."""
        network: Any = self.network  # open_clip's classes share no typed base
        images = network.encode_image(batch.pixels, normalize=True)  # (B, D)
        texts = network.encode_text(self._tokenize(batch.captions).to(images.device), normalize=True)  # (B, D)
        scale = network.logit_scale.clamp(max=torch.tensor(100.0).log().item()).exp()
        loss: Tensor = self._loss(images, texts, scale)
        return {"words": loss}

    def weight(self, name: str) -> float:
        """There is one term."""
        return 1.0
