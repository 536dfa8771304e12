"""How good a network is on held-out photos while it trains: quick figures, by which training may stop early."""

import math

import numpy as np
import torch
from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN
from torch import Tensor, nn

from indexer.training.photos import IGNORED, LabelledPhotos
from services.encoders.network import JointNetwork
from services.encoders.preprocess import Preprocessing

BATCH = 256


class HeldOutScore:
    """Measures a joint network on `photos`: accuracy of the heads it trains, and nearest neighbours by label."""

    def __init__(self, photos: LabelledPhotos, preprocessing: Preprocessing, fields: tuple[str, ...]) -> None:
        self._photos, self._preprocessing, self._fields = photos, preprocessing, fields

    @torch.inference_mode()
    def __call__(self, network: nn.Module) -> dict[str, float]:
        """`<field>_p@1`, the share of photos whose nearest other photo bears their label, and `<field>_accuracy`.

        A figure that no photo can tell is left out.
        """
        if not isinstance(network, JointNetwork):
            raise TypeError("only a joint network has label heads to score")
        features, vectors = seen(network, self._photos, self._preprocessing)
        logits = network.label_logits(features, vectors)
        figures: dict[str, float] = {}
        for field in self._fields:
            targets = torch.from_numpy(self._photos.targets[field]).to(vectors.device)
            known = targets != IGNORED
            if bool(known.any()):
                figures[f"{field}_p@1"] = precision_at_1(vectors[known], targets[known])
                if field in logits:
                    figures[f"{field}_accuracy"] = float(
                        (logits[field][known].argmax(1) == targets[known]).float().mean()
                    )
        return {name: value for name, value in figures.items() if math.isfinite(value)}


@torch.inference_mode()
def seen(network: JointNetwork, photos: LabelledPhotos, preprocessing: Preprocessing) -> tuple[Tensor, Tensor]:
    """Features (N, F) and unit rows (N, D) of all `photos`, on the network's device, without augmentation."""
    device = next(network.parameters()).device
    mean, scale = (
        torch.tensor(part, device=device).view(1, 3, 1, 1) for part in (preprocessing.mean, preprocessing.scale)
    )
    training = network.training
    network.eval()
    found = []
    for start in range(0, len(photos), BATCH):
        raw = torch.from_numpy(np.ascontiguousarray(photos.pixels[start : start + BATCH])).to(device)
        found.append(network((raw.permute(0, 3, 1, 2).float() - mean) / scale))
    network.train(training)
    features, rows = zip(*found, strict=True)
    return torch.cat(features), torch.cat(rows)


def precision_at_1(vectors: Tensor, targets: Tensor) -> float:
    """Share of `vectors` (N, D) whose nearest other one has their class in `targets` (N,).

    Those that are alone in their class do not count; NaN where all are.
    """
    if int(torch.bincount(targets).max()) < 2:
        return math.nan
    calculator = AccuracyCalculator(include=("precision_at_1",), k=1, knn_func=CustomKNN(CosineSimilarity(), BATCH))
    found = calculator.get_accuracy(vectors.float().cpu(), targets.cpu())
    return float(found["precision_at_1"])
