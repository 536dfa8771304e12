"""Files built to cost a decoder dear: refused at once, or decoded for little."""

import re
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from odd_photos import LONG, SHORT, TIFF_DATA, after_start, before_frame, chunk, encoded, png, segment, tiff
from PIL import Image

from services.errors import BadImage, ImageTooLarge
from services.images import DecodeLimits, decode_image

LIMITS = DecodeLimits()
SPARE = 19 * 2**20
ROWS = (b"\0" + b"\x80" * 24) * 8
JPEG = encoded(Image.new("RGB", (64, 64), (200, 30, 30)), "JPEG")
GIF = encoded(Image.new("P", (64, 64)), "GIF")


def zeros(count: int) -> bytes:
    """Very many zeros, deflated a thousandfold."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(10**7)) for _ in range(count // 10**7)) + packer.flush()


def progressive(scans: int, size: tuple[int, int]) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    photo = encoded(Image.new("L", size, 77), "JPEG", progressive=True)
    last = [found.start() for found in re.finditer(b"\xff\xda", photo)][-1]
    return photo[:-2] + photo[last:-2] * scans + b"\xff\xd9"


def sized(photo: bytes, at: int, form: str, *sides: int) -> bytes:
    """`photo` with other sides in its header."""
    return photo[:at] + struct.pack(form, *sides) + photo[at + struct.calcsize(form) :]


def huge(kind: str) -> bytes:
    """A tiny file of `kind` that claims to be a thousand times as large as is allowed."""
    photo = encoded(Image.new("RGB", (64, 64)), kind)
    if kind == "JPEG":
        return sized(photo, photo.index(b"\xff\xc0") + 5, ">HH", 65_000, 65_000)
    if kind == "PNG":
        header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0)
        return photo[:8] + chunk(b"IHDR", header) + photo[33:]
    if kind == "GIF":
        return sized(photo, 6, "<HH", 65_535, 65_535)
    if kind == "BMP":
        return sized(photo, 18, "<ii", 2**30, 2**30)
    if kind == "TIFF":
        return tiff((2**31, 2**31), [(273, LONG, 1, TIFF_DATA), (279, LONG, 1, 64)], bytes(64))
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (16_000).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", len(photo) - 8 + len(extended)) + b"WEBP" + extended + photo[12:]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_size_that_is_only_claimed_costs_nothing(kind: str) -> None:
    with pytest.raises(BadImage) as caught:
        decode_image(huge(kind), LIMITS)
    assert isinstance(caught.value, ImageTooLarge)


def test_a_frame_larger_than_its_gif_counts() -> None:
    at = GIF.index(b",", 13) + 5
    with pytest.raises(ImageTooLarge):
        decode_image(sized(GIF, at, "<HH", 65_535, 65_535), LIMITS)


BOMBS: dict[str, Callable[[], bytes]] = {
    "jpeg-scans": lambda: progressive(3000, (7000, 7000)),
    "jpeg-comments": lambda: after_start(JPEG, segment(0xFE) * (SPARE // 4)),
    "jpeg-exif": lambda: after_start(JPEG, segment(0xE1, b"Exif\0\0") * (SPARE // 10)),
    "jpeg-padding": lambda: after_start(JPEG, b"\xff" * SPARE),
    "jpeg-junk": lambda: after_start(JPEG, segment(0xFE) + bytes(SPARE)),
    "png-chunks": lambda: png(ROWS, (8, 8), before=chunk(b"aaAa") * (SPARE // 12)),
    "png-chunks-after": lambda: png(ROWS, (8, 8), after=chunk(b"tEXt", b"a\0b") * (SPARE // 15)),
    "png-text": lambda: png(ROWS, (8, 8), before=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6))) * 2000),
    "png-text-huge": lambda: png(ROWS, (8, 8), before=chunk(b"zTXt", b"a\0\0" + zeros(10**8))),
    "png-profile": lambda: png(ROWS, (8, 8), before=chunk(b"iCCP", b"a\0\0" + zeros(10**8))),
    "gif-comments": lambda: before_frame(GIF, b"!\xfe\x01a\0" * (SPARE // 5)),
    "gif-comment": lambda: before_frame(GIF, b"!\xfe" + b"\x01a" * (SPARE // 2) + b"\0"),
    "gif-junk": lambda: before_frame(GIF, b"\x01" * SPARE),
    "tiff-strips": lambda: tiff((64, 64), [(273, LONG, SPARE // 4, TIFF_DATA), (278, SHORT, 1, 1)], bytes(SPARE)),
    "tiff-numbers": lambda: tiff((64, 64), [(273, LONG, 1, 8), (339, SHORT, 9_000_000, TIFF_DATA)], bytes(SPARE)),
    "tiff-tile": lambda: tiled(8_000, zeros(64_000_000)),
    "tiff-big-endian": lambda: b"MM\0+" + bytes(1000),
}


def tiled(side: int, packed: bytes) -> bytes:
    """A TIFF of one deflated tile."""
    tags = [(259, SHORT, 1, 8), (322, LONG, 1, side), (323, LONG, 1, side)]
    return tiff((64, 64), [*tags, (324, LONG, 1, TIFF_DATA), (325, LONG, 1, len(packed))], packed)


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_do_not_go_off(name: str) -> None:
    data = BOMBS[name]()
    started = time.thread_time()
    with pytest.raises(BadImage):
        decode_image(data, LIMITS)
    assert time.thread_time() - started < 1.5


def test_bombs_take_no_memory(tmp_path: Path) -> None:
    """In a process of its own, whose peak can be seen."""
    for name, bomb in {**BOMBS, "ordinary": lambda: JPEG}.items():
        (tmp_path / name).write_bytes(bomb())
    code = """
