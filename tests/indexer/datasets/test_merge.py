"""Several data sets as one: each one's labels are unknown to the others, and no photo is taken for another."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from indexer.datasets import Dataset, Example
from indexer.datasets.merge import merged
from services.errors import NotFound


class Named:
    """A photo of the size that a source has; nothing else is in it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: list[str] = []

    def photo(self, name: str) -> Image.Image:
        self.asked.append(name)
        return Image.new("RGB", (self.size, 1))


def rows(name: str, count: int, **cells: str) -> list[Example]:
    return [Example(f"{name}/{number}.png", f"{name} {number}", cells) for number in range(count)]


@pytest.fixture
def catalogue() -> Dataset:
    examples = {"train": rows("shop", 6, kind="belt", colour="red", category="belt"), "val": rows("shop", 2)}
    return Dataset("shop", ("kind", "colour"), examples, Named(11))


@pytest.fixture
def people() -> Dataset:
    examples = {"train": rows("people", 3, colour="blue", worn="yes", kind="not a label here"), "test": rows("p", 1)}
    return Dataset("people", ("worn", "colour"), examples, Named(22))


def test_one_set_alone_is_itself(catalogue: Dataset) -> None:
    assert merged([catalogue]) is catalogue


def test_names_and_labels_are_those_of_all_in_order(catalogue: Dataset, people: Dataset) -> None:
    found = merged([catalogue, people])
    assert found.name == "shop+people"
    assert found.label_fields == ("kind", "colour", "worn")
    assert {split: len(examples) for split, examples in found.examples.items()} == {"train": 9, "val": 2, "test": 1}


def test_labels_of_others_are_unknown_even_where_a_column_has_their_name(catalogue: Dataset, people: Dataset) -> None:
    train = merged([catalogue, people]).rows("train")
    own = next(row for row in train if row.title == "shop 0")
    other = next(row for row in train if row.title == "people 0")
    assert own.cells == {"kind": "belt", "colour": "red", "category": "belt", "worn": ""}
    assert other.cells == {"kind": "", "colour": "blue", "worn": "yes"}
    assert people.rows("train")[0].cells["kind"] == "not a label here", "the set itself stays as it is"


def test_sets_are_interleaved_in_proportion_and_keep_their_order(catalogue: Dataset, people: Dataset) -> None:
    titles = [row.title for row in merged([catalogue, people]).rows("train")]
    assert titles == ["shop 0", "people 0", "shop 1", "shop 2", "people 1", "shop 3", "shop 4", "people 2", "shop 5"]


def test_every_photo_comes_from_its_own_set(catalogue: Dataset, people: Dataset) -> None:
    found = merged([catalogue, people])
    for row in found.rows("train"):
        photo = found.photo(row)
        assert photo is not None
        assert photo.width == (11 if row.title.startswith("shop") else 22)
    assert people.photos.asked == [f"people/{number}.png" for number in range(3)]  # type: ignore[attr-defined]


def test_sets_with_photos_of_one_name_do_not_mix(catalogue: Dataset) -> None:
    twin = replace(catalogue, photos=Named(33))
    found = merged([catalogue, twin])
    images = [row.image for row in found.rows("train")]
    assert len(set(images)) == len(images) == 12
    assert sorted(found.photos.photo(image).width for image in images) == [11] * 6 + [33] * 6


@pytest.mark.parametrize("name", ["shop/0.png", "2/shop/0.png", "", "0"])
def test_a_name_of_no_set_is_not_found(name: str, made: Callable[..., Dataset]) -> None:
    pair = [made(train=[("a=1", "", {})]), made(train=[("b=2", "", {})])]
    with pytest.raises(NotFound):
        merged(pair).photos.photo(name)
