"""Folders, archives and stores of photos give what they hold, and nothing from outside, over the limit or damaged."""

import errno
import io
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from indexer.readers import FsspecImages, ImageSource, open_images, zip_images
from services.errors import BadImage, ImageTooLarge, InvalidCatalogue, NotFound, Unavailable

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


def file_url_source(root: Path) -> ImageSource:
    folder_source(root)
    return open_images(f"file://{root}/photos", LIMIT)


def memory_source(root: Path) -> ImageSource:
    store = fsspec.filesystem("memory")
    for name, data in {**PHOTOS, **BIG}.items():
        store.pipe_file(f"/bucket/photos/{name}", data)
    store.pipe_file("/bucket/secret.txt", b"secret")
    return open_images("memory://bucket/photos/", LIMIT)


def memory_zip_source(root: Path) -> ImageSource:
    zip_source(root)
    fsspec.filesystem("memory").pipe_file("/bucket/photos.zip", (root / "photos.zip").read_bytes())
    return open_images("memory://bucket/photos.zip", LIMIT)


@pytest.fixture(autouse=True)
def _empty_memory() -> Iterator[None]:
    yield
    MemoryFileSystem.store.clear()


@pytest.fixture(
    params=[folder_source, zip_source, file_url_source, memory_source, memory_zip_source],
    ids=["folder", "zip", "file-url", "memory", "memory-zip"],
)
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


def test_a_member_named_to_slip_out_is_refused_and_nothing_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        archive.writestr("../../slip.jpg", b"photo")
    with pytest.raises(BadImage, match="outside the archive"):
        open_images(tmp_path / "slip.zip", LIMIT).read("../../slip.jpg")
    assert list(tmp_path.rglob("slip.jpg")) == []
    assert not (tmp_path.parent.parent / "slip.jpg").exists()


def test_a_url_is_sought_by_its_path(source: ImageSource) -> None:
    assert source.read("gs://bucket/images/1.jpg") == b"one"
    with pytest.raises(NotFound, match=r"s3://bucket/a/2\.jpg"):
        source.read("s3://bucket/a/2.jpg")


@pytest.mark.parametrize("url", ["gs://bucket/1.jpg", "s3://elsewhere/a/b/1.jpg", "gs://bucket//1.jpg"])
def test_a_url_is_then_sought_by_its_last_part(tmp_path: Path, url: str) -> None:
    (tmp_path / "1.jpg").write_bytes(b"copy")
    assert open_images(tmp_path, LIMIT).read(url) == b"copy"


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "memory://bucket/secret.txt", "gs://bucket/../secret.txt", "local:///etc/hostname"]
)
def test_a_url_leads_nowhere_else(source: ImageSource, url: str) -> None:
    with pytest.raises((NotFound, BadImage), match="image"):
        source.read(url)


@pytest.mark.parametrize(
    "name", ["../secret.txt", "images/../../secret.txt", "..\\secret.txt", "gs://bucket/a/../b.jpg"]
)
def test_a_store_is_never_asked_for_a_name_with_a_way_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadImage, match="lies outside"):
        memory_source(tmp_path).read(name)


def test_a_url_below_the_root_is_the_photo_there(tmp_path: Path) -> None:
    assert memory_source(tmp_path).read("memory://bucket/photos/images/1.jpg") == b"one"


def test_other_urls_are_read_where_they_are_allowed(tmp_path: Path) -> None:
    memory_source(tmp_path)
    (tmp_path / "own.jpg").write_bytes(b"own")
    for root in ("", "memory://bucket/photos"):
        source = FsspecImages(root, LIMIT, allow_urls=True)
        assert source.read(f"file://{tmp_path}/own.jpg") == b"own"
        assert source.read("memory://bucket/secret.txt") == b"secret"
        with pytest.raises(NotFound):
            source.read("memory://bucket/none.jpg")
        with pytest.raises(BadImage, match="nonsense"):
            source.read("nonsense://bucket/1.jpg")
        with pytest.raises(ImageTooLarge):
            source.read("memory://bucket/photos/images/big.jpg")
    with pytest.raises(NotFound, match="--images"):
        FsspecImages("", LIMIT, allow_urls=True).read("1.jpg")


