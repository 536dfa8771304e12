"""Where a catalogue's photos lie: a folder, a zip archive read in place, or an object store."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from indexer.readers.image_names import places_below
from services.errors import BadImage, ImageTooLarge, NotFound


class ImageSource(Protocol):
    """Photos by the name that a catalogue gives them. Safe to use from several threads.

    A name that is a URL, such as Google's `gs://bucket/shoes/1.jpg`, is sought by its path behind the bucket
    (`shoes/1.jpg`), then by its last part (`1.jpg`), so that a copy of the bucket will do.
    """

    def read(self, name: str) -> bytes:
        """Return the bytes of `name`.

        Raises NotFound, ImageTooLarge, BadImage when they cannot be read, or Unavailable when the source is away.
        """
        ...


def read_place(name: str, where: str, read: Callable[[str], bytes]) -> bytes:
    """Call `read` for each place where `name` may lie. Raises NotFound when it is in none."""
    for place in places_below(name):
        with suppress(NotFound):
            return read(place)
    raise NotFound(f"image {name!r} is not in {where}")


def check_inside(name: str, where: str) -> None:
    """Raise BadImage for a name that would lead out of the place it is joined to, NotFound for none at all."""
    if not name.strip("/"):
        raise NotFound(f"image {name!r} is not in {where}")
    if ".." in name.replace("\\", "/").split("/"):
        raise BadImage(f"image {name!r} lies outside {where}")


def check_size(name: str, size: int, max_bytes: int) -> None:
    """Raise ImageTooLarge for a photo of `size` bytes that has too many."""
    if size > max_bytes:
        raise ImageTooLarge(f"image {name!r} has {size:,} bytes; at most {max_bytes:,} are allowed")


class FolderImages:
    """Photos in a folder; a name that leads out of it is refused."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root.resolve()
        self._max_bytes = max_bytes

    def read(self, name: str) -> bytes:
        """Return the bytes of the file `name` below the folder."""
        try:
            return read_place(name, "the images folder", self._read)
        # ValueError: a NUL byte in the name.
        except (OSError, ValueError) as exc:
            raise BadImage(f"image {name!r} cannot be read: {exc}") from exc

    def _read(self, name: str) -> bytes:
        path = (self._root / name).resolve()
        if not path.is_relative_to(self._root):
            raise BadImage(f"image {name!r} lies outside the images folder")
        if not path.is_file():
            raise NotFound(f"image {name!r} is not in the images folder")
        size = path.stat().st_size
        check_size(name, size, self._max_bytes)
        with path.open("rb") as file:
            # One more than it had: Python makes room for all that is asked for.
            data = file.read(size + 1)
        check_size(name, len(data), self._max_bytes)  # it may have grown meanwhile
        return data
