"""Photos damaged at random: each is decoded within its limits or refused by name, in bounded time and memory.

FUZZ_IMAGES says how many (300 unless it is set), FUZZ_SEED where to begin; a failure names the seed that shows it.
"""

import os
import random
import resource
import signal
import struct
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
import psutil
from icc import ADOBE, cmyk_profile, grey_profile, rgb_profile
from odd_photos import TIFF_DATA, after_start, chunk, encoded, png, segment, tiff
from PIL import Image

from services.errors import BadImage
from services.images import DecodeLimits, decode_image

LIMITS = DecodeLimits(max_bytes=2_000_000, max_pixels=4_000_000)
COUNT = int(os.environ.get("FUZZ_IMAGES", "300"))
FIRST = int(os.environ.get("FUZZ_SEED", "1"))
LONGEST_S = 10
MOST_MB = 128
ODD_NUMBERS = (0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)


def picture(mode: str = "RGB", size: tuple[int, int] = (57, 43)) -> Image.Image:
    """Noise on a gradient, in `mode`."""
    wave = np.add.outer(np.arange(size[1]), np.arange(size[0]))[..., None] * [1, 2, 3, 4]
    values = (wave + np.random.default_rng(3).integers(0, 40, (size[1], size[0], 4))).astype(np.uint8)
    if mode == "I;16":
        return Image.fromarray(values[..., 0].astype(np.uint16) * 257)
    if mode in ("RGBA", "CMYK"):
        return Image.frombytes(mode, size, values.tobytes())
    return Image.fromarray(values[..., :3]).convert(mode)


