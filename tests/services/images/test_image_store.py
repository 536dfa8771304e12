"""The image store: by content, once each, never half."""

import hashlib
from pathlib import Path

import pytest

from services.errors import NotFound, Unavailable
from services.images import ImageStore


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ImageStore:
    """A folder, and an fsspec file system that is none."""
    return ImageStore(f"file://{tmp_path}/images" if request.param == "folder" else f"memory://{tmp_path}")


def test_what_goes_in_comes_out_by_its_hash(store: ImageStore) -> None:
    digest = store.add(b"photo")
    assert digest == hashlib.sha256(b"photo").hexdigest()
    assert store.add(b"photo") == digest
    assert store.read(digest) == b"photo"


def test_what_is_not_there_is_not_found(store: ImageStore) -> None:
    with pytest.raises(NotFound, match="0000"):
        store.read("0" * 64)


def test_a_folder_holds_each_photo_once_and_no_leftovers(tmp_path: Path) -> None:
    store = ImageStore(f"file://{tmp_path}/images")
    for _ in range(3):
        store.add(b"photo")
    assert len([path for path in (tmp_path / "images").rglob("*") if path.is_file()]) == 1


def test_a_store_that_cannot_be_written_or_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable):
        ImageStore(f"file://{tmp_path}/file").add(b"photo")
    with pytest.raises(Unavailable, match="nosuch"):
        ImageStore("nosuch://bucket")
