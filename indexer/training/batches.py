"""Batches of augmented photos, a fresh and repeatable series each epoch."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from indexer.training.augment import Augmentation, augmented
from indexer.training.photos import LabelledPhotos
from indexer.training.recipes import Recipe
from indexer.training.sampling import IndexArray, class_batches, shuffled_batches
from indexer.training.taught import Taught
from services.encoders.preprocess import ModelInput


@dataclass
class Batch:
    """B photos, ready for the network: `targets` holds class indices (B,) a field, `captions` one text each."""

    pixels: Tensor  # (B, 3, H, W)
    targets: dict[str, Tensor]  # each (B,)
    captions: list[str]
    taught: Taught | None = None
    """What teachers said of the photos, where they were asked beforehand."""


class Batches(Protocol):
    """Makes the batches of any epoch."""

    @property
    def photos(self) -> LabelledPhotos:
        """What the batches are made of."""
        ...

    @property
    def recipe(self) -> Recipe:
        """Whose numbers they follow."""
        ...

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch."""
        ...

    def epoch(self, number: int, small: bool) -> Iterable[Batch]:
        """The batches of epoch `number` (from 0), with smaller photos where `small`."""
        ...


CaptionOf = Callable[[int, random.Random], str]
"""The words to learn the photo of that row by, this time."""


@dataclass(frozen=True)
class BatchSource:
    """Makes the batches of any epoch. Everything random follows from the recipe's seed and the epoch's number.

    `field` names the label whose classes are balanced, or sampled `per_class` at a time. `caption` is None for
    recipes without words.
    """

    photos: LabelledPhotos
    recipe: Recipe
    preprocessing: ModelInput
    field: str | None
    caption: CaptionOf | None = None
    per_class: int = 0

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch."""
        return len(self._order(0))

    def epoch(self, number: int, small: bool) -> "EpochBatches":
        """The batches of epoch `number` (from 0), with photos at the recipe's smaller size where `small`."""
        return EpochBatches(self, number, small)

    def in_order(self, number: int) -> Iterator[tuple[IndexArray, Batch]]:
        """Every photo once, in order of row, as seen in epoch `number`: the rows of each batch, and the batch."""
        order = np.arange(len(self.photos))
        chunks = np.split(order, range(self.recipe.batch_size, len(order), self.recipe.batch_size))
        return zip(chunks, EpochBatches(self, number, False, chunks), strict=True)

    def _order(self, number: int) -> IndexArray:
        recipe = self.recipe
        seed = recipe.seed * 100_003 + number
        targets = self.photos.targets[self.field] if self.field else np.zeros(len(self.photos), np.int64)
        if self.per_class:
            return class_batches(targets, recipe.batch_size, self.per_class, seed)
        return shuffled_batches(targets, recipe.batch_size, recipe.balance, np.random.default_rng(seed))


class EpochBatches:
    """One epoch as an iterable of known length, which is what a training loop takes."""

    def __init__(
        self, source: BatchSource, number: int, small: bool, order: Sequence[IndexArray] | None = None
    ) -> None:
        self._source, self._number = source, number
        scale = source.recipe.small_scale if small else 1.0
        self._size = (round(source.preprocessing.height * scale), round(source.preprocessing.width * scale))
        self._order: Sequence[IndexArray] = list(source._order(number)) if order is None else order

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Batch]:
        source, recipe = self._source, self._source.recipe
        seed = recipe.seed * 100_003 + self._number
        chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
        generator = torch.Generator().manual_seed(seed)
        how = Augmentation(recipe.zoom, recipe.shift, recipe.thumbnails, recipe.erase)
        mean = torch.tensor(source.preprocessing.mean).view(1, 3, 1, 1)
        scale = torch.tensor(source.preprocessing.scale).view(1, 3, 1, 1)
        for rows in self._order:
            raw = torch.from_numpy(source.photos.pixels[rows]).permute(0, 3, 1, 2).float()  # (B, 3, H, W)
            pixels = (raw - mean) / scale
            yield Batch(
                augmented(pixels, self._size, how, generator).contiguous(memory_format=torch.channels_last),
                {name: torch.from_numpy(indices[rows]) for name, indices in source.photos.targets.items()},
                [source.caption(int(row), chance) for row in rows] if source.caption else [],
            )
