"""Fashion-MNIST from its four official files, made small here, and the real ones where they are."""

import gzip
import hashlib
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from components import free_port
from torchvision.datasets import FashionMNIST

from indexer.datasets import Dataset
from indexer.datasets.fashion_mnist import fashion_mnist_dataset
from services.errors import InvalidCatalogue, NotFound, Unavailable

ROOT = Path(__file__).parents[3]
REAL = Path(os.environ.get("LOOKALIKE_DATA") or ROOT.parent / "shared" / "data") / "fashion-mnist"
ROWS = {"train": 120, "t10k": 20}


def idx(values: np.ndarray) -> bytes:
    """An IDX file of bytes: two zeros, the type, the number of dimensions, each one's size, the values."""
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()


def files(rows: dict[str, int] | None = None) -> dict[str, bytes]:
    """The four files, with labels 0 to 9 in turn; picture i of a part is filled with i, its corner tells the part."""
    made: dict[str, bytes] = {}
    for part, count in (rows or ROWS).items():
        pictures = np.tile(np.arange(count)[:, None, None], (1, 28, 28))
        pictures[:, 0, 0] = 200 if part == "train" else 100
        made[f"{part}-images-idx3-ubyte"] = idx(pictures)
        made[f"{part}-labels-idx1-ubyte"] = idx(np.arange(count) % 10)
    return made


def write(folder: Path, packed: bool = True, **changed: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in {**files(), **{name.replace("_", "-"): data for name, data in changed.items()}}.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(data)) if packed else (folder / name).write_bytes(data)
    return folder


def held(dataset: Dataset) -> dict[str, list[str]]:
    return {split: [row.image for row in rows] for split, rows in dataset.examples.items()}


@pytest.mark.parametrize("place", [".", "raw", "FashionMNIST/raw"])
@pytest.mark.parametrize("packed", [True, False])
def test_pictures_and_labels_come_by_split(tmp_path: Path, place: str, packed: bool) -> None:
    write(tmp_path / place, packed)
    dataset = fashion_mnist_dataset(tmp_path)
    assert {split: len(rows) for split, rows in dataset.examples.items()} == {"train": 110, "val": 10, "test": 20}
    assert dataset.label_fields == ("category",)
    assert not dataset.has_titles
    row = next(row for row in dataset.rows("train") if row.image == "train/57")
    photo = dataset.photo(row)
    assert photo is not None
    assert (photo.mode, photo.size) == ("RGB", (28, 28))
    assert (photo.getpixel((0, 0)), photo.getpixel((5, 5))) == ((200,) * 3, (57,) * 3)
    assert row.cells == {"category": "Sneaker"}
    assert [row.cells["category"] for row in dataset.rows("test", 10)] == FashionMNIST.classes


def test_val_is_the_same_each_time_and_holds_each_class_alike(tmp_path: Path) -> None:
    write(tmp_path)
    dataset, again = fashion_mnist_dataset(tmp_path), fashion_mnist_dataset(tmp_path)
    assert held(dataset) == held(again)
    assert {row.cells["category"] for row in dataset.rows("val")} == set(FashionMNIST.classes)
    assert held(dataset)["val"] != [f"train/{i}" for i in range(10)]


def test_nothing_is_left_behind_in_the_folder(tmp_path: Path) -> None:
    before = sorted(path.name for path in write(tmp_path).iterdir())
    fashion_mnist_dataset(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["train/120", "val/0", "train/-1", "train/", "", "test/x"])
def test_a_picture_that_is_not_there_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        fashion_mnist_dataset(write(tmp_path)).photos.photo(name)


def test_missing_files_are_named(tmp_path: Path) -> None:
    (write(tmp_path) / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(InvalidCatalogue, match=r"t10k-labels-idx1-ubyte\.gz"):
        fashion_mnist_dataset(tmp_path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train_images_idx3_ubyte": b""}, "not IDX files"),
        ({"train_images_idx3_ubyte": b"not an IDX file"}, "not IDX files"),
        ({"train_images_idx3_ubyte": idx(np.zeros((120, 28, 28)))[:-9]}, "not IDX files"),
        ({"t10k_labels_idx1_ubyte": idx(np.zeros((20, 1)))}, "not IDX files"),
        ({"t10k_labels_idx1_ubyte": idx(np.zeros(19))}, "19 labels for pictures of shape"),
        ({"train_images_idx3_ubyte": idx(np.zeros((120, 32, 32)))}, r"shape \(120, 32, 32\)"),
        ({"train_labels_idx1_ubyte": idx(np.full(120, 10))}, "label 10; the classes are 0 to 9"),
    ],
)
def test_malformed_files_are_refused(tmp_path: Path, changed: dict[str, bytes], message: str) -> None:
    with pytest.raises(InvalidCatalogue, match=message):
        fashion_mnist_dataset(write(tmp_path, **changed))


@pytest.mark.parametrize(
    "damage", [b"no gzip", gzip.compress(b"x" * 999)[:-12], gzip.compress(b"x")[:12] + b"\xff" * 9]
)
def test_a_file_that_does_not_unpack_is_named(tmp_path: Path, damage: bytes) -> None:
    (write(tmp_path) / "train-images-idx3-ubyte.gz").write_bytes(damage)
    with pytest.raises(InvalidCatalogue, match=r"train-images-idx3-ubyte\.gz: cannot be unpacked"):
        fashion_mnist_dataset(tmp_path)


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files, and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A web server with the four small files, which torchvision takes for its own, with their checksums."""
    folder = write(tmp_path / "mirror")
    sums = [(path.name, hashlib.md5(path.read_bytes()).hexdigest()) for path in sorted(folder.iterdir())]
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    monkeypatch.setattr(FashionMNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setattr(FashionMNIST, "resources", sums)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_files_are_downloaded_where_that_is_asked_for(tmp_path: Path, mirror: Path) -> None:
    with pytest.raises(InvalidCatalogue, match="ask for the download"):
        fashion_mnist_dataset(tmp_path / "data")
    downloaded = fashion_mnist_dataset(tmp_path / "data", download=True)
    assert held(downloaded) == held(fashion_mnist_dataset(mirror))
    assert held(fashion_mnist_dataset(tmp_path / "data")) == held(downloaded)


def test_a_mirror_that_is_away_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FashionMNIST, "mirrors", [f"http://127.0.0.1:{free_port()}/"])
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(Unavailable, match="could not be downloaded"):
        fashion_mnist_dataset(tmp_path / "data", download=True)


def test_a_download_with_another_checksum_is_refused(tmp_path: Path, mirror: Path) -> None:
    (mirror / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"something else"))
    with pytest.raises(Unavailable, match="corrupted"):
        fashion_mnist_dataset(tmp_path / "data", download=True)


def test_the_real_files_give_the_published_counts() -> None:
    if not (REAL / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip(f"needs the four Fashion-MNIST files in {REAL}; LOOKALIKE_DATA names another place")
    dataset = fashion_mnist_dataset(REAL)
    assert {split: len(rows) for split, rows in dataset.examples.items()} == {
        "train": 55_000,
        "val": 5_000,
        "test": 10_000,
    }
    for split, count in {"val": 500, "test": 1_000}.items():
        labels = [row.cells["category"] for row in dataset.rows(split)]
        assert {label: labels.count(label) for label in FashionMNIST.classes} == dict.fromkeys(
            FashionMNIST.classes, count
        )
