"""Folders and archives of photos give what they hold, and nothing from outside, over the limit or damaged."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.readers import ImageSource, open_images
from services.errors import BadImage, ImageTooLarge, InvalidCatalogue, NotFound

LIMIT = 100
PHOTOS = {"images/1.jpg": b"one", "images/größe 2.jpg": b"two", "images/full.jpg": b"x" * LIMIT}
BIG = {"images/big.jpg": b"x" * (LIMIT + 1)}

Opener = Callable[[Path], ImageSource]


def folder_source(root: Path) -> ImageSource:
    for name, data in {**PHOTOS, **BIG}.items():
        path = root / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "secret.txt").write_bytes(b"secret")
    return open_images(root / "photos", LIMIT)


def zip_source(root: Path) -> ImageSource:
    with zipfile.ZipFile(root / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**PHOTOS, **BIG}.items():
            archive.writestr(name, data)
    (root / "secret.txt").write_bytes(b"secret")
    return open_images(root / "photos.zip", LIMIT)


@pytest.fixture(params=[folder_source, zip_source], ids=["folder", "zip"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> ImageSource:
    opener: Opener = request.param
    return opener(tmp_path)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_is_read_by_its_name(source: ImageSource, name: str) -> None:
    assert source.read(name) == PHOTOS[name]


def test_a_photo_over_the_limit_is_refused_with_its_size(source: ImageSource) -> None:
    with pytest.raises(ImageTooLarge, match="101 bytes"):
        source.read("images/big.jpg")


@pytest.mark.parametrize("name", ["images/none.jpg", "1.jpg", "IMAGES/1.JPG", "images", ""])
def test_a_photo_that_is_not_there_is_not_found(source: ImageSource, name: str) -> None:
    with pytest.raises((NotFound, BadImage), match="image"):
        source.read(name)


@pytest.mark.parametrize("name", ["../secret.txt", "images/../../secret.txt", "/etc/hostname", "..", "~/x.jpg"])
def test_a_name_that_leads_outside_gives_nothing(source: ImageSource, name: str) -> None:
    with pytest.raises((NotFound, BadImage), match="image"):
        source.read(name)


@pytest.mark.parametrize("name", ["a\0b.jpg", "x" * 5000, "\ud800.jpg"])
def test_a_name_that_no_file_can_have_gives_nothing(source: ImageSource, name: str) -> None:
    with pytest.raises((NotFound, BadImage), match="image"):
        source.read(name)


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    source = folder_source(tmp_path)
    (tmp_path / "photos" / "link.jpg").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(BadImage, match="outside"):
        source.read("link.jpg")


def test_a_member_named_to_slip_out_stays_a_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        archive.writestr("../../slip.jpg", b"photo")
    assert open_images(tmp_path / "slip.zip", LIMIT).read("../../slip.jpg") == b"photo"
    assert list(tmp_path.rglob("slip.jpg")) == []
    assert not (tmp_path.parent.parent / "slip.jpg").exists()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_damaged_member_is_a_bad_image(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w", method) as archive:
        archive.writestr("1.jpg", b"the photo's bytes")
    data = bytearray((tmp_path / "photos.zip").read_bytes())
    data[40:46] = bytes(255 - byte for byte in data[40:46])  # behind the member's header, 35 bytes long
    (tmp_path / "photos.zip").write_bytes(data)
    with pytest.raises(BadImage, match=r"1\.jpg"):
        open_images(tmp_path / "photos.zip", LIMIT).read("1.jpg")


def test_a_member_larger_than_it_declares_is_not_unpacked_further(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.jpg", b"\0" * 1_000_000)
    data = (tmp_path / "bomb.zip").read_bytes()
    (tmp_path / "bomb.zip").write_bytes(data.replace((1_000_000).to_bytes(4, "little"), (50).to_bytes(4, "little")))
    with pytest.raises(BadImage, match=r"1\.jpg"):
        open_images(tmp_path / "bomb.zip", LIMIT).read("1.jpg")


@pytest.mark.parametrize("content", [None, b"", b"not a zip archive"])
def test_what_is_neither_folder_nor_archive_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "photos.zip").write_bytes(content)
    with pytest.raises(InvalidCatalogue, match=r"photos\.zip"):
        open_images(tmp_path / "photos.zip", LIMIT)
