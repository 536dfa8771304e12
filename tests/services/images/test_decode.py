"""Decoding: every kind of photo comes out upright and RGB; everything else is a BadImage."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from odd_photos import TIFF_DATA, after_start, chunk, encoded, png, segment, tiff
from PIL import Image

from services.errors import BadImage, ImageTooLarge
from services.images import DecodeLimits, decode_image

LIMITS = DecodeLimits(max_bytes=200_000, max_pixels=1_000_000)
RED, GREEN, BLUE = (200, 30, 30), (30, 160, 30), (30, 30, 200)


def mean(image: Image.Image) -> tuple[int, ...]:
    return tuple(np.asarray(image).reshape(-1, 3).mean(axis=0).round().astype(int).tolist())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_common_formats(kind: str) -> None:
    image = decode_image(encoded(Image.new("RGB", (30, 40), RED), kind), LIMITS)
    assert (image.mode, image.size) == ("RGB", (30, 40))
    assert mean(image) == pytest.approx(RED, abs=4)


def test_transparent_parts_are_white() -> None:
    assert mean(decode_image(encoded(Image.new("RGBA", (9, 9), (0, 0, 0, 0))), LIMITS)) == (255, 255, 255)
    assert mean(decode_image(encoded(Image.new("LA", (9, 9), (0, 0))), LIMITS)) == (255, 255, 255)
    palette = Image.new("P", (9, 9), 0)
    palette.putpalette([0, 0, 0])
    assert mean(decode_image(encoded(palette, transparency=0), LIMITS)) == (255, 255, 255)
    assert mean(decode_image(encoded(palette, transparency=b"\x80"), LIMITS)) == pytest.approx((127, 127, 127), abs=1)
    keyed = encoded(Image.new("RGB", (9, 9), RED), transparency=RED)
    assert mean(decode_image(keyed, LIMITS)) == (255, 255, 255)
    keyed = encoded(Image.new("L", (9, 9), 7), transparency=7)
    assert mean(decode_image(keyed, LIMITS)) == (255, 255, 255)


def test_other_modes() -> None:
    cmyk = decode_image(encoded(Image.new("CMYK", (9, 9), (0, 255, 255, 0)), "JPEG"), LIMITS)
    assert mean(cmyk)[0] > 200 > 60 > mean(cmyk)[1]
    deep = Image.fromarray(np.full((9, 9), 32768, np.uint16))
    for kind in ("PNG", "TIFF"):
        assert mean(decode_image(encoded(deep, kind), LIMITS)) == pytest.approx((127, 127, 127), abs=1)
    assert mean(decode_image(encoded(Image.new("1", (9, 9), 1)), LIMITS)) == (255, 255, 255)


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_a_channel(order: str) -> None:
    pixels = np.full((8, 8, 3), [0xC8AA, 0x1EBB, 0x1ECC])
    rows = b"".join(b"\0" + row.tobytes() for row in pixels.astype(">u2"))
    assert mean(decode_image(png(rows, (8, 8), depth=16), LIMITS)) == pytest.approx(RED, abs=1)
    tags = [(258, 3, 3, TIFF_DATA), (262, 3, 1, 2), (277, 3, 1, 3), (273, 4, 1, TIFF_DATA + 6), (279, 4, 1, 384)]
    data = struct.pack(f"{order}3H", 16, 16, 16) + pixels.astype(f"{order}u2").tobytes()
    assert mean(decode_image(tiff((8, 8), tags, data, order), LIMITS)) == pytest.approx(RED, abs=1)


def test_a_transparent_grey_of_sixteen_bits_is_decoded() -> None:
    rows = (b"\0" + b"\x80\x00" * 8) * 8
    image = decode_image(png(rows, (8, 8), colour=0, depth=16, before=chunk(b"tRNS", b"\x12\x34")), LIMITS)
    assert mean(image) == pytest.approx((127, 127, 127), abs=1)


# How a camera that was turned writes down an upright picture, by the value of the tag.
TURNED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
    9: lambda upright: upright,
}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "MPO"])
def test_a_turned_photo_comes_out_upright(kind: str, orientation: int) -> None:
    upright = np.zeros((48, 64, 3), np.uint8)
    upright[:24, :32], upright[:24, 32:], upright[24:, :32] = RED, GREEN, BLUE
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(TURNED[orientation](upright)))
    image = decode_image(encoded(stored, kind, exif=exif), LIMITS)
    assert image.size == (64, 48)
    middles = np.asarray(image)[12::24, 16::32].reshape(4, 3)
    assert middles == pytest.approx(np.array([RED, GREEN, BLUE, (0, 0, 0)]), abs=8)


@pytest.mark.parametrize("exif", [b"", b"II", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12" * 90])
def test_broken_exif_is_no_broken_photo(exif: bytes) -> None:
    photo = encoded(Image.new("RGB", (30, 40), RED), "JPEG")
    assert decode_image(after_start(photo, segment(0xE1, b"Exif\0\0" + exif)), LIMITS).size == (30, 40)
    assert decode_image(encoded(Image.new("RGB", (30, 40)), "PNG", exif=exif), LIMITS).size == (30, 40)


def test_of_an_animation_the_first_frame_counts() -> None:
    for kind in ("GIF", "WEBP", "PNG", "MPO", "TIFF"):
        first, second = (Image.new("RGB", (9, 9), colour) for colour in (RED, BLUE))
        data = encoded(first, kind, save_all=True, append_images=[second])
        assert mean(decode_image(data, LIMITS)) == pytest.approx(RED, abs=4), kind


def test_a_large_photo_is_decoded_smaller() -> None:
    big = encoded(Image.new("RGB", (4096, 4096), RED), "JPEG", quality=30)
    assert decode_image(big, DecodeLimits(max_pixels=20_000_000)).size == (512, 512)
    assert decode_image(big, DecodeLimits(max_pixels=20_000_000), side=1000).size == (1024, 1024)


def test_metadata_does_not_come_along() -> None:
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    image = decode_image(encoded(Image.new("RGB", (30, 40)), "JPEG", exif=exif, comment=b"where it was taken"), LIMITS)
    assert image.info == {}
    assert type(image) is Image.Image


# What is no photo


def bomb() -> bytes:
    """A PNG of a few hundred bytes whose header claims 60,000 x 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")
    )


