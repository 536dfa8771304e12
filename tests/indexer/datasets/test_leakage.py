"""Leaks are found by photo, garment, title and pixels, and dropped from the side that is trained on."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from indexer.datasets import Dataset, Example, Leak, drop_leaks, leaks
from services.errors import InvalidRequest, NotFound

Maker = Callable[..., Dataset]


def test_clean_splits_do_not_leak(made: Maker) -> None:
    dataset = made(
        train=[("a=1", "Red belt", {"item_id": "1"}), ("b=2", "", {}), ("c", "", {})],
        test=[("d=3", "Blue belt", {"item_id": "2"}), ("e=4", "", {}), ("f", " - ", {}), ("g", "!", {"item_id": ""})],
    )
    assert leaks(dataset) == []
    assert drop_leaks(dataset).examples == dataset.examples


@pytest.mark.parametrize(
    ("one", "other", "way", "value"),
    [
        (("a", "", {}), ("a", "", {}), "image", "a"),
        (("a", "", {"item_id": "7"}), ("b", "", {"item_id": "7"}), "item", "7"),
        (("a", "", {"id": "7"}), ("b", "", {"id": "7"}), "item", "7"),
        (("a", "Nike Men's T-Shirt", {}), ("b", "NIKE  mens tshirt", {}), "title", "nikemenstshirt"),
    ],
)
def test_each_way_to_be_the_same_is_found(
    made: Maker, one: tuple[str, str, dict[str, str]], other: tuple[str, str, dict[str, str]], way: str, value: str
) -> None:
    dataset = made(train=[one, ("z", "", {})], test=[other])
    assert leaks(dataset) == [Leak(way, value, {"train": (one[0],), "test": (other[0],)})]
    assert [row.image for row in drop_leaks(dataset).rows("train")] == ["z"]
    assert leaks(dataset, [kept for kept in ("image", "item", "title", "pixels") if kept != way]) == []


def test_equal_pixels_are_found_under_any_name_and_only_at_equal_size(made: Maker) -> None:
    class Strips:
        def photo(self, name: str) -> Image.Image:
            width, height = map(int, name[1:].split("x"))
            return Image.new("RGB", (width, height))

    rows = {"train": [Example("a2x3", "", {}), Example("b3x2", "", {})], "test": [Example("c2x3", "", {})]}
    (leak,) = leaks(Dataset("strips", (), rows, Strips()))
    assert (leak.way, leak.images) == ("pixels", {"train": ("a2x3",), "test": ("c2x3",)})


def test_a_photo_that_cannot_be_read_is_the_same_as_no_other(made: Maker) -> None:
    assert leaks(made(train=[("gone", "", {})], test=[("lost", "", {})])) == []


def test_photos_are_read_only_where_pixels_are_asked_for() -> None:
    class Unread:
        def photo(self, name: str) -> Image.Image:
            raise AssertionError(name)

    rows = {"train": [Example("a", "Belt", {})], "test": [Example("b", "belt", {})]}
    assert len(leaks(Dataset("unread", (), rows, Unread()), ["image", "item", "title"])) == 1


def test_an_unknown_way_is_refused(made: Maker) -> None:
    with pytest.raises(InvalidRequest, match="by colour; known are image, item, title, pixels"):
        leaks(made(train=[("a", "", {})]), ["colour"])


def test_val_loses_what_is_in_test_and_test_stays_whole(made: Maker) -> None:
    dataset = made(
        train=[("a", "Belt", {}), ("b", "Shoe", {}), ("c", "Hat", {})],
        val=[("d", "belt", {}), ("e", "shoe", {})],
        test=[("f", "BELT", {}), ("g", "Belt", {})],
    )
    clean = drop_leaks(dataset)
    assert {split: [row.image for row in rows] for split, rows in clean.examples.items()} == {
        "train": ["c"],
        "val": ["e"],
        "test": ["f", "g"],
    }


def test_what_is_dropped_drops_nothing_else(made: Maker) -> None:
    # The val row goes for its title; its garment, in train too, is then measured by nothing.
    dataset = made(train=[("a", "", {"item_id": "1"})], val=[("b", "Belt", {"item_id": "1"})], test=[("c", "belt", {})])
    assert {split: [row.image for row in rows] for split, rows in drop_leaks(dataset).examples.items()} == {
        "train": ["a"],
        "test": ["c"],
    }


def test_many_examples_are_matched_with_their_own_keys(made: Maker) -> None:
    # More than one batch of work.
    rows = [(f"{i}", f"title {i}", {}) for i in range(2_500)]
    dataset = made(train=rows, test=[("t", "Title 2400", {})])
    (leak,) = leaks(dataset)
    assert leak.images == {"train": ("2400",), "test": ("t",)}


FEW = st.sampled_from(["", "a", "b", "c", "d"])


class NoPhotos:
    def photo(self, name: str) -> Image.Image:
        raise NotFound(name)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    number = iter(range(1_000))
    rows = st.lists(st.builds(lambda title, item: Example(f"{next(number)}", title, {"item_id": item}), FEW, FEW))
    return Dataset("random", (), {split: draw(rows) for split in ("train", "other", "val", "test")}, NoPhotos())


@given(datasets())
def test_nothing_leaks_once_leaks_are_dropped_and_nothing_else_is_lost(dataset: Dataset) -> None:
    clean = drop_leaks(dataset)
    assert leaks(clean) == []
    assert list(clean.examples.get("test", [])) == list(dataset.examples["test"])
    leaking = {image for leak in leaks(dataset) for images in leak.images.values() for image in images}
    kept = {row.image for rows in clean.examples.values() for row in rows}
    assert {row.image for rows in dataset.examples.values() for row in rows} - leaking <= kept
