"""What the published splits of real catalogues leak, and that no leak outlives its removal."""

import os
from pathlib import Path

import pytest
from real_data import fashion_products

from indexer.datasets import Dataset, complete_splits, drop_leaks, leaks, open_dataset, split_without_leaks

QUICK = ("image", "item", "title")


def products() -> Dataset:
    folder = fashion_products()
    return open_dataset("table", folder / "catalogue.csv", images=folder / "images.zip")


def words(title: str) -> list[str]:
    """Words as the publisher compares them: a hyphen parts two words."""
    return "".join(char if char.isalnum() else " " for char in title.casefold()).split()


def test_fashion_products_leaks_only_titles_that_are_written_apart_in_one_split() -> None:
    dataset = products()
    titles = {row.image: row.title for rows in dataset.examples.values() for row in rows}
    found = leaks(dataset, QUICK)
    assert {leak.way for leak in found} <= {"title"}
    for leak in found:
        written = [{tuple(words(titles[image])) for image in images} for images in leak.images.values()]
        assert not set.intersection(*written), leak
    leaking = sum(len(images) for leak in found for split, images in leak.images.items() if split == "test")
    assert leaking <= 0.02 * len(dataset.rows("test"))


def test_fashion_products_without_its_leaks_keeps_the_test_split_whole() -> None:
    dataset = products()
    clean = drop_leaks(dataset, QUICK)
    assert leaks(clean, QUICK) == []
    assert list(clean.rows("test")) == list(dataset.rows("test"))
    assert len(clean.rows("train")) > 0.99 * len(dataset.rows("train"))


def test_fashion_products_can_be_cut_anew_for_all_its_generic_titles() -> None:
    cut = split_without_leaks(products(), by=QUICK)
    assert leaks(cut, QUICK) == []
    sizes = {split: len(rows) for split, rows in cut.examples.items()}
    assert sizes["val"] == pytest.approx(sizes["train"] / 8, rel=0.01)


def test_clothing_photos_get_a_validation_split_that_does_not_leak() -> None:
    folder = fashion_products().parent / "clothing-photos"
    if not (folder / "catalogue.csv").is_file():
        pytest.skip(f"needs the clothing dataset in {folder}; LOOKALIKE_DATA={os.environ.get('LOOKALIKE_DATA')}")
    dataset = open_dataset("table", Path(folder / "catalogue.csv"), images=folder / "images.zip")
    cut = complete_splits(dataset)
    assert dataset.label_fields == ("category",)
    assert set(dataset.examples) == {"train", "test"}
    assert len(cut.rows("val")) == round(0.1 * len(dataset.rows("train")))
    assert leaks(cut) == []
