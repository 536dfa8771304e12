"""Any table with a header and photos is a data set."""

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.datasets import table_dataset
from services.errors import InvalidCatalogue

Picture = Callable[[Path, tuple[int, int, int]], None]


def write(folder: Path, text: str, name: str = "shop.csv") -> Path:
    (folder / "images").mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_rows_lie_in_the_splits_that_they_name(tmp_path: Path) -> None:
    table = write(
        tmp_path, "image,title,category,split\n1,Red,A,train\n2,Blue,B,validation\n3,Grey,A,test\n4,,A,train\n"
    )
    dataset = table_dataset(table, tmp_path / "images")
    assert {split: [row.image for row in rows] for split, rows in dataset.examples.items()} == {
        "train": ["1", "4"],
        "val": ["2"],
        "test": ["3"],
    }
    assert dataset.rows("val")[0].title == "Blue"
    assert dataset.rows("val")[0].cells["category"] == "B"


def test_a_table_without_splits_is_all_train_and_may_lack_titles(tmp_path: Path) -> None:
    dataset = table_dataset(write(tmp_path, "image,category\n1,A\n2,B\n"), tmp_path / "images")
    assert set(dataset.examples) == {"train"}
    assert not dataset.has_titles


def test_rows_of_no_split_and_rows_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    table = write(tmp_path, "image,category,split\n1,A,train\n2,A,\n3,A\n4,A,train\n")
    assert [row.image for row in table_dataset(table, tmp_path / "images").rows("train")] == ["1", "4"]


@pytest.mark.parametrize(
    ("header", "labels"),
    [
        ("image,gender,id,base_colour,article_type", ("article_type", "base_colour", "gender")),
        ("image,category,sub_category", ("sub_category",)),
        ("image,category,kids", ("category",)),
    ],
)
def test_the_usual_columns_are_the_labels(tmp_path: Path, header: str, labels: tuple[str, ...]) -> None:
    table = write(tmp_path, f"{header}\n{','.join('x' for _ in header.split(','))}\n")
    assert table_dataset(table, tmp_path / "images").label_fields == labels


@pytest.mark.parametrize(
    ("text", "labels", "message"),
    [
        ("image,category\n1,A\n", ["colour"], "no column colour; it has image, category"),
        ("image,kids\n1,yes\n", [], "no column category; it has image, kids"),
        ("photo,category\n1,A\n", [], "no column image; it has photo, category"),
        ("image,category\n", [], "no rows"),
        ("image,category\n1\n2\n", [], "no rows; line 2: 1 cells where the header has 2"),
        ("image,category,split\n1,A,\n", [], "'split' is empty in every row"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, text: str, labels: list[str], message: str) -> None:
    with pytest.raises(InvalidCatalogue, match=message):
        table_dataset(write(tmp_path, text), tmp_path / "images", labels)


def test_photos_are_read_from_the_folder_when_they_are_asked_for(tmp_path: Path, picture: Picture) -> None:
    dataset = table_dataset(write(tmp_path, "image,category\na.png,A\n"), tmp_path / "images")
    assert dataset.photo(dataset.rows("train")[0]) is None
    picture(tmp_path / "images" / "a.png", (0, 0, 255))
    photo = dataset.photo(dataset.rows("train")[0])
    assert photo is not None
    assert photo.getpixel((0, 0)) == (0, 0, 255)


def test_photos_that_are_nowhere_are_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidCatalogue, match=r"photos\.zip"):
        table_dataset(write(tmp_path, "image,category\n1,A\n"), tmp_path / "photos.zip")
