"""Photos by the byte: what Pillow does not write, because no one should."""

import io
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

Tag = tuple[int, int, int, int]  # number, type, count, value or offset
SHORT, LONG = 3, 4
TIFF_DATA = 1024


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """`image` as Pillow writes it."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    rows: bytes, size: tuple[int, int], colour: int = 2, depth: int = 8, before: bytes = b"", after: bytes = b""
) -> bytes:
    """A PNG of unfiltered `rows`, each with its leading zero, and other chunks before and after the pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", zlib.compress(rows)) + after + chunk(b"IEND")


def tiff(size: tuple[int, int], tags: Sequence[Tag], data: bytes, order: str = "<") -> bytes:
    """A greyscale TIFF of `size` unless `tags` say otherwise; `data` lies at TIFF_DATA."""
    told = {
        256: (LONG, 1, size[0]),
        257: (LONG, 1, size[1]),
        258: (SHORT, 1, 8),
        262: (SHORT, 1, 1),
        277: (SHORT, 1, 1),
    }
    told |= {number: (kind, count, value) for number, kind, count, value in tags}
    entries = b""
    for number, (kind, count, value) in sorted(told.items()):
        inline = struct.pack(f"{order}HH", value, 0) if (kind, count) == (SHORT, 1) else struct.pack(f"{order}I", value)
        entries += struct.pack(f"{order}HHI", number, kind, count) + inline
    magic = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    return (magic + struct.pack(f"{order}H", len(told)) + entries + bytes(4)).ljust(TIFF_DATA, b"\0") + data


def segment(kind: int, data: bytes = b"") -> bytes:
    """A marker segment of a JPEG."""
    return bytes([0xFF, kind]) + struct.pack(">H", len(data) + 2) + data


def after_start(photo: bytes, inserted: bytes) -> bytes:
    """A JPEG with more segments behind its first marker."""
    return photo[:2] + inserted + photo[2:]


def before_frame(photo: bytes, inserted: bytes) -> bytes:
    """A GIF with more blocks before its first frame."""
    start = 13 + (3 << ((photo[10] & 7) + 1) if photo[10] & 0x80 else 0)
    return photo[:start] + inserted + photo[start:]
