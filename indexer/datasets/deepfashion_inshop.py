"""DeepFashion, In-shop Clothes Retrieval: 52,712 shop photos of 7,982 garments, several poses of each.

Liu et al., "DeepFashion: Powering Robust Clothes Recognition and Retrieval with Rich Annotations", CVPR 2016. The
usual data set of metric learning on clothes: garments in `train` and in `test` are different ones, and each photo
with the role `query` is to find the photos of its own garment among those with the role `gallery`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from indexer.datasets.dataset import TEST, TRAIN, Dataset, Example, chosen_fields
from indexer.datasets.deepfashion_lists import find_file, find_photos, lines_of, read_list
from services.errors import InvalidCatalogue

NAME = "deepfashion-inshop"
HEADER = ("image_name", "item_id", "evaluation_status")
SPLITS = {"train": TRAIN, "query": TEST, "gallery": TEST}
LABELS = ("item_id", "category", "gender")
CELLS = (*LABELS, "color", "role", "pose", "description")


def inshop_dataset(root: Path, label_fields: Sequence[str] = (), images: Path | None = None) -> Dataset:
    """The benchmark in `root`: `Eval/list_eval_partition.txt`, photos, and `Anno/list_description_inshop.json`.

    Cells: `item_id`; `gender`, `category` and `pose` from the photo's path; `role` (`train`, `query` or `gallery`);
    with the optional descriptions `color` and `description`, whose first sentence is the title. Without
    `label_fields` the labels are item_id, category and gender: `color` is that of an item's one description, and
    photos of it in other colours bear it too. Raises InvalidCatalogue for a file that is missing or malformed.
    """
    labels = chosen_fields(NAME, label_fields, CELLS, LABELS)
    described = _descriptions(root)
    examples: dict[str, list[Example]] = {}
    partition = find_file(root, "list_eval_partition.txt", ["Eval"])
    for place, (image, item, role) in read_list(partition, HEADER):
        if role not in SPLITS:
            raise InvalidCatalogue(f"{place}: evaluation status {role!r}; known are {', '.join(SPLITS)}")
        color, sentences = described.get(item, ("", ()))
        cells = {"item_id": item, "role": role, "color": color, "description": " ".join(sentences)}
        title = sentences[0] if sentences else ""
        examples.setdefault(SPLITS[role], []).append(Example(image, title, {**cells, **_path_cells(place, image)}))
    return Dataset(NAME, labels, examples, find_photos(root, images))


def _path_cells(place: str, image: str) -> dict[str, str]:
    """What the path says: `img/WOMEN/Dresses/id_00000002/02_1_front.jpg` is a woman's dress, from the front."""
    parts = image.split("/")
    if len(parts) != 5:
        raise InvalidCatalogue(f"{place}: {image!r} is not img/<gender>/<category>/<item>/<photo>")
    _, gender, category, _, photo = parts
    # 02_1_front: the second colour of the item, pose 1, seen from the front.
    pose = photo.rsplit(".", 1)[0].split("_", 2)[-1]
    return {"gender": gender.title(), "category": category.replace("_", " "), "pose": pose}


def _descriptions(root: Path) -> Mapping[str, tuple[str, Sequence[str]]]:
    """Colour and sentences by item; nothing where the file, which came with version 1.1, is absent."""
    try:
        path = find_file(root, "list_description_inshop.json", ["Anno"])
    except InvalidCatalogue:
        return {}
    with lines_of(path) as file:
        try:
            entries = json.load(file)
        except (json.JSONDecodeError, RecursionError) as exc:
            raise InvalidCatalogue(f"{path}: not JSON: {exc}") from exc
    return dict(_described(path, entries))


def _described(path: Path, entries: object) -> Iterator[tuple[str, tuple[str, Sequence[str]]]]:
    if not isinstance(entries, list):
        raise InvalidCatalogue(f"{path}: want a list of items")
    for number, entry in enumerate(entries, start=1):
        match entry:
            case {"item": str(item), "color": str(color), "description": list(texts)}:
                yield item, (color, tuple(text.strip() for text in texts if isinstance(text, str) and text.strip()))
            case {"item": str(item), "color": str(color), "description": str(text)}:
                yield item, (color, (text.strip(),))
            case _:
                raise InvalidCatalogue(f"{path}: entry {number} lacks an item, a color or a description")
