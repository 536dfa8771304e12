"""DeepFashion's Category and Attribute benchmark, on small files in exactly its two layouts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.datasets.deepfashion_attributes import attributes_dataset
from services.errors import InvalidCatalogue

CATEGORIES = [("Blouse", 1), ("Jeans", 2), ("Dress", 3)]
ATTRIBUTES = [("floral", 1), ("abstract chevron print", 1), ("lace", 2), ("a-line", 3), ("v-neck", 4), ("boho", 5)]
IMAGES = {
    "img/Sheer_Pleated-Front_Blouse/img_00000001.jpg": ("train", 1, [1, -1, -1, -1, 1, 0]),
    "img/Sheer_Pleated-Front_Blouse/img_00000002.jpg": ("val", 1, [1, 1, 1, -1, -1, -1]),
    "img/Lace_Dress/img_00000001.jpg": ("test", 3, [0, 1, -1, 1, -1, 1]),
}
FINE = [("floral", 1), ("solid", 1), ("long_sleeve", 2), ("no_dress", 3), ("v_neckline", 4), ("denim", 5), ("loose", 6)]


def listed(header: str, rows: list[str], count: int | None = None) -> str:
    return "\n".join([str(len(rows) if count is None else count), header, *rows, ""])


def names(rows: list[tuple[str, int]], what: str) -> str:
    return listed(f"{what}_name  {what}_type", [f"{name:<30}{kind}" for name, kind in rows])


@pytest.fixture
def root(tmp_path: Path, picture: Callable[..., None]) -> Path:
    anno = tmp_path / "Anno_coarse"
    for folder in (anno, tmp_path / "Eval"):
        folder.mkdir()
    (anno / "list_category_cloth.txt").write_text(names(CATEGORIES, "category"))
    (anno / "list_attr_cloth.txt").write_text(names(ATTRIBUTES, "attribute"))
    write_lists(anno)
    rows = [f"{image:<70} {split}" for image, (split, _, _) in IMAGES.items()]
    (tmp_path / "Eval" / "list_eval_partition.txt").write_text(listed("image_name  evaluation_status", rows))
    for image in IMAGES:
        picture(tmp_path / "Img" / image)
    return tmp_path


def write_lists(anno: Path) -> None:
    # In another order than the partition: photos are found by their name.
    rows = list(reversed(IMAGES.items()))
    categories = [f"{image:<70} {category}" for image, (_, category, _) in rows]
    values = [f"{image:<70} {' '.join(f'{value:>2}' for value in found)}" for image, (_, _, found) in rows]
    (anno / "list_category_img.txt").write_text(listed("image_name  category_label", categories))
    (anno / "list_attr_img.txt").write_text(listed("image_name  attribute_labels", values))


@pytest.fixture
def fine(root: Path) -> Path:
    anno = root / "Anno_fine"
    anno.mkdir()
    (anno / "list_category_cloth.txt").write_text(names(CATEGORIES, "category"))
    (anno / "list_attr_cloth.txt").write_text(names(FINE, "attribute"))
    for image, (split, category, _) in IMAGES.items():
        (anno / f"{split}.txt").write_text(f"{image}\n")
        (anno / f"{split}_cate.txt").write_text(f"{category}\n")
        (anno / f"{split}_attr.txt").write_text("0 1 1 0 1 1 1 \n")
    return anno


def test_categories_count_from_one_and_splits_are_the_published_ones(root: Path) -> None:
    dataset = attributes_dataset(root)
    found = [
        (split, row.image, row.cells["category"], row.cells["clothes"])
        for split in ("train", "val", "test")
        for row in dataset.rows(split)
    ]
    images = list(IMAGES)
    assert found == [
        ("train", images[0], "Blouse", "upper-body"),
        ("val", images[1], "Blouse", "upper-body"),
        ("test", images[2], "Dress", "full-body"),
    ]
    assert dataset.label_fields == ("category", "texture", "fabric", "shape", "part", "style")


def test_an_attribute_is_a_label_where_it_is_the_only_one_of_its_type(root: Path) -> None:
    dataset = attributes_dataset(root)
    fields = dataset.label_fields[1:]

    def cells(split: str) -> list[str]:
        return [dataset.rows(split)[0].cells.get(field, "") for field in fields]

    assert cells("train") == ["floral", "", "", "v-neck", ""]
    assert cells("val") == ["", "lace", "", "", ""]  # two textures
    assert cells("test") == ["abstract chevron print", "", "a-line", "", "boho"]


def test_the_photo_s_folder_is_its_garment_and_its_title(root: Path) -> None:
    row = attributes_dataset(root).rows("train")[0]
    assert (row.cells["item_id"], row.title) == ("Sheer_Pleated-Front_Blouse", "Sheer Pleated-Front Blouse")
    assert attributes_dataset(root).photo(row) is not None


def test_the_attributes_are_left_unread_where_no_label_needs_them(root: Path) -> None:
    (root / "Anno_coarse" / "list_attr_img.txt").unlink()
    assert attributes_dataset(root, ["category"]).label_fields == ("category",)
    with pytest.raises(InvalidCatalogue, match=r"list_attr_img\.txt: No such file"):
        attributes_dataset(root)


def test_older_downloads_call_the_folder_anno(root: Path) -> None:
    (root / "Anno_coarse").rename(root / "Anno")
    assert attributes_dataset(root).rows("train")[0].cells["category"] == "Blouse"
    assert attributes_dataset(root / "Anno").rows("train")[0].cells["category"] == "Blouse"


def test_the_fine_annotations_go_line_by_line(root: Path, fine: Path) -> None:
    assert attributes_dataset(root).label_fields[2] == "fabric"  # the coarse ones come first
    dataset = attributes_dataset(fine)
    assert dataset.label_fields == ("category", "texture", "sleeve", "length", "neckline", "fabric", "fit")
    row = dataset.rows("test")[0]
    assert row.image == "img/Lace_Dress/img_00000001.jpg"
    assert row.cells == {
        "category": "Dress",
        "clothes": "full-body",
        "texture": "solid",
        "sleeve": "long_sleeve",
        "neckline": "v_neckline",
        "fabric": "denim",
        "fit": "loose",
        "item_id": "Lace_Dress",
    }
    assert dataset.photo(row) is not None


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("list_category_img.txt", " 3\n", " 4\n", r"line 3: category '4'; they are 1 to 3"),
        ("list_category_img.txt", " 3\n", " 0\n", r"line 3: category '0'; they are 1 to 3"),
        ("list_category_img.txt", " 3\n", " x\n", r"line 3: category 'x'"),
        ("list_category_cloth.txt", " 2\n", " 4\n", r"line 4: category type '4'; known are 1, 2, 3"),
        ("list_attr_cloth.txt", "  5\n", "  6\n", r"line 8: attribute type '6'; known are 1, 2, 3, 4, 5"),
        ("list_attr_img.txt", "-1  1\n", "-1\n", r"line 3: 6 cells, not 7"),
        ("list_attr_img.txt", "-1  1\n", "-1  2\n", r"line 3: attribute values other than 1, 0 and -1"),
        ("list_attr_img.txt", "3\n", "9\n", r"line 1 announces 9 records, and 3 follow"),
        ("list_attr_cloth.txt", "attribute_type", "kind", r"line 2: the header is 'attribute_name kind'"),
    ],
)
def test_a_malformed_line_is_named_by_its_number(root: Path, name: str, old: str, new: str, message: str) -> None:
    path = root / "Anno_coarse" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidCatalogue, match=rf"{name.replace('.', '[.]')}: {message}"):
        attributes_dataset(root)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" test\n", " query\n", "line 5: evaluation status 'query'; known are train, val, test"),
        ("img/Lace_Dress", "img/Other", "line 5: 'img/Other/img_00000001.jpg' is not in list_category_img"),
        ("evaluation_status", "item_id evaluation_status", "line 2: the header is"),
    ],
)
def test_a_partition_that_does_not_fit_is_named(root: Path, old: str, new: str, message: str) -> None:
    path = root / "Eval" / "list_eval_partition.txt"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InvalidCatalogue, match=message):
        attributes_dataset(root)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("val_cate.txt", "1\n2\n", "2 lines for 1 photos"),
        ("val_attr.txt", "", "0 lines for 1 photos"),
        ("val_attr.txt", "1 0\n", "line 1: 2 cells, not 7"),
        ("val_cate.txt", "7\n", "line 1: category '7'"),
        ("val.txt", "a b\n", "line 1: 2 cells, not 1"),
    ],
)
def test_fine_files_that_do_not_go_together_are_refused(fine: Path, name: str, text: str, message: str) -> None:
    (fine / name).write_text(text)
    with pytest.raises(InvalidCatalogue, match=message):
        attributes_dataset(fine)


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidCatalogue, match="no folder Anno, Anno_coarse or Anno_fine"):
        attributes_dataset(tmp_path)
