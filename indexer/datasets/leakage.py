"""Leaks: what a model was trained on and is then measured with. Finds them in published splits, and removes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer.datasets.dataset import TEST, TRAIN, VAL, Dataset, Example
from indexer.datasets.identity import SAME, Key, identity_keys


@dataclass(frozen=True)
class Leak:
    """One photo, garment or title that lies in several splits.

    `way` says what the examples share (`image`, `item`, `title` or `pixels`), `value` names it, and `images` holds
    the photos by split.
    """

    way: str
    value: str
    images: Mapping[str, tuple[str, ...]]


def leaks(dataset: Dataset, by: Sequence[str] = SAME) -> list[Leak]:
    """Everything that lies in several splits of `dataset`, the widest spread first.

    `by` says what makes two examples the same; `pixels` among it reads every photo.
    """
    bearers: dict[Key, dict[str, list[str]]] = {}
    for split, rows in dataset.examples.items():
        for example, keys in zip(rows, identity_keys(dataset, rows, by), strict=True):
            for key in keys:
                bearers.setdefault(key, {}).setdefault(split, []).append(example.image)
    found = [
        Leak(*key, {split: tuple(images) for split, images in places.items()})
        for key, places in bearers.items()
        if len(places) > 1
    ]
    return sorted(found, key=lambda leak: -sum(map(len, leak.images.values())))


def drop_leaks(dataset: Dataset, by: Sequence[str] = SAME) -> Dataset:
    """`dataset` without leaks: `train` loses what also lies in another split, and `val` what lies in `test`.

    `test` stays whole, so that figures on it compare with other people's. A split that is left empty goes.
    """
    seen: set[Key] = set()
    kept: dict[str, list[Example]] = {}
    for split in sorted(dataset.examples, key=_measured_on_first):
        rows = dataset.examples[split]
        keyed = zip(rows, identity_keys(dataset, rows, by), strict=True)
        fresh = [(example, keys) for example, keys in keyed if seen.isdisjoint(keys)]
        kept[split] = [example for example, _ in fresh]
        # Only those kept: what was dropped is in no split any more.
        seen.update(key for _, keys in fresh for key in keys)
    return dataset.with_examples({split: kept[split] for split in dataset.examples})


def _measured_on_first(split: str) -> int:
    return {TEST: 0, VAL: 2, TRAIN: 3}.get(split, 1)
