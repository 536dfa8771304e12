"""Small JPEGs of stored photos, made when first asked for and kept in the image store."""

import io
from contextlib import suppress

from PIL import Image

from services.errors import NotFound, Unavailable
from services.images.decode import DecodeLimits, decode_image
from services.images.store import ImageStore

# Sizes are rounded up to these, so that whoever asks for every number of pixels fills no disk.
STEPS = (80, 160, 320, 640, 1024)
QUALITY = 85
_START, _END = b"\xff\xd8\xff", b"\xff\xd9"


class Thumbnails:
    """The thumbnails of one image store. Safe to share between threads and processes: all make the same ones."""

    def __init__(self, store: ImageStore, limits: DecodeLimits) -> None:
        self._store, self._limits = store, limits

    def get(self, digest: str, size: int) -> bytes:
        """A JPEG of the photo, `step(size)` pixels on its longer side, or as large as the photo where that is less.

        Raises NotFound for a photo that is not stored, BadImage for one that is not readable, and Unavailable.
        """
        size = step(size)
        try:
            kept = self._store.read_thumbnail(digest, size)
            # Power may have failed before a file's content reached the disk.
            if kept.startswith(_START) and kept.endswith(_END):
                return kept
        except NotFound:
            pass
        made = self._make(self._store.read(digest), size)
        with suppress(Unavailable):  # a store that is full or read-only still has its photos seen
            self._store.add_thumbnail(digest, size, made)
        return made

    def _make(self, data: bytes, size: int) -> bytes:
        picture = decode_image(data, self._limits, side=size)
        picture.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=QUALITY)
        return buffer.getvalue()


def step(size: int) -> int:
    """The size that is made for `size`: the next of STEPS, or the last."""
    return next((at for at in STEPS if at >= size), STEPS[-1])
