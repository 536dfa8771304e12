"""Folders of photos, a class each, with and without splits above them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.datasets.folder import folder_dataset
from services.errors import InvalidCatalogue

Picture = Callable[..., None]


def test_sub_folders_are_classes(tmp_path: Path, picture: Picture) -> None:
    for name in ("Dresses/b.jpg", "Dresses/deep/a.JPG", "Belts/größe 1.png", "Belts/notes.txt"):
        picture(tmp_path / "shop" / name) if name[-3:] != "txt" else (tmp_path / "shop" / name).write_text("x")
    dataset = folder_dataset(tmp_path / "shop")
    assert [(row.image, row.cells["category"]) for row in dataset.rows("train")] == [
        ("Belts/größe 1.png", "Belts"),
        ("Dresses/b.jpg", "Dresses"),
        ("Dresses/deep/a.JPG", "Dresses"),
    ]
    assert (dataset.name, dataset.label_fields, set(dataset.examples)) == ("shop", ("category",), {"train"})
    assert not dataset.has_titles
    assert all(dataset.photo(row) for row in dataset.rows("train"))


def test_splits_lie_above_the_classes(tmp_path: Path, picture: Picture) -> None:
    for name in ("train/A/1.png", "train/B/2.png", "valid/A/3.png", "test/B/4.png"):
        picture(tmp_path / name)
    dataset = folder_dataset(tmp_path)
    assert {split: [row.image for row in rows] for split, rows in dataset.examples.items()} == {
        "train": ["train/A/1.png", "train/B/2.png"],
        "val": ["valid/A/3.png"],
        "test": ["test/B/4.png"],
    }
    assert dataset.rows("test")[0].cells == {"category": "B"}


def test_a_class_may_be_called_like_a_split(tmp_path: Path, picture: Picture) -> None:
    for name in ("test/1.png", "dress/2.png"):
        picture(tmp_path / name)
    assert {row.cells["category"] for row in folder_dataset(tmp_path).rows("train")} == {"test", "dress"}


def test_a_test_set_alone_is_a_split(tmp_path: Path, picture: Picture) -> None:
    picture(tmp_path / "test" / "A" / "1.png")
    assert set(folder_dataset(tmp_path).examples) == {"test"}


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path, picture: Picture) -> None:
    for name in ("A/1.png", "A/._1.png", "A/.cache/2.png", ".git/3.png"):
        picture(tmp_path / name)
    assert [row.image for row in folder_dataset(tmp_path).rows("train")] == ["A/1.png"]


def test_classes_beside_splits_are_refused(tmp_path: Path, picture: Picture) -> None:
    for name in ("train/A/1.png", "Dresses/2.png"):
        picture(tmp_path / name)
    with pytest.raises(InvalidCatalogue, match="Dresses beside train"):
        folder_dataset(tmp_path)


def test_two_folders_for_one_split_are_refused(tmp_path: Path, picture: Picture) -> None:
    for name in ("train/A/1.png", "val/A/2.png", "validation/A/3.png"):
        picture(tmp_path / name)
    with pytest.raises(InvalidCatalogue, match="beside"):
        folder_dataset(tmp_path)


def test_a_class_without_photos_is_named(tmp_path: Path, picture: Picture) -> None:
    picture(tmp_path / "train" / "A" / "1.png")
    (tmp_path / "train" / "B").mkdir()
    with pytest.raises(InvalidCatalogue, match=r"train/B'?: a class folder without photos"):
        folder_dataset(tmp_path)


def test_a_folder_of_loose_photos_and_no_folder_at_all_are_refused(tmp_path: Path, picture: Picture) -> None:
    picture(tmp_path / "loose" / "1.png")
    with pytest.raises(InvalidCatalogue, match="no folders in it"):
        folder_dataset(tmp_path / "loose")
    with pytest.raises(InvalidCatalogue, match="No such file"):
        folder_dataset(tmp_path / "none")


def test_a_name_that_is_not_utf8_is_named(tmp_path: Path, picture: Picture) -> None:
    picture(tmp_path / "A" / "1.png")
    try:
        (tmp_path / "A" / "1.png").rename(tmp_path / "A" / os.fsdecode(b"gr\xfc.png"))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    with pytest.raises(InvalidCatalogue, match="not UTF-8"):
        folder_dataset(tmp_path)


def test_the_only_label_is_the_category(tmp_path: Path, picture: Picture) -> None:
    picture(tmp_path / "A" / "1.png")
    with pytest.raises(InvalidCatalogue, match="no column colour; it has category"):
        folder_dataset(tmp_path, ["colour"])
