"""Cuts keep what is the same together, hit their shares, hold labels in proportion, and repeat."""

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from indexer.datasets import Dataset, Example, complete_splits, leaks, split_without_leaks, with_validation
from indexer.datasets.splitting import group_same
from services.errors import InvalidCatalogue, InvalidRequest, NotFound

Maker = Callable[..., Dataset]


class NoPhotos:
    def photo(self, name: str) -> Image.Image:
        raise NotFound(name)


def catalogue(count: int, split: str = "train", label: Callable[[int], str] = lambda i: "AB"[i % 2]) -> Dataset:
    rows = [Example(f"{i}.jpg", f"title {i}", {"category": label(i)}) for i in range(count)]
    return Dataset("catalogue", ("category",), {split: rows}, NoPhotos())


def held(dataset: Dataset) -> dict[str, list[str]]:
    return {split: [row.image for row in rows] for split, rows in dataset.examples.items()}


def test_shares_are_hit_and_labels_are_held_in_proportion() -> None:
    dataset = catalogue(1_000, label=lambda i: "rare" if i % 10 == 0 else "usual")
    cut = split_without_leaks(dataset, {"train": 0.7, "val": 0.1, "test": 0.2})
    counts = {split: Counter(row.cells["category"] for row in rows) for split, rows in cut.examples.items()}
    for split, share in {"train": 0.7, "val": 0.1, "test": 0.2}.items():
        assert abs(counts[split]["rare"] - 100 * share) <= 1
        assert abs(counts[split]["usual"] - 900 * share) <= 1


def test_a_cut_repeats_whatever_the_order_and_another_seed_cuts_elsewhere() -> None:
    dataset = catalogue(200)
    turned = dataset.with_examples({"train": dataset.examples["train"][::-1]})
    sets = {split: set(images) for split, images in held(split_without_leaks(dataset)).items()}
    assert {split: set(images) for split, images in held(split_without_leaks(turned)).items()} == sets
    assert set(held(split_without_leaks(dataset, seed=1))["test"]) != sets["test"]


def test_rows_keep_their_order_within_a_split() -> None:
    for images in held(complete_splits(catalogue(100))).values():
        numbers = [int(image.removesuffix(".jpg")) for image in images]
        assert numbers == sorted(numbers)


def test_a_giant_group_stays_whole_in_the_largest_split(made: Maker) -> None:
    rows = [(f"{i}", "Men Shirt" if i < 60 else f"title {i}", {}) for i in range(100)]
    cut = split_without_leaks(made(train=rows))
    assert leaks(cut) == []
    assert {f"{i}" for i in range(60)} <= set(held(cut)["train"])
    assert {split: len(rows) for split, rows in cut.examples.items()} == {"train": 80, "val": 10, "test": 10}


def test_sameness_that_chains_through_others_holds_together(made: Maker) -> None:
    rows = [(f"{i}", f"title {i // 2}", {"item_id": f"{(i + 1) // 2}"}) for i in range(30)]
    with pytest.raises(InvalidCatalogue, match="nothing for val and test: 30 examples fall into 1 groups"):
        split_without_leaks(made(train=rows))
    assert leaks(split_without_leaks(made(train=rows), by=["item"]), ["item"]) == []


@pytest.mark.parametrize("shares", [{}, {"train": 1.0}, {"train": 0.9, "val": 0.2}, {"train": 1.5, "val": -0.5}])
def test_shares_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest, match="sum to 1"):
        split_without_leaks(catalogue(10), shares)


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_examples_are_refused(count: int) -> None:
    with pytest.raises(InvalidCatalogue, match="nothing for"):
        split_without_leaks(catalogue(count))


