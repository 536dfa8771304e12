"""A data set gives its rows by split, and says what it has where something is asked that it has not."""

from collections.abc import Callable

import pytest

from indexer.datasets import Dataset
from indexer.datasets.dataset import chosen_fields
from services.errors import InvalidCatalogue

Maker = Callable[..., Dataset]


def test_rows_come_by_split_and_up_to_a_limit(made: Maker) -> None:
    dataset = made(train=[(f"{i}", "", {}) for i in range(5)], test=[("t", "", {})])
    assert [row.image for row in dataset.rows("train", 2)] == ["0", "1"]
    assert len(dataset.rows("train")) == 5


def test_a_split_that_is_not_there_is_an_error_that_lists_the_splits(made: Maker) -> None:
    with pytest.raises(InvalidCatalogue, match="'val'; it has train, test"):
        made(train=[("a", "", {})], test=[("b", "", {})]).rows("val")


def test_a_photo_that_cannot_be_read_is_none(made: Maker) -> None:
    dataset = made(train=[("there=7", "", {}), ("gone", "", {})])
    there, gone = dataset.rows("train")
    photo = dataset.photo(there)
    assert photo is not None
    assert photo.getpixel((0, 0)) == (7, 0, 0)
    assert dataset.photo(gone) is None


def test_titles_are_had_where_any_example_has_one(made: Maker) -> None:
    assert made(train=[("a", "", {})], test=[("b", "Red belt", {})]).has_titles
    assert not made(train=[("a", "", {})], test=[("b", "", {})]).has_titles


def test_splits_that_come_out_empty_are_left_out(made: Maker) -> None:
    dataset = made(train=[("a", "", {})], test=[("b", "", {})])
    assert set(dataset.with_examples({"train": dataset.rows("test"), "test": []}).examples) == {"train"}


def test_named_label_fields_are_used_once_and_in_their_order() -> None:
    assert chosen_fields("x", ["b", "a", "b"], ["a", "b", "c"], ["c"]) == ("b", "a")
    assert chosen_fields("x", [], ["a", "b", "c"], ["c"]) == ("c",)
    with pytest.raises(InvalidCatalogue, match="no column d; it has a, b"):
        chosen_fields("x", ["a", "d"], ["a", "b"], ["a"])
