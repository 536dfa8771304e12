"""DeepFashion's In-shop benchmark, on small files in exactly its layout."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.datasets.deepfashion_inshop import inshop_dataset
from services.errors import InvalidCatalogue

ROWS = [
    ("img/WOMEN/Dresses/id_00000002/02_1_front.jpg", "id_00000002", "train"),
    ("img/WOMEN/Dresses/id_00000002/02_4_full.jpg", "id_00000002", "train"),
    ("img/MEN/Jackets_Vests/id_00000080/01_7_additional.jpg", "id_00000080", "query"),
    ("img/MEN/Jackets_Vests/id_00000080/01_2_side.jpg", "id_00000080", "gallery"),
]
DESCRIPTIONS = [
    {"item": "id_00000002", "color": "Cream", "description": ["Cut from a flowing fabric.", " ", "Lined"]},
    {"item": "id_00000099", "color": "Red", "description": []},
]


def partition(rows: list[tuple[str, str, str]], count: int | None = None) -> str:
    """The file as published: the columns aligned with blanks."""
    lines = [f"{image:<70}{item:<15}{status}" for image, item, status in rows]
    return "\n".join([str(len(rows) if count is None else count), "image_name item_id evaluation_status", *lines, ""])


@pytest.fixture
def root(tmp_path: Path, picture: Callable[..., None]) -> Path:
    for folder in ("Eval", "Anno"):
        (tmp_path / folder).mkdir()
    (tmp_path / "Eval" / "list_eval_partition.txt").write_text(partition(ROWS))
    (tmp_path / "Anno" / "list_description_inshop.json").write_text(json.dumps(DESCRIPTIONS))
    for image, _, _ in ROWS:
        picture(tmp_path / "Img" / image)
    return tmp_path


def test_query_and_gallery_are_the_test_split(root: Path) -> None:
    dataset = inshop_dataset(root)
    assert [row.image for row in dataset.rows("train")] == [ROWS[0][0], ROWS[1][0]]
    assert [(row.image, row.cells["role"]) for row in dataset.rows("test")] == [
        (ROWS[2][0], "query"),
        (ROWS[3][0], "gallery"),
    ]
    assert set(dataset.examples) == {"train", "test"}
    assert dataset.label_fields == ("item_id", "category", "gender")


def test_the_path_and_the_description_say_what_a_photo_shows(root: Path) -> None:
    dataset = inshop_dataset(root)
    row = dataset.rows("train")[0]
    assert row.cells == {
        "item_id": "id_00000002",
        "gender": "Women",
        "category": "Dresses",
        "color": "Cream",
        "role": "train",
        "pose": "front",
        "description": "Cut from a flowing fabric. Lined",
    }
    assert row.title == "Cut from a flowing fabric."
    vest = dataset.rows("test")[0]
    assert (vest.cells["category"], vest.cells["gender"], vest.cells["pose"]) == ("Jackets Vests", "Men", "additional")
    assert (vest.title, vest.cells["color"]) == ("", "")


def test_descriptions_are_optional(root: Path) -> None:
    (root / "Anno" / "list_description_inshop.json").unlink()
    dataset = inshop_dataset(root)
    assert not dataset.has_titles
    assert dataset.rows("train")[0].cells["item_id"] == "id_00000002"


def test_a_label_field_may_be_any_cell(root: Path) -> None:
    assert inshop_dataset(root, ["color", "item_id"]).label_fields == ("color", "item_id")
    with pytest.raises(InvalidCatalogue, match="no column colour; it has item_id, category, gender, color"):
        inshop_dataset(root, ["colour"])


def test_photos_are_found_unpacked_packed_or_where_they_are_said_to_be(root: Path, tmp_path: Path) -> None:
    row = inshop_dataset(root).rows("test")[1]
    assert inshop_dataset(root).photo(row) is not None
    (root / "Img" / "img").rename(root / "img")
    assert inshop_dataset(root).photo(row) is not None
    with zipfile.ZipFile(root / "Img" / "img.zip", "w") as archive:
        for path in (root / "img").rglob("*.jpg"):
            archive.write(path, path.relative_to(root))
    (root / "img").rename(root / "elsewhere")
    assert inshop_dataset(root).photo(row) is not None
    (root / "Img" / "img.zip").rename(root / "photos.zip")
    assert inshop_dataset(root, images=root / "photos.zip").photo(row) is not None
    with pytest.raises(InvalidCatalogue, match=r"Img/img\.zip or img\.zip"):
        inshop_dataset(root)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: '' is not a number"),
        ("image_name item_id evaluation_status\n", "line 1: 'image_name item_id"),
        ("4\nimage_name evaluation_status\n", "line 2: the header is 'image_name evaluation_status', not"),
        (partition(ROWS, 5), "line 1 announces 5 records, and 4 follow"),
        (partition([*ROWS[:2], ("img/a.jpg", "", "train")]), "line 5: 2 cells, not 3"),
        (partition([*ROWS[:2], ("img/a.jpg", "id_1", "train")]), "line 5: 'img/a.jpg' is not img/<gender>"),
        (partition([*ROWS[:3], (ROWS[3][0], "id_1", "val")]), "line 6: evaluation status 'val'; known are train"),
    ],
)
def test_a_malformed_line_is_named_by_its_number(root: Path, text: str, message: str) -> None:
    (root / "Eval" / "list_eval_partition.txt").write_text(text)
    with pytest.raises(InvalidCatalogue, match=rf"list_eval_partition\.txt: {message}"):
        inshop_dataset(root)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"{}", "want a list"),
        (b'[{"item": "id_1", "color": "Red"}]', "entry 1 lacks"),
        (b'[{"item": 1, "color": "Red", "description": []}]', "entry 1 lacks"),
        (b'["\xff"]', "not UTF-8"),
    ],
)
def test_malformed_descriptions_are_refused(root: Path, data: bytes, message: str) -> None:
    (root / "Anno" / "list_description_inshop.json").write_bytes(data)
    with pytest.raises(InvalidCatalogue, match=rf"list_description_inshop\.json: {message}"):
        inshop_dataset(root)


def test_a_missing_partition_is_named(root: Path) -> None:
    (root / "Eval" / "list_eval_partition.txt").unlink()
    with pytest.raises(InvalidCatalogue, match=r"no Eval/list_eval_partition\.txt or list_eval_partition\.txt"):
        inshop_dataset(root)
    with pytest.raises(InvalidCatalogue, match="nowhere"):
        inshop_dataset(root / "nowhere")


def test_a_partition_that_is_not_utf8_is_refused(root: Path) -> None:
    path = root / "Eval" / "list_eval_partition.txt"
    path.write_bytes(path.read_bytes().replace(b"Dresses", b"Dr\xe9sses"))
    with pytest.raises(InvalidCatalogue, match="not UTF-8"):
        inshop_dataset(root)
