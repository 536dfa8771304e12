"""Refuses files that look small and would cost a decoder minutes or gigabytes by the number of their parts.

The size in pixels is checked elsewhere; these are files that decoders cannot refuse by it. Each was measured:
a JPEG of 300 kB decodes in 35 s with two thousand scans, a TIFF of 1.5 MB unpacks one tile to 1.6 GB.
"""

import re
from collections.abc import Iterator
from typing import Literal

from services.errors import BadImage, ImageTooLarge

# Progressive photos have about ten; a thorough encoder's, some thirty.
MAX_SCANS = 100
# A profile or a depth map may take hundreds of segments of 64 kB.
MAX_SEGMENTS = 2000
# Writers cut the pixels into chunks of 8 kB or more.
MAX_PNG_CHUNKS = 50_000
MAX_GIF_BLOCKS = 20_000
MAX_TIFF_VALUES = 2**16
MAX_PADDING = 2**16

# The markers of JPEG that matter: not restarts and their like, which stand alone.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_EOI, _SOS = 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL = frozenset([0xC0, 0xC1])

# Byte order and number width by the first bytes of a TIFF, odd ones included that decoders put up with.
_TIFFS: dict[bytes, tuple[Literal["little", "big"], bool]] = {
    b"II*\0": ("little", False),
    b"II\0*": ("little", False),
    b"II+\0": ("little", True),
    b"MM\0*": ("big", False),
    b"MM*\0": ("big", False),
}
_BYTE_TYPES = frozenset([1, 2, 6, 7])
_WHOLE_TYPES = {1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8}
_TILE_SIDES = frozenset([322, 323])


def refuse_bombs(data: bytes, max_pixels: int) -> None:
    """Raises BadImage for more parts than a photo has, and ImageTooLarge for a TIFF's tiles over `max_pixels`."""
    if data.startswith(b"\xff\xd8"):
        _check_segments(data)
    elif data.startswith(b"\x89PNG"):
        _check_chunks(data)
    elif data.startswith(b"GIF8"):
        _check_blocks(data)
    elif data.startswith(b"MM\0+"):
        # Pillow and libtiff read different numbers from its header, so what is checked need not be what is decoded.
        raise BadImage("this is a big-endian BigTIFF, which is not read; save it as an ordinary TIFF")
    elif data[:4] in _TIFFS:
        _check_tags(data, max_pixels)


def _check_segments(data: bytes) -> None:
    """Walk a JPEG from marker to marker, as libjpeg does. That of an ordinary one ends at its only scan."""
    position, components, sequential = 2, 0, False
    segments = scans = padding = 0
    while (found := _MARKER.search(data, position)) and (kind := data[found.start() + 1]) != _EOI:
        padding += 0 if scans else found.start() - position
        position, segments, scans = found.end(), segments + 1, scans + (kind == _SOS)
        if kind in _FRAMES:
            components, sequential = _byte(data, position + 7), kind in _SEQUENTIAL
        if kind == _SOS and sequential and components == _byte(data, position + 2):
            return
        if scans > MAX_SCANS or segments > MAX_SEGMENTS or padding > MAX_PADDING:
            raise BadImage("this JPEG has more segments or scans than a photo needs; save it anew")
        position += max(2, int.from_bytes(data[position : position + 2], "big"))


def _check_chunks(data: bytes) -> None:
    """Walk a PNG from chunk to chunk."""
    position = 8
    for _ in range(MAX_PNG_CHUNKS):
        if position >= len(data):
            return
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    raise BadImage("this PNG has more chunks than a photo needs; save it anew")


def _check_blocks(data: bytes) -> None:
    """Walk a GIF up to its first frame: comments and other blocks before it are counted."""
    flags = _byte(data, 10)
    position = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    left = MAX_GIF_BLOCKS
    while position < len(data) and data[position] != ord(","):
        if data[position] == ord("!"):
            position += 2
            while (length := _byte(data, position)) and left > 0:
                position, left = position + 1 + length, left - 1
        position, left = position + 1, left - 1
        if left <= 0:
            raise BadImage("this GIF has thousands of comments before its first frame; save it anew")


def _check_tags(data: bytes, max_pixels: int) -> None:
    """Look at the tags of a TIFF's first directory: how many there are, and their values, and how large a tile is."""
    tile = 1
    for position, (tag, kind, count, value) in enumerate(_tags(data)):
        if position > MAX_TIFF_VALUES or (count > MAX_TIFF_VALUES and kind not in _BYTE_TYPES):
            raise BadImage("this TIFF has too many tags, strips or tiles, more than a photo needs; save it anew")
        if tag in _TILE_SIDES:
            tile *= value
    if tile > max_pixels:
        raise ImageTooLarge(f"this TIFF has tiles of {tile:,} pixels; at most {max_pixels:,} pixels are allowed")


def _tags(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Number, type, count of values, and the value where it is one whole number in the directory itself, else 2**32."""
    order, big = _TIFFS[data[:4]]
    word, counter, entry = (8, 8, 20) if big else (4, 2, 12)

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], order)

    start = number(word, word)
    end = start + counter + entry * number(start, counter)
    for at in range(start + counter, min(end, len(data)), entry):
        kind, count = number(at + 2, 2), number(at + 4, word)
        size = _WHOLE_TYPES.get(kind, 2 * word)
        yield number(at, 2), kind, count, number(at + 4 + word, size) if count * size <= word else 2**32


def _byte(data: bytes, at: int) -> int:
    """The byte at `at`, and 0 past the end."""
    return data[at] if at < len(data) else 0
