"""What finished models say of photos, for another network to learn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from indexer.training.taught import Taught
from services.encoders.bundle import Bundle
from services.encoders.bundle_encoder import load_network
from services.encoders.network import JointNetwork
from services.encoders.preprocess import ModelInput
from services.encoders.runtime import ImageRuntime, best_precision, image_runtime

KIND_SHARE = 0.6
"""How much it counts for two photos to be alike that they bear the same labels, beside the teachers' embeddings."""


@dataclass
class _Teacher:
    """A model, and those of the others that look through the same backbone: it runs once for all of them."""

    bundle: Bundle
    runtime: ImageRuntime
    networks: list[tuple[Bundle, JointNetwork]]


class Teachers:
    """Several bundles as one teacher: their log-probabilities averaged, their embeddings side by side."""

    def __init__(
        self,
        folders: Sequence[Path],
        labels: Mapping[str, Sequence[str]],
        weights: Mapping[str, float],
        sees: ModelInput,
    ) -> None:
        """`labels` are those of the network that learns, and `sees` its input. `weights` says which fields make two
        photos alike, and how much. Raises ModelError for a folder that is no bundle."""
        self._labels, self._weights = labels, weights
        self._mean, self._scale = (torch.tensor(part).view(1, 3, 1, 1) for part in (sees.mean, sees.scale))
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._teachers: list[_Teacher] = []
        for folder in folders:
            self._add(*load_network(folder))

    def __deepcopy__(self, memo: dict[int, object]) -> "Teachers":
        # A moving average of the objective is a deep copy of it; what never changes needs none.
        return self

    def _add(self, bundle: Bundle, network: JointNetwork) -> None:
        network = network.eval().to(self._device).to(memory_format=torch.channels_last)
        for teacher in self._teachers:
            if teacher.bundle.preprocessing == bundle.preprocessing and _equal(teacher.networks[0][1], network):
                teacher.networks.append((bundle, network))
                return
        # What a teacher says is a judgement: the last digits of it do not matter.
        precision = best_precision(self._device)
        runtime = image_runtime(network, bundle.preprocessing, self._device, precision=precision)
        self._teachers.append(_Teacher(bundle, runtime, [(bundle, network)]))

    @torch.no_grad()
    def __call__(self, pixels: Tensor) -> Taught:
        """What they say of photos as the learning network sees them: `pixels` (B, 3, H, W), normalised."""
        with torch.autocast(pixels.device.type, enabled=False):  # in single precision, whatever the pupil learns in
            return self._say(pixels.float())

    def _say(self, pixels: Tensor) -> Taught:
        raw = pixels * self._scale.to(pixels.device) + self._mean.to(pixels.device)
        scores: dict[str, list[Tensor]] = {}
        rows: list[Tensor] = []
        for teacher in self._teachers:
            features = torch.from_numpy(teacher.runtime(_bytes(raw, teacher.bundle))[0]).to(self._device)
            for bundle, network in teacher.networks:
                embeddings = F.normalize(network.project(features), dim=-1)  # (B, D)
                rows.append(embeddings)
                for field, logits in network.label_logits(features, embeddings).items():
                    theirs, ours = bundle.labels[field], self._labels.get(field, ())
                    if not set(theirs).isdisjoint(ours):
                        scores.setdefault(field, []).append(_reordered(logits, theirs, ours))
        probabilities = {field: _agreed(found) for field, found in scores.items()}
        taught = Taught(probabilities, self._alike(rows, probabilities))
        return Taught({k: v.to(pixels.device) for k, v in taught.probabilities.items()}, taught.rows.to(pixels.device))

    def _alike(self, embeddings: list[Tensor], probabilities: dict[str, Tensor]) -> Tensor:
        """Embeddings and square roots of probabilities, side by side.

        The inner product of such roots is the Bhattacharyya coefficient: the chance, roughly, that two photos bear
        one label. It tells colours apart that the embeddings of their teachers have given up for the kind.
        """
        parts = [rows * ((1 - KIND_SHARE) / len(embeddings)) ** 0.5 for rows in embeddings]
        weights = {field: weight for field, weight in self._weights.items() if field in probabilities and weight}
        total = sum(weights.values())
        parts += [
            probabilities[field].sqrt() * (KIND_SHARE * weight / total) ** 0.5 for field, weight in weights.items()
        ]
        return F.normalize(torch.cat(parts, dim=1), dim=-1)


def _equal(ours: JointNetwork, theirs: JointNetwork) -> bool:
    """Whether both networks have the same backbone, to the bit."""
    if ours.architecture.backbone != theirs.architecture.backbone:
        return False
    return all(torch.equal(a, b) for a, b in zip(_tensors(ours.backbone), _tensors(theirs.backbone), strict=True))


def _tensors(module: nn.Module) -> list[Tensor]:
    return [tensor for tensor in module.state_dict().values() if tensor.is_floating_point()]


def _bytes(raw: Tensor, bundle: Bundle) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Photos (B, 3, H, W) of byte values as the teacher `bundle` takes them: uint8 (B, H', W', 3)."""
    size = (bundle.preprocessing.height, bundle.preprocessing.width)
    if raw.shape[2:] != size:
        raw = F.interpolate(raw, size, mode="bilinear", align_corners=False, antialias=True)
    return raw.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def _reordered(logits: Tensor, theirs: Sequence[str], ours: Sequence[str]) -> Tensor:
    """Log-probabilities (B, classes) of `logits` (B, their classes) in our order; NaN for what they do not know.

    They must share a label.
    """
    known = {label: column for column, label in enumerate(theirs)}
    pairs = [(column, known[label]) for column, label in enumerate(ours) if label in known]
    found = logits.new_full((len(logits), len(ours)), torch.nan)
    to, of = (torch.tensor(column, device=logits.device) for column in zip(*pairs, strict=True))
    found[:, to] = logits.log_softmax(dim=1)[:, of]
    return found


def _agreed(scores: Sequence[Tensor]) -> Tensor:
    """Probabilities (B, classes) from several teachers' log-probabilities: each label's mean among those who know it.

    A label that none knows gets none.
    """
    mean = torch.stack(list(scores)).nanmean(dim=0)
    return mean.nan_to_num(nan=-torch.inf).softmax(dim=1)
