"""Losses by which a network learns from what teachers say, instead of from labels."""

import torch
import torch.nn.functional as F
from torch import Tensor


def soft_cross_entropy(logits: Tensor, probabilities: Tensor) -> Tensor:
    """Cross-entropy of `logits` (N, classes) against a teacher's `probabilities` (N, classes): a scalar.

    Hinton et al., "Distilling the Knowledge in a Neural Network" (2015), at temperature 1.
    """
    return -(probabilities * logits.log_softmax(dim=1)).sum(dim=1).mean()


def relation_loss(rows: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """How far the neighbourhoods of unit `rows` (N, D) are from those of a teacher's unit rows (N, D'): a scalar.

    For each photo, the Kullback-Leibler divergence of the softmax of its cosines to the others, at `temperature`, from
    the teacher's (Passalis and Tefas, "Learning Deep Representations with Probabilistic Knowledge Transfer", ECCV
    2018). The two spaces may differ in length, as those of several teachers side by side do.

    >>> import torch
    >>> rows = torch.eye(3)
    >>> relation_loss(rows, rows.flip(1), 0.1).item()
    0.0
    """
    if len(rows) < 2:
        return rows.sum() * 0
    others = ~torch.eye(len(rows), dtype=torch.bool, device=rows.device)

    def seen(unit: Tensor) -> Tensor:
        return (unit @ unit.T)[others].view(len(unit), -1).div(temperature).log_softmax(dim=1)  # (N, N - 1)

    return F.kl_div(seen(rows), seen(teacher), reduction="batchmean", log_target=True)
