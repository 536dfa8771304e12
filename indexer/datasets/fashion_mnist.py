"""Fashion-MNIST through torchvision: 70,000 grey pictures of 28x28 pixels in ten classes.

Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms", 2017.
"""

import gzip
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import numpy.typing as npt
from PIL import Image
from torchvision.datasets import FashionMNIST

from indexer.datasets.dataset import TEST, TRAIN, Dataset, Example, chosen_fields
from indexer.datasets.splitting import with_validation
from services.errors import InvalidCatalogue, NotFound, Unavailable

LABEL = "category"
NAME = "fashion-mnist"
PARTS = {TRAIN: "train", TEST: "t10k"}
VAL_SHARE = 5_000 / 60_000
SIDE = 28
Pictures = npt.NDArray[np.uint8]
# What torchvision's reader of IDX files meets in bytes that are none.
MALFORMED = (AssertionError, IndexError, KeyError, RuntimeError, TypeError, ValueError)


def fashion_mnist_dataset(root: Path, label_fields: Sequence[str] = (), download: bool = False) -> Dataset:
    """The four official IDX files, gzipped or not, in `root`, `root/raw` or `root/FashionMNIST/raw`.

    Splits are the official `train` and `test`, with 5,000 of `train` set apart as `val`, the same ones every time
    and each class in proportion. Without the files, `download` has torchvision fetch and verify them into
    `root/FashionMNIST/raw`. Raises InvalidCatalogue where they are missing or malformed, Unavailable where they
    cannot be fetched.
    """
    labels = chosen_fields(NAME, label_fields, [LABEL], [LABEL])
    if download and not _folder(root):
        _fetch(root)
    folder = _folder(root)
    if folder is None:
        raise InvalidCatalogue(f"{root}: want {', '.join(_names())} in it, as published (or ask for the download)")
    with tempfile.TemporaryDirectory() as temporary:
        _unpack(folder, Path(temporary) / "FashionMNIST" / "raw")
        pictures, examples = _read(folder, temporary)
    return with_validation(Dataset(NAME, labels, examples, PicturePhotos(pictures)), VAL_SHARE)


class PicturePhotos:
    """Pictures in memory by split, uint8 (N, 28, 28); a photo's name is `<split>/<number>`."""

    def __init__(self, pictures: Mapping[str, Pictures]) -> None:
        self._pictures = pictures

    def photo(self, name: str) -> Image.Image:
        """The picture `name` as RGB, 28x28. Raises NotFound."""
        split, _, number = name.partition("/")
        if split not in self._pictures or not number.isdecimal() or int(number) >= len(self._pictures[split]):
            raise NotFound(f"no picture {name!r} in {NAME}")
        return Image.fromarray(self._pictures[split][int(number)]).convert("RGB")


def _names() -> list[str]:
    return [name for name, _ in FashionMNIST.resources]


def _folder(root: Path) -> Path | None:
    """Where the four files lie, if they do."""
    for folder in (root, root / "raw", root / "FashionMNIST" / "raw"):
        if all((folder / name).is_file() or (folder / name).with_suffix("").is_file() for name in _names()):
            return folder
    return None


def _fetch(root: Path) -> None:
    try:
        FashionMNIST(root, download=True)
    except (RuntimeError, URLError, OSError) as exc:
        raise Unavailable(f"{NAME} could not be downloaded: {' '.join(str(exc).split())}") from exc


def _unpack(folder: Path, raw: Path) -> None:
    """Put the four files, gunzipped, where torchvision looks for them."""
    raw.mkdir(parents=True)
    for name in _names():
        packed, plain = folder / name, (folder / name).with_suffix("")
        try:
            data = plain.read_bytes() if plain.is_file() else gzip.decompress(packed.read_bytes())
        except (OSError, EOFError, zlib.error) as exc:  # gzip.BadGzipFile is an OSError
            raise InvalidCatalogue(f"{packed}: cannot be unpacked: {exc}") from exc
        (raw / plain.name).write_bytes(data)


def _read(folder: Path, unpacked: str) -> tuple[dict[str, Pictures], dict[str, list[Example]]]:
    pictures: dict[str, Pictures] = {}
    examples: dict[str, list[Example]] = {}
    for split, part in PARTS.items():
        try:
            data = FashionMNIST(unpacked, train=split == TRAIN)
        except MALFORMED as exc:
            raise InvalidCatalogue(f"{folder}: the {part} files are not IDX files of pictures and labels") from exc
        pictures[split] = data.data.numpy()  # (N, 28, 28)
        examples[split] = _examples(f"{folder}: {part}", split, data)
    return pictures, examples


def _examples(where: str, split: str, data: Any) -> list[Example]:
    """One example a picture; its label by the name that the paper gives it."""
    numbers: list[int] = data.targets.tolist()
    if tuple(data.data.shape) != (len(numbers), SIDE, SIDE):
        raise InvalidCatalogue(f"{where}: {len(numbers)} labels for pictures of shape {tuple(data.data.shape)}")
    if wrong := [number for number in numbers if number >= len(FashionMNIST.classes)]:
        raise InvalidCatalogue(f"{where}: label {wrong[0]}; the classes are 0 to {len(FashionMNIST.classes) - 1}")
    return [Example(f"{split}/{i}", "", {LABEL: FashionMNIST.classes[number]}) for i, number in enumerate(numbers)]
