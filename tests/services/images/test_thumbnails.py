"""Thumbnails: made once, kept beside the photos, made again where they are damaged."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from odd_photos import encoded
from PIL import Image

from services.errors import BadImage, NotFound, Unavailable
from services.images import DecodeLimits, ImageStore, Thumbnails
from services.images.thumbnails import STEPS, step

RED = (200, 30, 30)
LIMITS = DecodeLimits()


@pytest.fixture
def thumbnails(store: ImageStore) -> Thumbnails:
    return Thumbnails(store, LIMITS)


def photo(size: tuple[int, int] = (1500, 2000), kind: str = "JPEG", colour: tuple[int, int, int] = RED) -> bytes:
    return encoded(Image.new("RGB", size, colour), kind)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    image.load()
    return image


def test_sizes_are_rounded_up_to_a_few(thumbnails: Thumbnails, store: ImageStore) -> None:
    digest = store.add(photo())
    sizes = {max(opened(thumbnails.get(digest, size)).size) for size in (1, 79, 80, 81, 300, 320, 700, 1024, 5000)}
    assert sizes == {80, 160, 320, 1024}
    assert [step(size) for size in (0, 80, 81, 1024, 9999)] == [80, 80, 160, 1024, 1024]


def test_a_thumbnail_shows_the_photo_upright_and_whole(thumbnails: Thumbnails, store: ImageStore) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A camera"
    digest = store.add(encoded(Image.new("RGB", (2000, 1500), RED), "JPEG", exif=exif))
    image = opened(thumbnails.get(digest, 320))
    assert image.size == (240, 320)
    assert image.getpixel((100, 100)) == pytest.approx(RED, abs=4)
    assert "exif" not in image.info


def test_a_small_photo_is_not_blown_up(thumbnails: Thumbnails, store: ImageStore) -> None:
    assert opened(thumbnails.get(store.add(photo((30, 40), "PNG")), 320)).size == (30, 40)


def test_a_thumbnail_is_made_once(thumbnails: Thumbnails, store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = store.add(photo())
    first = thumbnails.get(digest, 160)
    assert store.read_thumbnail(digest, 160) == first

    def read(digest: str) -> bytes:
        raise AssertionError("the photo was read again")

    monkeypatch.setattr(store, "read", read)
    assert thumbnails.get(digest, 150) == first
    with pytest.raises(AssertionError):
        thumbnails.get(digest, 320)


@pytest.mark.parametrize("left", [b"\0" * 900, b"cut", b"html"])
def test_a_damaged_thumbnail_is_made_again(thumbnails: Thumbnails, store: ImageStore, left: bytes) -> None:
    digest = store.add(photo())
    good = thumbnails.get(digest, 160)
    store.add_thumbnail(digest, 160, {b"cut": good[:-100], b"html": b"<html>" + good}.get(left, left))
    assert thumbnails.get(digest, 160) == good
    assert store.read_thumbnail(digest, 160) == good


def test_an_empty_file_that_a_crash_left_is_made_again(tmp_path: Path) -> None:
    store = ImageStore(f"file://{tmp_path}/images")
    digest = store.add(photo())
    store.add_thumbnail(digest, 160, b"")
    assert opened(Thumbnails(store, LIMITS).get(digest, 160)).size == (120, 160)


def test_what_is_not_stored_or_no_photo_has_none(thumbnails: Thumbnails, store: ImageStore) -> None:
    with pytest.raises(NotFound):
        thumbnails.get("0" * 64, 160)
    digest = store.add(b"<html>not a photo</html>")
    with pytest.raises(BadImage):
        thumbnails.get(digest, 160)
    with pytest.raises(NotFound):
        store.read_thumbnail(digest, 160)


def test_threads_that_ask_at_once_get_the_same(thumbnails: Thumbnails, store: ImageStore) -> None:
    digest = store.add(photo())
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda size: thumbnails.get(digest, size), [160] * 32))
    assert len(made) == 1


def test_a_store_that_cannot_be_written_still_shows_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ImageStore(f"file://{tmp_path}/images")
    digest = store.add(photo())

    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert opened(Thumbnails(store, LIMITS).get(digest, 160)).size == (120, 160)


def test_a_store_that_is_away_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    store = ImageStore(f"file://{tmp_path}/images")
    digest = store.add(photo())
    (tmp_path / "images" / "thumbnails").write_text("in the way")
    with pytest.raises(Unavailable):
        Thumbnails(store, LIMITS).get(digest, 160)


def test_strangers_cannot_fill_the_disk(tmp_path: Path) -> None:
    store = ImageStore(f"file://{tmp_path}/images")
    thumbnails = Thumbnails(store, LIMITS)
    digest = store.add(photo((60, 80)))
    for size in range(-5, 1100):
        thumbnails.get(digest, size)
    files = [path for path in (tmp_path / "images").rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == sorted([digest, *(f"{digest}-{size}.jpg" for size in STEPS)])
