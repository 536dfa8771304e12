"""Opens a data set by the layout that it is published in: the one function that the commands use."""

from collections.abc import Sequence
from pathlib import Path

from indexer.datasets.dataset import Dataset
from indexer.datasets.deepfashion_attributes import attributes_dataset
from indexer.datasets.deepfashion_inshop import inshop_dataset
from indexer.datasets.drawn import drawn_dataset
from indexer.datasets.folder import folder_dataset
from indexer.datasets.table import table_dataset
from services.errors import InvalidRequest

TABLE, FOLDER, FASHION_MNIST = "table", "folder", "fashion-mnist"
INSHOP, ATTRIBUTES, DRAWN = "deepfashion-inshop", "deepfashion-attributes", "drawn"
KINDS = (TABLE, FOLDER, FASHION_MNIST, INSHOP, ATTRIBUTES, DRAWN)


def parse_spec(spec: str) -> tuple[str, Path]:
    """Split `KIND:PATH` into its parts. Raises InvalidRequest that lists the known kinds.

    >>> parse_spec("fashion-mnist:data/fashion")
    ('fashion-mnist', PosixPath('data/fashion'))
    """
    kind, colon, path = spec.partition(":")
    _check_kind(kind if colon else spec)
    if not path.strip():
        raise InvalidRequest(f"{spec!r} names no path; write {kind}:PATH")
    return kind, Path(path).expanduser()


def open_dataset(
    kind: str,
    path: Path,
    label_fields: Sequence[str] = (),
    images: Path | None = None,
    title_column: str = "title",
    image_column: str = "image",
    split_column: str = "split",
    download: bool = False,
) -> Dataset:
    """Open the data set of `kind` at `path`. Photos are decoded when they are asked for, one at a time.

    Without `label_fields` the kind's own are used. `images` is the folder or zip of photos: a table needs it, the
    DeepFashion kinds look in `path` without it, and the others have theirs in `path`. The columns are a table's.
    `download` is Fashion-MNIST's. Raises InvalidRequest for a kind that is unknown or an option that is not the
    kind's, InvalidCatalogue for files that are missing or malformed.
    """
    _check_kind(kind)
    if download and kind != FASHION_MNIST:
        raise InvalidRequest(f"{kind} data cannot be downloaded by this; docs/datasets.md says where to get it")
    if kind == TABLE:
        if images is None:
            raise InvalidRequest("a table needs its photos: a folder, or a zip archive")
        return table_dataset(path, images, label_fields, title_column, image_column, split_column)
    if kind == INSHOP:
        return inshop_dataset(path, label_fields, images)
    if kind == ATTRIBUTES:
        return attributes_dataset(path, label_fields, images)
    if images is not None:
        raise InvalidRequest(f"{kind} data have their photos in {path}; leave the images out")
    if kind == DRAWN:
        return drawn_dataset(str(path), tuple(label_fields))
    if kind == FOLDER:
        return folder_dataset(path, label_fields)
    # Here, because torchvision takes seconds to load, and whoever opens a table can do without.
    from indexer.datasets.fashion_mnist import fashion_mnist_dataset

    return fashion_mnist_dataset(path, label_fields, download)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise InvalidRequest(f"unknown kind of data set {kind!r}; write KIND:PATH, with a KIND of {', '.join(KINDS)}")
