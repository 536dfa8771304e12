"""Decoding: every kind of photo comes out upright and RGB; everything else is a BadImage."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from services.errors import BadImage, ImageTooLarge
from services.images import DecodeLimits, decode_image

LIMITS = DecodeLimits(max_bytes=200_000, max_pixels=1_000_000)
RED = (200, 30, 30)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


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


def test_other_modes() -> None:
    cmyk = decode_image(encoded(Image.new("CMYK", (9, 9), (0, 255, 255, 0)), "JPEG"), LIMITS)
    assert mean(cmyk)[0] > 200 > 60 > mean(cmyk)[1]
    deep = Image.fromarray(np.full((9, 9), 32768, np.uint16))
    assert mean(decode_image(encoded(deep), LIMITS)) == pytest.approx((127, 127, 127), abs=1)
    assert mean(decode_image(encoded(Image.new("1", (9, 9), 1)), LIMITS)) == (255, 255, 255)


def test_a_rotated_photo_comes_out_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    assert decode_image(encoded(Image.new("RGB", (40, 30)), "JPEG", exif=exif), LIMITS).size == (30, 40)


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in (RED, (0, 0, 255))]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert mean(decode_image(data, LIMITS)) == pytest.approx(RED, abs=4)


def test_a_large_photo_is_decoded_smaller() -> None:
    big = encoded(Image.new("RGB", (4096, 4096), RED), "JPEG", quality=30)
    image = decode_image(big, DecodeLimits(max_pixels=20_000_000))
    assert image.size == (512, 512)


def bomb() -> bytes:
    """A PNG of a few hundred bytes whose header claims 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")
    )


def test_over_a_limit() -> None:
    with pytest.raises(ImageTooLarge, match="200,000"):
        decode_image(b"x" * 200_001, LIMITS)
    with pytest.raises(ImageTooLarge, match="pixels"):
        decode_image(bomb(), LIMITS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a photo",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.4",
        encoded(Image.new("RGB", (300, 400), RED), "JPEG")[:600],
        encoded(Image.effect_noise((300, 400), 80), "PNG")[:600],
        b"\xff\xd8\xff\xe0" + b"\0" * 50,
        encoded(Image.new("RGB", (1000, 2))),
    ],
    ids=["empty", "text", "svg", "pdf", "cut-jpeg", "cut-png", "stub-jpeg", "strip"],
)
def test_what_is_no_photo(data: bytes) -> None:
    with pytest.raises(BadImage):
        decode_image(data, LIMITS)
