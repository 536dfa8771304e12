"""Which photos make up the batches of an epoch."""

import numpy as np
import numpy.typing as npt
import torch
from pytorch_metric_learning.samplers import MPerClassSampler

IndexArray = npt.NDArray[np.int64]


def shuffled_batches(targets: IndexArray, batch_size: int, balance: float, chance: np.random.Generator) -> IndexArray:
    """Batches of B photos out of N, by their class `targets` (N,): (S, B); what fills no whole batch is left out.

    `balance` 0 takes each photo once at most. Above it a photo is drawn, with replacement, with probability
    proportional to count(its class) ** -balance: at 1 all classes come equally often, which is the long tail's
    gain and the common classes' loss; 0.5 is the usual compromise (Mahajan et al., "Exploring the Limits of Weakly
    Supervised Pretraining", ECCV 2018). Photos without a class count as one class. B is at most N.

    >>> shuffled_batches(np.array([0, 0, 0, 1, 1]), 2, 0.0, np.random.default_rng(0)).shape
    (2, 2)
    """
    size = min(batch_size, len(targets))
    if balance:
        _, classes, counts = np.unique(targets, return_inverse=True, return_counts=True)
        weights = counts[classes].astype(np.float64) ** -balance
        order = chance.choice(len(targets), len(targets), p=weights / weights.sum())
    else:
        order = chance.permutation(len(targets))
    return order[: len(order) // size * size].reshape(-1, size)


def class_batches(targets: IndexArray, batch_size: int, per_class: int, seed: int) -> IndexArray:
    """Batches such that each holds `per_class` photos of every class that is in it: (S, B), about N photos in all.

    Only photos with a class are drawn, and small classes repeat theirs. B is at most what all classes fill.
    """
    known = np.flatnonzero(targets >= 0)
    size = min(max(1, batch_size // per_class), len(np.unique(targets[known]))) * per_class
    # The library's sampler draws from numpy's global generator; its state is put back, since others use it.
    before = np.random.get_state()
    try:
        np.random.seed(seed % 2**32)
        sampler = MPerClassSampler(torch.from_numpy(targets[known]), per_class, size, max(size, len(known)))
        return known[np.fromiter(sampler, np.int64)].reshape(-1, size)
    finally:
        np.random.set_state(before)
