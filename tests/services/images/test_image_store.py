"""The image store: by content, once each, never half."""

import hashlib
import os
from pathlib import Path

import pytest

from services.errors import NotFound, Unavailable
from services.images import ImageStore


def test_what_goes_in_comes_out_by_its_hash(store: ImageStore) -> None:
    digest = store.add(b"photo")
    assert digest == hashlib.sha256(b"photo").hexdigest()
    assert store.add(b"photo") == digest
    assert store.read(digest) == b"photo"


def test_large_photos_come_out_whole(store: ImageStore) -> None:
    photo = os.urandom(12 * 2**20)
    assert store.read(store.add(photo)) == photo


def test_what_is_not_there_is_not_found(store: ImageStore) -> None:
    store.add(b"photo")
    with pytest.raises(NotFound, match="0000"):
        store.read("0" * 64)
    with pytest.raises(NotFound, match="128 pixels"):
        store.read_thumbnail("0" * 64, 128)


def test_thumbnails_lie_beside_their_photo_and_are_replaced(store: ImageStore) -> None:
    digest = store.add(b"photo")
    store.add_thumbnail(digest, 128, b"older")
    store.add_thumbnail(digest, 128, b"small")
    store.add_thumbnail(digest, 256, b"larger")
    assert store.read_thumbnail(digest, 128) == b"small"
    assert store.read_thumbnail(digest, 256) == b"larger"
    assert store.read(digest) == b"photo"


def test_a_folder_holds_each_photo_once_and_no_leftovers(tmp_path: Path) -> None:
    store = ImageStore(f"file://{tmp_path}/images")
    for _ in range(3):
        store.add(b"photo")
    assert len([path for path in (tmp_path / "images").rglob("*") if path.is_file()]) == 1


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    store = ImageStore(f"file://{tmp_path}/images")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(Unavailable, match="No space left"):
        store.add(b"photo")
    assert [path for path in (tmp_path / "images").rglob("*") if path.is_file()] == []


def test_an_empty_file_that_a_crash_left_is_written_again(tmp_path: Path) -> None:
    store = ImageStore(f"file://{tmp_path}/images")
    digest = store.add(b"photo")
    (tmp_path / "images" / digest[:2] / digest[2:4] / digest).write_bytes(b"")
    store.add(b"photo")
    assert store.read(digest) == b"photo"


def test_a_store_that_cannot_be_written_or_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable):
        ImageStore(f"file://{tmp_path}/file").add(b"photo")
    with pytest.raises(Unavailable, match="nosuch"):
        ImageStore("nosuch://bucket")