import pathlib, resource, sys
from services.errors import BadImage
from services.images import DecodeLimits, decode_image

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

folder = pathlib.Path(sys.argv[1])
decode_image((folder / "ordinary").read_bytes(), DecodeLimits())
before = peak_mb()
for file in folder.iterdir():
    try:
        decode_image(file.read_bytes(), DecodeLimits())
    except BadImage:
        pass
print(peak_mb() - before)
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 200


PLENTY: dict[str, Callable[[], bytes]] = {
    "jpeg-long-profile": lambda: after_start(JPEG, segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(65_000)) * 250),
    "jpeg-progressive": lambda: progressive(50, (64, 64)),
    "jpeg-restarts": lambda: encoded(Image.effect_noise((800, 800), 90), "JPEG", restart_marker_blocks=1),
    "jpeg-padded": lambda: after_start(JPEG, b"\xff" * 1000 + segment(0xFE) + b"\xff" * 1000),
    "png-small-chunks": lambda: png(ROWS, (8, 8), before=chunk(b"tEXt", b"a\0b") * 5000),
    "gif-long-comment": lambda: before_frame(GIF, b"!\xfe" + (b"\xff" + b"a" * 255) * 4000 + b"\0"),
    "tiff-strip-a-row": lambda: encoded(Image.effect_noise((64, 4000), 90), "TIFF", tiffinfo={278: 1}),
    "tiff-deflated": lambda: encoded(Image.effect_noise((64, 64), 90), "TIFF", compression="tiff_adobe_deflate"),
    "tiff-tiles": lambda: tiled(64, zlib.compress(bytes(4096))),
    "tiff-big": lambda: encoded(Image.effect_noise((64, 64), 90), "TIFF", big_tiff=True),
}


@pytest.mark.parametrize("name", PLENTY)
def test_photos_with_much_in_them_are_decoded(name: str) -> None:
    assert decode_image(PLENTY[name](), LIMITS).width in (8, 64, 800)


def test_a_tile_may_be_as_large_as_a_photo_and_no_larger() -> None:
    with pytest.raises(ImageTooLarge, match="tiles of 64,000,000 pixels"):
        decode_image(BOMBS["tiff-tile"](), LIMITS)
    assert decode_image(tiled(512, zlib.compress(bytes(512 * 512))), DecodeLimits(max_pixels=512 * 512)).size == (
        64,
        64,
    )
