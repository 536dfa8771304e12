"""The joint network: a CNN and a text tower that meet in one unit sphere, and label heads that read from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from services.encoders.backbones import make_backbone
from services.encoders.tokenizer import Tokenizer

HEAD_SCALE = 16.0
EMBEDDING, FEATURES = "embedding", "features"
"""What label heads may read."""


@dataclass(frozen=True)
class Architecture:
    """Everything needed to build the network with no weights: it is stored in a bundle's `model.json`."""

    backbone: str = "mobilenet_v2"
    dimensions: int = 256
    text_rows: int = 0
    text_width: int = 192
    heads: dict[str, int] = field(default_factory=dict)
    heads_read: str = EMBEDDING

    def __post_init__(self) -> None:
        if self.heads_read not in (EMBEDDING, FEATURES):
            raise ValueError(f"heads read {EMBEDDING} or {FEATURES}, not {self.heads_read!r}")


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

    Heads that read the unit embedding shape the very space that is searched: "Classification is a Strong Baseline
    for Deep Metric Learning" (Zhai and Wu, BMVC 2019). Heads that read the features below it classify better, and
    leave the space to other losses.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.backbone, features = make_backbone(architecture.backbone)
        self.project = nn.Linear(features, architecture.dimensions)
        read = architecture.dimensions if architecture.heads_read == EMBEDDING else features
        self.heads = nn.ModuleDict({name: nn.Linear(read, classes) for name, classes in architecture.heads.items()})
        self.text: TextTower | None = None
        if architecture.text_rows:
            self.text = TextTower(architecture.text_rows, architecture.text_width, architecture.dimensions)
        self.logit_scale = nn.Parameter(torch.tensor(1 / 0.07).log())

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """`pixels` (N, 3, H, W), normalised -> features (N, F) and unit rows (N, D); what a runtime exports."""
        features = self.backbone(pixels)  # (N, F)
        return features, F.normalize(self.project(features), dim=-1)  # (N, D)

    def embed_images(self, pixels: Tensor) -> Tensor:
        """`pixels` (N, 3, H, W), normalised -> unit rows (N, D)."""
        return self(pixels)[1]  # type: ignore[no-any-return]

    def label_logits(self, features: Tensor, embeddings: Tensor) -> dict[str, Tensor]:
        """Features (N, F) and unit rows (N, D) of photos -> for each label field, logits (N, classes)."""
        read = HEAD_SCALE * embeddings if self.architecture.heads_read == EMBEDDING else features
        return {name: head(read) for name, head in self.heads.items()}