@pytest.mark.parametrize("opener", [folder_source, zip_source], ids=["folder", "zip"])
def test_a_place_comes_before_urls_where_both_are_allowed(tmp_path: Path, opener: Opener) -> None:
    opener(tmp_path)
    memory_source(tmp_path)
    fsspec.filesystem("memory").pipe_file("/bucket/images/1.jpg", b"other")
    place = next(path for path in (tmp_path / "photos", tmp_path / "photos.zip") if path.exists())
    source = open_images(place, LIMIT, allow_urls=True)
    assert source.read("memory://bucket/images/1.jpg") == b"one"
    assert source.read("memory://bucket/secret.txt") == b"secret"
    with pytest.raises(NotFound):
        source.read("none.jpg")
    with pytest.raises(ImageTooLarge):
        source.read("images/big.jpg")


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (RuntimeError("connection refused"), Unavailable),
        (TimeoutError("no answer"), Unavailable),
        (PermissionError("access denied"), BadImage),
        (OSError(errno.EINVAL, "the range is not satisfiable"), BadImage),
        (IsADirectoryError("a folder"), NotFound),
    ],
)
def test_a_store_that_is_away_is_no_fault_of_the_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, raised: type[Exception]
) -> None:
    source = memory_source(tmp_path)

    def fail(*_: object, **__: object) -> bytes:
        raise error

    monkeypatch.setattr(MemoryFileSystem, "cat_file", fail)
    with pytest.raises(raised, match=r"images/1\.jpg"):
        source.read("images/1.jpg")


@pytest.mark.parametrize("url", ["nonsense://bucket", "memory://bucket/none.zip", "file:///none/at/all"])
def test_a_url_that_nothing_can_open_is_refused(url: str) -> None:
    with pytest.raises(InvalidCatalogue):
        open_images(url, LIMIT)


def test_several_threads_may_read_an_archive(tmp_path: Path) -> None:
    photos = {f"{number}.jpg": bytes([number]) * 90 for number in range(100)}
    with zipfile.ZipFile(tmp_path / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in photos.items():
            archive.writestr(name, data)
    source = open_images(tmp_path / "photos.zip", LIMIT)
    names = list(photos) * 20
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(source.read, names)) == [photos[name] for name in names]


def test_an_archive_with_a_huge_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for number in range(1_000):
            archive.writestr(f"{number}.jpg", b"photo")
    monkeypatch.setattr(zip_images, "MAX_DIRECTORY_BYTES", 30_000)
    with pytest.raises(InvalidCatalogue, match="directory has 30,000 bytes or more"):
        open_images(tmp_path / "photos.zip", LIMIT)


def test_a_photo_may_be_larger_than_an_archive_s_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("1.jpg", b"x" * 500_000)
    monkeypatch.setattr(zip_images, "MAX_DIRECTORY_BYTES", 100_000)
    assert len(open_images(tmp_path / "photos.zip", 500_000).read("1.jpg")) == 500_000


def test_an_encrypted_member_is_a_bad_image(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("1.jpg", b"photo")
    data = bytearray(packed.getvalue())
    data[6] |= 1  # the flag in the member's header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    (tmp_path / "photos.zip").write_bytes(data)
    with pytest.raises(BadImage, match="encrypted"):
        open_images(tmp_path / "photos.zip", LIMIT).read("1.jpg")


def test_a_compression_that_nobody_knows_is_a_bad_image(tmp_path: Path) -> None:
    zip_source(tmp_path)
    data = bytearray((tmp_path / "photos.zip").read_bytes())
    data[8] = data[data.index(b"PK\x01\x02") + 10] = 97
    (tmp_path / "photos.zip").write_bytes(data)
    with pytest.raises(BadImage, match="compression"):
        open_images(tmp_path / "photos.zip", LIMIT).read("images/1.jpg")


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
