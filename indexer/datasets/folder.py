"""A folder of photos whose sub-folders are classes: the ImageFolder convention of torchvision and Keras."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from indexer.datasets.dataset import SPLIT_NAMES, TRAIN, Dataset, Example, chosen_fields
from indexer.datasets.photos import open_photos
from services.errors import InvalidCatalogue

LABEL = "category"
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")


def folder_dataset(root: Path, label_fields: Sequence[str] = ()) -> Dataset:
    """Photos in `root/<class>/` (all `train`), or in `root/<split>/<class>/` with splits train, val and test.

    The class folder's name is the label `category`; there are no titles. Folders below a class belong to it; hidden
    files and what is no photo by its extension are passed over. Raises InvalidCatalogue where `root` is not such a
    folder, and for a class folder without photos.
    """
    labels = chosen_fields(str(root), label_fields, [LABEL], [LABEL])
    examples: dict[str, list[Example]] = {}
    for split, folder in _splits(root):
        for kind in _folders(folder):
            examples.setdefault(split, []).extend(_photos(kind, root))
    return Dataset(root.resolve().name, labels, examples, open_photos(root))


def _splits(root: Path) -> list[tuple[str, Path]]:
    folders = _folders(root)
    splits = {SPLIT_NAMES[folder.name]: folder for folder in folders if folder.name in SPLIT_NAMES}
    if TRAIN not in splits and len(splits) < len(folders):
        return [(TRAIN, root)]  # A class may well be called "test" where nothing is called "train".
    if others := [folder.name for folder in folders if folder not in splits.values()]:
        raise InvalidCatalogue(f"{root}: {', '.join(others)} beside {', '.join(splits)}: want splits or classes")
    return list(splits.items())


def _folders(root: Path) -> list[Path]:
    """The visible sub-folders of `root` by name."""
    try:
        found = sorted(path for path in root.iterdir() if path.is_dir() and not _hidden(Path(path.name)))
    except OSError as exc:
        raise InvalidCatalogue(f"{root}: {exc.strerror or exc}") from exc
    if not found:
        raise InvalidCatalogue(f"{root}: no folders in it; want one a class, with the class's photos")
    return found


def _photos(kind: Path, root: Path) -> Iterator[Example]:
    paths = sorted(path for path in kind.rglob("*") if path.suffix.lower() in EXTENSIONS and path.is_file())
    names = [path.relative_to(root).as_posix() for path in paths if not _hidden(path.relative_to(kind))]
    if not names:
        raise InvalidCatalogue(f"{str(kind)!r}: a class folder without photos ({', '.join(EXTENSIONS)})")
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError as exc:  # Bytes that are not UTF-8 arrive as lone surrogates.
            raise InvalidCatalogue(f"{name!r}: the name is not UTF-8; rename it") from exc
        yield Example(name, "", {LABEL: kind.name})


def _hidden(path: Path) -> bool:
    """Whether a notebook's, editor's or file browser's leftovers are below `path`."""
    return any(part.startswith(".") for part in path.parts)
