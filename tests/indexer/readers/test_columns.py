"""Which columns mean what, and what a table must have."""

import pytest

from indexer.readers import Columns
from services.errors import InvalidCatalogue


@pytest.mark.parametrize("names", [["id", "image"], ["id", "images"], ["title", "image", "id"]])
def test_an_id_and_photos_are_enough(names: list[str]) -> None:
    Columns().check(names)


@pytest.mark.parametrize(
    ("mapping", "names", "told"),
    [
        ({}, ["sku", "image"], "no column 'id'; it has sku, image"),
        ({}, ["id", "photo"], "no column 'image'"),
        ({"id": "sku"}, ["id", "image"], "no column 'sku'"),
        ({"images": "photo"}, ["id", "image"], "no column 'photo'"),
        ({"category": "type"}, ["id", "image"], "no column 'type'"),
    ],
)
def test_a_missing_column_is_named_with_the_remedy(mapping: dict[str, str], names: list[str], told: str) -> None:
    with pytest.raises(InvalidCatalogue, match=rf"{told}.*--map"):
        Columns(mapping).check(names)


def test_other_columns_are_attributes_and_mapped_ones_stand_under_both_names() -> None:
    cells = {
        "sku": "1",
        "photo": "a.jpg",
        "type": "Belt",
        "colour": " ",
        "size": None,
        "": "x",
        "sold": False,
        "stock": 0,
    }
    columns = Columns({"id": "sku", "image": "photo", "category": "type"})
    assert columns.attributes(cells) == {"type": "Belt", "category": "Belt", "sold": False, "stock": 0}


def test_of_two_image_columns_the_plural_holds_the_photos() -> None:
    assert Columns().image_column(["image", "images"]) == "images"
    assert Columns().attributes({"id": "1", "images": "a.jpg", "image": "b.jpg"}) == {"image": "b.jpg"}