def test_validation_is_cut_from_train_and_the_rest_stays() -> None:
    dataset = catalogue(100)
    dataset = dataset.with_examples({**dataset.examples, "test": [Example("t", "test title", {})]})
    cut = with_validation(dataset, 0.2)
    assert {split: len(rows) for split, rows in cut.examples.items()} == {"train": 80, "val": 20, "test": 1}
    assert Counter(row.cells["category"] for row in cut.rows("val")) == {"A": 10, "B": 10}
    assert {*held(cut)["train"], *held(cut)["val"]} == set(held(dataset)["train"])


def test_validation_is_left_as_published() -> None:
    dataset = catalogue(10)
    dataset = dataset.with_examples({"train": dataset.rows("train")[1:], "val": dataset.rows("train")[:1]})
    assert with_validation(dataset) is dataset
    only_test = catalogue(10, "test")
    assert with_validation(only_test) is only_test
    assert complete_splits(only_test) is only_test


def test_validation_takes_nothing_that_lies_in_test(made: Maker) -> None:
    bound = [(f"bound {i}", f"title {i % 20}", {}) for i in range(80)]
    free = [(f"free {i}", f"other {i}", {}) for i in range(20)]
    cut = with_validation(made(train=bound + free, test=[(f"t {i}", f"Title {i}", {}) for i in range(20)]), 0.1)
    assert len(cut.rows("val")) == 10
    assert all(row.image.startswith("free") for row in cut.rows("val"))


def test_a_train_set_that_is_all_in_test_gives_no_validation(made: Maker) -> None:
    with pytest.raises(InvalidCatalogue, match="nothing for val"):
        with_validation(made(train=[(f"{i}", "Belt", {}) for i in range(9)], test=[("t", "belt", {})]))


def test_one_example_cannot_be_cut(made: Maker) -> None:
    with pytest.raises(InvalidCatalogue):
        with_validation(made(train=[("a", "", {})]))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(InvalidRequest, match="shares"):
        with_validation(catalogue(10), share)


def test_all_train_is_cut_in_three_and_a_published_test_is_kept() -> None:
    assert {split: len(rows) for split, rows in complete_splits(catalogue(100)).examples.items()} == {
        "train": 80,
        "val": 10,
        "test": 10,
    }
    dataset = catalogue(100)
    published = dataset.with_examples({"train": dataset.rows("train")[:90], "test": dataset.rows("train")[90:]})
    cut = complete_splits(published)
    assert held(cut)["test"] == held(published)["test"]
    assert len(cut.rows("val")) == 9


KEYS = st.lists(st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from("abcdef")), max_size=3), max_size=25)


@given(KEYS)
def test_groups_are_the_connected_components(keys: list[list[tuple[str, str]]]) -> None:
    groups = group_same(keys)
    assert sorted(number for group in groups for number in group) == list(range(len(keys)))
    shared = [[key for number in group for key in keys[number]] for group in groups]
    assert all(set(one).isdisjoint(other) for one, other in combinations(shared, 2))
    for group in groups:
        reached = {group[0]}
        while more := {i for i in group for j in reached if set(keys[i]) & set(keys[j])} - reached:
            reached |= more
        assert reached == set(group)


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 2)), min_size=8, max_size=60),
    st.integers(0, 5),
    st.floats(0.05, 0.45),
)
def test_no_cut_of_any_catalogue_leaks_or_loses(rows: list[tuple[int, int, int]], seed: int, share: float) -> None:
    examples = [
        Example(
            f"{i}", f"title {title}" if title else "", {"item_id": f"{item}" if item else "", "category": f"{kind}"}
        )
        for i, (title, item, kind) in enumerate(rows)
    ]
    dataset = Dataset("random", ("category",), {"train": examples}, NoPhotos())
    try:
        cut = split_without_leaks(dataset, {"train": 1 - 2 * share, "val": share, "test": share}, seed)
        val = with_validation(dataset, share, seed)
    except InvalidCatalogue:
        assume(False)
        raise
    for done in (cut, val):
        assert leaks(done) == []
        assert sorted(int(row.image) for rows in done.examples.values() for row in rows) == list(range(len(rows)))
