"""DeepFashion, Category and Attribute Prediction: 289,222 photos, 50 categories, 1,000 attributes of five types.

Liu et al., "DeepFashion: Powering Robust Clothes Recognition and Retrieval with Rich Annotations", CVPR 2016. The
download holds finer annotations too: 20,000 of the photos with 26 attributes of six types.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.datasets.dataset import TEST, TRAIN, VAL, Dataset, Example, chosen_fields
from indexer.datasets.deepfashion_lists import find_file, find_photos, lines_of, read_list
from services.errors import InvalidCatalogue

NAME = "deepfashion-attributes"
COARSE, FINE = ("Anno", "Anno_coarse"), "Anno_fine"
COARSE_TYPES = ("texture", "fabric", "shape", "part", "style")
FINE_TYPES = ("texture", "sleeve", "length", "neckline", "fabric", "fit")
CLOTHES = {"1": "upper-body", "2": "lower-body", "3": "full-body"}
SPLITS = (TRAIN, VAL, TEST)
Record = tuple[str, list[str]]


@dataclass(frozen=True)
class Names:
    """What the numbers of the annotations mean: category k of K is `categories[k - 1]`, (name, kind of clothes)."""

    categories: Sequence[tuple[str, str]]
    attributes: Sequence[tuple[str, str]]  # (name, type)

    def category_cells(self, place: str, number: str) -> dict[str, str]:
        """The cells of category `number`, counted from 1."""
        if not number.isdecimal() or not 1 <= int(number) <= len(self.categories):
            raise InvalidCatalogue(f"{place}: category {number!r}; they are 1 to {len(self.categories)}")
        name, clothes = self.categories[int(number) - 1]
        return {"category": name, "clothes": clothes}

    def attribute_cells(self, place: str, values: Sequence[str]) -> dict[str, str]:
        """Each type's attribute, where exactly one of the type is set. `values`: 1 set, -1 or 0 not set or unknown."""
        if not set(values) <= {"1", "0", "-1"}:
            raise InvalidCatalogue(f"{place}: attribute values other than 1, 0 and -1")
        cells: dict[str, str] = {}
        several: set[str] = set()
        for name, kind in (self.attributes[i] for i, value in enumerate(values) if value == "1"):
            if kind in cells:
                several.add(kind)
            cells[kind] = name
        return {kind: "" if kind in several else name for kind, name in cells.items()}


def attributes_dataset(root: Path, label_fields: Sequence[str] = (), images: Path | None = None) -> Dataset:
    """The benchmark in `root`, by its annotations in `Anno` or `Anno_coarse`, else in `Anno_fine`.

    `root` may also be one of these folders itself, to choose among them. The coarse splits are those of
    `Eval/list_eval_partition.txt`, the fine ones those of `train.txt`, `val.txt` and `test.txt`. Cells: `category`,
    `clothes`, one a type of attribute, and `item_id`, the photo's folder, which also is the title. A photo may bear
    several attributes of a type, and a label field holds one: it is empty unless exactly one is set. The list of
    attributes, by far the largest file, is read only where a label field needs it. Raises InvalidCatalogue for a
    file that is missing or malformed.
    """
    root, anno = _annotations(root)
    types = FINE_TYPES if anno.name == FINE else COARSE_TYPES
    default = ("category", *types)
    labels = chosen_fields(NAME, label_fields, (*default, "clothes", "item_id"), default)
    photos = find_photos(root, images)
    names = _names(anno, types, attributes=bool({*labels} & {*types}))
    records = _fine(anno, names) if anno.name == FINE else _coarse(root, anno, names)
    examples: dict[str, list[Example]] = {}
    for split, image, cells in records:
        item = image.rsplit("/", 2)[-2] if image.count("/") > 1 else ""
        examples.setdefault(split, []).append(Example(image, item.replace("_", " "), {**cells, "item_id": item}))
    return Dataset(NAME, labels, examples, photos)


