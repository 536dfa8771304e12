"""The joint network: a CNN and a text tower that meet in one unit sphere, and label heads that read from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from services.encoders.backbones import make_backbone
from services.encoders.tokenizer import Tokenizer

HEAD_SCALE = 16.0


@dataclass(frozen=True)
class Architecture:
    """Everything needed to build the network with no weights: it is stored in a bundle's `model.json`."""

    backbone: str = "mobilenet_v2"
    dimensions: int = 256
    text_rows: int = 0
    text_width: int = 192
    heads: dict[str, int] = field(default_factory=dict)


class TextTower(nn.Module):
    """A bag of word and n-gram rows, then a small residual perceptron."""

    def __init__(self, rows: int, width: int, dimensions: int) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(rows, width, mode="mean")
        self.norm = nn.LayerNorm(width)
        self.hidden = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.project = nn.Linear(width, dimensions)
        nn.init.normal_(self.embedding.weight, std=0.3)

    def forward(self, ids: Tensor, offsets: Tensor) -> Tensor:
        """`ids` (T,) of all texts end to end, `offsets` (N,) where each starts -> unit rows (N, D)."""
        bag = self.norm(self.embedding(ids, offsets))  # (N, width)
        return F.normalize(self.project(bag + self.hidden(bag)), dim=-1)  # (N, D)

    def embed(self, tokenizer: Tokenizer, texts: Sequence[str], device: torch.device) -> Tensor:
        """N texts -> unit rows (N, D)."""
        ids = [tokenizer.encode(text) for text in texts]
        offsets = torch.tensor([0, *(len(row) for row in ids[:-1])]).cumsum(0)  # (N,)
        flat = torch.tensor([row for text in ids for row in text])  # (T,)
        rows: Tensor = self(flat.to(device), offsets.to(device))  # (N, D)
        return rows


class JointNetwork(nn.Module):
    """Image tower, optional text tower, and one linear head a label field.

    The heads read the unit embedding, not the features below it, so cross-entropy shapes the very space
    that is searched: "Classification is a Strong Baseline for Deep Metric Learning" (Zhai and Wu, BMVC 2019).
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.backbone, features = make_backbone(architecture.backbone)
        self.project = nn.Linear(features, architecture.dimensions)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(architecture.dimensions, classes) for name, classes in architecture.heads.items()}
        )
        self.text: TextTower | None = None
        if architecture.text_rows:
            self.text = TextTower(architecture.text_rows, architecture.text_width, architecture.dimensions)
        self.logit_scale = nn.Parameter(torch.tensor(1 / 0.07).log())

    def embed_images(self, pixels: Tensor) -> Tensor:
        """`pixels` (N, 3, H, W), normalised -> unit rows (N, D)."""
        return F.normalize(self.project(self.backbone(pixels)), dim=-1)  # (N, D)

    def label_logits(self, embeddings: Tensor) -> dict[str, Tensor]:
        """Unit rows (N, D) -> for each label field, logits (N, classes)."""
        return {name: head(HEAD_SCALE * embeddings) for name, head in self.heads.items()}

    def forward(self, pixels: Tensor) -> Tensor:
        """The image tower, which is what a runtime exports."""
        return self.embed_images(pixels)
