"""Cuts a data set into splits that share no photo, garment or title, the same way every time."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from math import isclose

from indexer.datasets.dataset import TEST, TRAIN, VAL, Dataset, Example
from indexer.datasets.identity import SAME, Key, identity_keys
from services.errors import InvalidCatalogue, InvalidRequest

SHARES = {TRAIN: 0.8, VAL: 0.1, TEST: 0.1}
Group = Sequence[int]
"""Numbers of examples that are the same, directly or through others."""


def complete_splits(dataset: Dataset, seed: int = 0, by: Sequence[str] = SAME) -> Dataset:
    """`dataset` with what training and measuring need: one that is all `train` is cut by SHARES, one without `val`
    gets its `val` from `train`, and published splits stay as they are. The same seed gives the same cut.
    """
    if set(dataset.examples) == {TRAIN}:
        return split_without_leaks(dataset, SHARES, seed, by)
    return with_validation(dataset, seed=seed, by=by)


def split_without_leaks(
    dataset: Dataset, shares: Mapping[str, float] = SHARES, seed: int = 0, by: Sequence[str] = SAME
) -> Dataset:
    """All examples of `dataset`, whatever their split, dealt anew to the splits in `shares`, which sum to 1.

    Examples that are the same by `by`, directly or through others, stay together, so no two splits share anything.
    Each value of the first label field is dealt in proportion, as far as groups allow. The cut depends on the seed
    and on the photos' names, not on their order. Raises InvalidCatalogue where groups are so large that a split
    would stay empty, InvalidRequest for shares that are none.
    """
    examples = [example for rows in dataset.examples.values() for example in rows]
    groups = group_same(identity_keys(dataset, examples, by))
    dealt = _dealt(dataset, examples, groups, _targets(shares, len(examples)), seed)
    return dataset.with_examples({split: [examples[i] for i in numbers] for split, numbers in dealt.items()})


def with_validation(dataset: Dataset, share: float = 0.1, seed: int = 0, by: Sequence[str] = SAME) -> Dataset:
    """`dataset` with `share` of its `train` set apart as `val`; unchanged where it has a `val` or no `train`.

    What is set apart shares nothing with what remains, nor with any other split: groups that reach into one stay in
    `train`. Raises as `split_without_leaks` does.
    """
    if VAL in dataset.examples or TRAIN not in dataset.examples:
        return dataset
    train = dataset.examples[TRAIN]
    others = [example for split, rows in dataset.examples.items() if split != TRAIN for example in rows]
    examples = [*train, *others]
    groups = group_same(identity_keys(dataset, examples, by))
    free = [group for group in groups if max(group) < len(train)]
    targets = _targets({TRAIN: 1 - share, VAL: share}, len(train))
    # What is bound to stay counts as dealt to `train` already.
    targets[TRAIN] = max(0, sum(map(len, free)) - targets[VAL])
    val = set(_dealt(dataset, examples, free, targets, seed, required=[VAL])[VAL])
    kept = [example for i, example in enumerate(train) if i not in val]
    if not kept:
        raise InvalidCatalogue(f"{dataset.name}: {len(train):,} examples are too few to set some apart")
    return dataset.with_examples({**dataset.examples, TRAIN: kept, VAL: [train[i] for i in sorted(val)]})


def group_same(keys: Iterable[Sequence[Key]]) -> list[list[int]]:
    """The connected groups of examples, given each one's keys: two that share a key are in one group.

    >>> group_same([[("title", "a")], [("item", "1")], [("title", "a"), ("item", "2")], [("item", "2")]])
    [[0, 2, 3], [1]]
    """
    parents: list[int] = []
    first: dict[Key, int] = {}
    for number, found in enumerate(keys):
        parents.append(number)
        for key in found:
            one, other = _root(parents, number), _root(parents, first.setdefault(key, number))
            parents[max(one, other)] = min(one, other)
    groups: dict[int, list[int]] = {}
    for number in range(len(parents)):
        groups.setdefault(_root(parents, number), []).append(number)
    return list(groups.values())


def _root(parents: list[int], number: int) -> int:
    """The group's lowest number; the path to it is halved on the way, which keeps later ones short."""
    while parents[number] != number:
        parents[number] = parents[parents[number]]
        number = parents[number]
    return number


def _targets(shares: Mapping[str, float], count: int) -> dict[str, int]:
    """How many of `count` examples each split is to have: at least one, the rest in the largest."""
    if not shares or not all(0 < share < 1 for share in shares.values()) or not isclose(sum(shares.values()), 1):
        raise InvalidRequest(f"shares must lie between 0 and 1 and sum to 1, not {dict(shares)}")
    targets = {split: max(1, round(share * count)) for split, share in shares.items()}
    largest = max(shares, key=lambda split: shares[split])
    targets[largest] += count - sum(targets.values())
    return targets


def _dealt(
    dataset: Dataset,
    examples: Sequence[Example],
    groups: Sequence[Group],
    targets: Mapping[str, int],
    seed: int,
    required: Sequence[str] | None = None,
) -> dict[str, list[int]]:
    """Deal whole groups to splits, in order of label, each to the split that lacks most of its target.

    Groups larger than the smallest target come first, and so land in the largest split, where they do least harm.
    """
    dealt: dict[str, list[int]] = {split: [] for split in targets}
    least = min(targets.values())
    label = dataset.label_fields[0] if dataset.label_fields else ""
    keyed = [(len(group) <= least, *_order(examples, group, label, seed), group) for group in groups]
    for _, _, _, group in sorted(keyed, key=lambda entry: entry[:3]):
        lacking = {split: targets[split] - len(dealt[split]) for split in targets}
        fitting = [split for split in targets if len(group) <= lacking[split]]
        if fitting:
            chosen = max(fitting, key=lambda split: lacking[split] / targets[split])
        else:
            chosen = max(targets, key=lambda split: lacking[split])
        dealt[chosen] += group
    if empty := [split for split in required or targets if not dealt[split]]:
        raise InvalidCatalogue(
            f"{dataset.name}: nothing for {' and '.join(empty)}: {len(examples):,} examples fall into {len(groups):,} "
            f"groups of same ones that may be cut apart, the largest of {max(map(len, groups), default=0):,}"
        )
    return {split: sorted(numbers) for split, numbers in dealt.items()}


def _order(examples: Sequence[Example], group: Group, label: str, seed: int) -> tuple[str, str]:
    """(label, a number drawn by seed) of a group, from its example whose photo's name comes first."""
    example = min((examples[i] for i in group), key=lambda example: example.image)
    drawn = hashlib.blake2b(f"{seed}:{example.image}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return example.cells.get(label, ""), drawn