def _annotations(root: Path) -> tuple[Path, Path]:
    """The benchmark's folder, and that of its annotations."""
    if root.name in (*COARSE, FINE) and root.is_dir():
        return root.parent, root
    for folder in (*COARSE, FINE):
        if (root / folder).is_dir():
            return root, root / folder
    if (root / "list_category_cloth.txt").is_file():
        return root, root
    raise InvalidCatalogue(f"{root}: no folder {', '.join(COARSE)} or {FINE} in it")


def _names(anno: Path, types: Sequence[str], attributes: bool) -> Names:
    categories = []
    for place, (name, clothes) in read_list(anno / "list_category_cloth.txt", ("category_name", "category_type")):
        if clothes not in CLOTHES:
            raise InvalidCatalogue(f"{place}: category type {clothes!r}; known are {', '.join(CLOTHES)}")
        categories.append((name, CLOTHES[clothes]))
    return Names(categories, list(_attributes(anno, types)) if attributes else [])


def _attributes(anno: Path, types: Sequence[str]) -> Iterator[tuple[str, str]]:
    known = {str(number): name for number, name in enumerate(types, start=1)}
    for place, (name, kind) in read_list(anno / "list_attr_cloth.txt", ("attribute_name", "attribute_type")):
        if kind not in known:
            raise InvalidCatalogue(f"{place}: attribute type {kind!r}; known are {', '.join(known)}")
        yield name, known[kind]


def _coarse(root: Path, anno: Path, names: Names) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """(split, image, cells) of every photo, from lists that all name their photo, in any order."""
    attributes = dict(_attribute_cells(anno, names))
    categories = {
        image: names.category_cells(place, number)
        for place, (image, number) in read_list(anno / "list_category_img.txt", ("image_name", "category_label"))
    }
    partition = find_file(root, "list_eval_partition.txt", ["Eval"])
    for place, (image, split) in read_list(partition, ("image_name", "evaluation_status")):
        if split not in SPLITS:
            raise InvalidCatalogue(f"{place}: evaluation status {split!r}; known are {', '.join(SPLITS)}")
        if image not in categories:
            raise InvalidCatalogue(f"{place}: {image!r} is not in list_category_img.txt")
        yield split, image, {**categories[image], **attributes.get(image, {})}


def _attribute_cells(anno: Path, names: Names) -> Iterator[tuple[str, dict[str, str]]]:
    if names.attributes:
        columns = 1 + len(names.attributes)
        for place, (image, *values) in read_list(
            anno / "list_attr_img.txt", ("image_name", "attribute_labels"), columns
        ):
            yield image, names.attribute_cells(place, values)


def _fine(anno: Path, names: Names) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """(split, image, cells) of every photo: `train.txt` names the photos, and the others go line by line with it."""
    for split in SPLITS:
        images = list(_lines(anno / f"{split}.txt", 1))
        numbers = _beside(images, anno / f"{split}_cate.txt", 1)
        values = _beside(images, anno / f"{split}_attr.txt", len(names.attributes)) if names.attributes else None
        for i, (_, (image,)) in enumerate(images):
            cells = names.category_cells(numbers[i][0], numbers[i][1][0])
            yield split, image, cells | (names.attribute_cells(*values[i]) if values else {})


def _beside(images: Sequence[Record], path: Path, columns: int) -> list[Record]:
    records = list(_lines(path, columns))
    if len(records) != len(images):
        raise InvalidCatalogue(f"{path}: {len(records):,} lines for {len(images):,} photos; they must go line by line")
    return records


def _lines(path: Path, columns: int) -> Iterator[Record]:
    """(place, cells) of each line of a file without count or header."""
    with lines_of(path) as lines:
        for number, line in enumerate(lines, start=1):
            cells = line.split()
            if cells and len(cells) != columns:
                raise InvalidCatalogue(f"{path}: line {number}: {len(cells)} cells, not {columns}")
            if cells:
                yield f"{path}: line {number}", cells