@cache
def seeds() -> list[bytes]:
    """Photos of every format that is decoded, in every manner that Pillow can write and some that it cannot."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    adobe = rgb_profile(ADOBE)
    jpegs = [
        encoded(picture(), "JPEG"),
        encoded(picture(), "JPEG", progressive=True, exif=exif, icc_profile=adobe),
        encoded(picture(), "JPEG", restart_marker_blocks=2, subsampling=0, dpi=(72, 72), comment=b"a comment"),
        encoded(picture("L"), "JPEG", icc_profile=grey_profile(1.0), optimize=True),
        encoded(picture("CMYK"), "JPEG", icc_profile=cmyk_profile({0: (255, 128, 128)})),
        encoded(picture(size=(1400, 1100)), "JPEG", quality=20, progressive=True),
        encoded(picture(), "MPO", exif=exif, **pages()),
        after_start(encoded(picture(), "JPEG"), segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x03\xed\0\0\0\0\0\x10" * 3)),
    ]
    pngs = [encoded(picture(mode), "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")]
    pngs += [
        encoded(picture("P"), "PNG", transparency=bytes(range(200)), exif=exif),
        encoded(picture(), "PNG", icc_profile=adobe, transparency=(1, 2, 3)),
        encoded(picture("RGBA"), "PNG", save_all=True, append_images=[picture("RGBA").rotate(90)], loop=1, duration=9),
        png((b"\0" + b"\x80\x01" * 24) * 8, (8, 8), depth=16, before=chunk(b"tRNS", b"\x80\x01" * 3)),
        png(b"\0\xff" * 8, (8, 8), colour=3, depth=1, before=chunk(b"PLTE", b"\x09\x80\x70\xff\0\0")),
        png((b"\0" + b"\x80" * 24) * 8, (8, 8), before=chunk(b"zTXt", b"a\0\0" + zlib.compress(b"text" * 500))),
    ]
    webps = [
        encoded(picture(), "WEBP", quality=50, exif=exif, icc_profile=adobe),
        encoded(picture("RGBA"), "WEBP", lossless=True, xmp=b"<x/>"),
        encoded(picture("RGBA"), "WEBP", **pages()),
    ]
    gifs = [
        encoded(picture("P"), "GIF", transparency=5, interlace=1, comment=b"a comment"),
        encoded(picture("P"), "GIF", disposal=2, loop=0, duration=50, **pages()),
        encoded(picture("1"), "GIF"),
    ]
    bmps = [encoded(picture(mode), "BMP") for mode in ("1", "L", "P", "RGB", "RGBA")]
    tiffs = [
        encoded(picture(mode), "TIFF") for mode in ("1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "F")
    ]
    tiffs += [
        encoded(picture(mode), "TIFF", compression=packing)
        for mode in ("L", "RGB", "CMYK")
        for packing in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma")
    ]
    tiffs += [encoded(picture("1"), "TIFF", compression=packing) for packing in ("group3", "group4")]
    tiffs += [
        encoded(picture(), "TIFF", exif=exif, icc_profile=adobe, **pages()),
        encoded(picture(), "TIFF", big_tiff=True),
        tiff(
            (32, 32), [(322, 4, 1, 16), (323, 4, 1, 16), (324, 4, 4, TIFF_DATA)], struct.pack("<4I", *[1040] * 4) * 80
        ),
        tiff((16, 16), [(273, 4, 1, TIFF_DATA), (279, 4, 1, 256)], bytes(range(256)), ">"),
    ]
    return [*jpegs, *jpegs, *pngs, *pngs, *webps * 4, *gifs * 4, *bmps, *tiffs]


def pages() -> dict[str, object]:
    """What makes Pillow write two pages or frames more."""
    return {"save_all": True, "append_images": [picture(), picture().rotate(90)]}


# Damage: each takes a photo and a source of chance, and returns another.


def flip_bits(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice([1, 1, 3, 20])):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def write_numbers(data: bytes, chance: random.Random) -> bytes:
    """Odd numbers where sizes, counts and offsets are likely to be: mostly near the start."""
    out = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5])):
        at = chance.randrange(min(len(out), chance.choice([32, 200, 1500, len(out)])))
        form = chance.choice(["<H", ">H", "<I", ">I", "B"])
        number = struct.pack(form, chance.choice(ODD_NUMBERS) % 256 ** struct.calcsize(form))
        out[at : at + len(number)] = number
    return bytes(out)


def cut_off(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data))]


def swap_pieces(data: bytes, chance: random.Random) -> bytes:
    a, b, c, d = sorted(chance.randrange(len(data) + 1) for _ in range(4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def repeat_piece(data: bytes, chance: random.Random) -> bytes:
    a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a : min(b, a + 3000)] * chance.choice([1, 2, 50]) + data[b:]


def drop_piece(data: bytes, chance: random.Random) -> bytes:
    a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + data[min(b, a + chance.choice([1, 8, 100, 10**6])) :]


def blank_piece(data: bytes, chance: random.Random) -> bytes:
    a = chance.randrange(len(data))
    length = min(chance.choice([4, 64, 1000]), len(data) - a)
    return data[:a] + chance.choice([b"\0", b"\xff"]) * length + data[a + length :]


def splice(data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(seeds())
    return data[: chance.randrange(1, len(data) + 1)] + other[chance.randrange(len(other)) :]


def swap_parts(data: bytes, chance: random.Random) -> bytes:
    """Whole chunks of a PNG or segments of a JPEG in another order, some twice, some not at all."""
    mark = {b"\xff\xd8": b"\xff", b"\x89P": b"\0\0"}.get(data[:2], chance.choice([b"\0\0", b"\xff", b"!"]))
    head, *parts = data.split(mark)
    for _ in range(chance.choice([1, 2, 4])):
        if len(parts) > 1:
            a, b = chance.randrange(len(parts)), chance.randrange(len(parts))
            parts[a], parts[b] = parts[b], chance.choice([parts[a], parts[b]])
    return mark.join([head, *parts])


DAMAGE: list[Callable[[bytes, random.Random], bytes]] = [
    flip_bits, write_numbers, write_numbers, cut_off, swap_pieces, repeat_piece, drop_piece, blank_piece, splice,
    swap_parts,
]  # fmt: skip


def with_right_sums(data: bytes) -> bytes:
    """A PNG with the checksums that its chunks should have, so that damage is looked at and not only detected."""
    out, at = bytearray(data), 8
    while at + 12 <= len(out):
        (length,) = struct.unpack_from(">I", out, at)
        if at + 12 + length > len(out):
            break
        struct.pack_into(">I", out, at + 8 + length, zlib.crc32(out[at + 4 : at + 8 + length]))
        at += 12 + length
    return bytes(out)


def damaged(seed: int) -> bytes:
    """The photo of `seed`, the same each time."""
    chance = random.Random(seed)
    data = chance.choice(seeds())
    for _ in range(chance.choice([1, 1, 2, 4])):
        data = chance.choice(DAMAGE)(data.ljust(2, b"\0"), chance)
    return with_right_sums(data) if data.startswith(b"\x89PNG") and chance.random() < 0.8 else data


class Hang(BaseException):
    """Beyond the reach of `except Exception`."""


@contextmanager
def guarded(seconds: int) -> Iterator[None]:
    """Break off Python code that does not come to an end."""

    def hang(*_: object) -> None:
        raise Hang

    previous = signal.signal(signal.SIGALRM, hang)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def outcome(data: bytes) -> str:
    """`decoded`, `refused`, or what is wrong."""
    started = time.thread_time()
    try:
        with guarded(6 * LONGEST_S):
            image = decode_image(data, LIMITS)
            image.tobytes()
        ending = "decoded"
    except BadImage:
        ending = "refused"
    except (Exception, Hang) as exc:
        return f"raised {exc!r}"
    if (took_s := time.thread_time() - started) > LONGEST_S:
        return f"took {took_s:.1f} s"
    if ending == "decoded" and (image.mode != "RGB" or not 0 < image.width * image.height <= LIMITS.max_pixels):
        return f"gave {image.mode} of {image.size}"
    return ending


def test_seeds_are_photos() -> None:
    assert {outcome(data) for data in seeds()} == {"decoded"}
    assert len(seeds()) > 90


def test_damaged_photos_are_decoded_or_refused() -> None:
    for data in seeds():
        outcome(data)  # so that what decoders keep for good is there before memory is measured
    process, peak = psutil.Process(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before = process.memory_info().rss
    outcomes = {seed: outcome(damaged(seed)) for seed in range(FIRST, FIRST + COUNT)}
    wrong = {seed: text for seed, text in outcomes.items() if text not in ("decoded", "refused")}
    assert not wrong, f"FUZZ_IMAGES=1 FUZZ_SEED={next(iter(wrong))} shows the first"
    assert (process.memory_info().rss - before) / 2**20 < MOST_MB
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 2**10 < 2 * MOST_MB
    if COUNT >= 100:
        counted = Counter(outcomes.values())
        assert min(counted["decoded"], counted["refused"]) > 0.1 * COUNT, "the damage is too slight or too heavy"
