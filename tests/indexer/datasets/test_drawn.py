"""Drawings as a data set: labels that are exactly known, photos on demand, and none of the sample that is shown."""

import pytest

from indexer.datasets.drawn import drawn_dataset
from indexer.datasets.open import open_dataset, parse_spec
from indexer.sample import render, sample_products
from services.errors import InvalidRequest, NotFound


def test_each_split_has_catalogues_of_its_own() -> None:
    dataset = open_dataset(*parse_spec("drawn:2"))
    assert {split: len(rows) > 700 for split, rows in dataset.examples.items()} == dict.fromkeys(
        ("train", "val", "test"), True
    )
    assert len(dataset.examples["train"]) > 1.8 * len(dataset.examples["val"])
    names = [row.image for rows in dataset.examples.values() for row in rows]
    assert len(set(names)) == len(names)
    assert dataset.label_fields == ("article_type", "base_colour", "gender")


def test_a_photo_is_what_its_labels_say() -> None:
    dataset = drawn_dataset("1")
    row = dataset.rows("train")[0]
    product = sample_products(1001)[0]
    assert row.cells["article_type"] == product.attributes["category"]
    assert row.title == product.attributes["title"]
    photo = dataset.photo(row)
    assert photo is not None
    assert photo.tobytes() == render(product, product.views[0]).tobytes()


@pytest.mark.parametrize("number", ["0", "51", "-1", "many", "1.5", ""])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    with pytest.raises(InvalidRequest, match="number of catalogues"):
        drawn_dataset(number)


@pytest.mark.parametrize("name", ["1001", "7/0/front", "1001/999999/front", "a/b/c", "1001/0/nowhere"])
def test_a_drawing_that_is_not_there_is_not_found(name: str) -> None:
    with pytest.raises(NotFound, match="no drawing"):
        drawn_dataset("1").photos.photo(name)