def test_over_a_limit() -> None:
    with pytest.raises(ImageTooLarge, match="200,000"):
        decode_image(b"x" * 200_001, LIMITS)
    with pytest.raises(ImageTooLarge, match="pixels"):
        decode_image(bomb(), LIMITS)
    assert decode_image(encoded(Image.new("L", (1000, 1000))), LIMITS).size == (1000, 1000)
    with pytest.raises(ImageTooLarge, match="1001x1000"):
        decode_image(encoded(Image.new("L", (1001, 1000))), LIMITS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a photo",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html><img src='data:image/jpeg;base64,/9j/4AAQSkZJRg=='>",
        b"%PDF-1.4",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"PK\x03\x04",
        encoded(Image.new("RGB", (9, 9)), "PPM"),
        encoded(Image.new("RGB", (9, 9)), "ICO"),
        encoded(Image.new("RGB", (300, 400), RED), "JPEG")[:600],
        encoded(Image.effect_noise((300, 400), 80), "PNG")[:600],
        b"\xff\xd8\xff\xe0" + b"\0" * 50,
        encoded(Image.new("RGB", (1000, 2))),
    ],
    ids=["empty", "text", "svg", "html", "pdf", "eps", "zip", "ppm", "ico", "cut-jpeg", "cut-png", "stub", "strip"],
)
def test_what_is_no_photo(data: bytes) -> None:
    with pytest.raises(BadImage):
        decode_image(data, LIMITS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_photo_that_was_cut_off_is_none(kind: str, share: float) -> None:
    data = encoded(Image.effect_noise((120, 90), 80).convert("RGB"), kind)
    with pytest.raises(BadImage):
        decode_image(data[: int(share * len(data))], LIMITS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_what_follows_a_photo_does_not_matter(kind: str) -> None:
    """Phones append films to photos, and jokers archives."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("page.html", "<script>alert(1)</script>")
    photo = encoded(Image.new("RGB", (30, 40), RED), kind)
    for tail in (archive.getvalue(), b"<html><script>alert(1)</script>", b"\xff\xda" * 5000):
        assert mean(decode_image(photo + tail, LIMITS)) == pytest.approx(RED, abs=4)


def test_notes_of_the_decoder_are_quiet_in_every_thread() -> None:
    """Here warnings are errors: one that came through would make a BadImage of a photo with odd metadata."""
    exif = segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x05\0\0\0")
    photo = after_start(encoded(Image.new("RGB", (30, 40)), "JPEG", dpi=(1, 1)), exif)
    noted = Image.open(io.BytesIO(photo))
    with pytest.warns(UserWarning, match="EXIF"):
        noted.getexif()
    with ThreadPoolExecutor(8) as threads:
        assert {image.size for image in threads.map(lambda _: decode_image(photo, LIMITS), range(200))} == {(30, 40)}
