"""Where a catalogue's photos lie: a folder, or a zip archive read in place."""

import lzma
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

from services.errors import BadImage, ImageTooLarge, InvalidCatalogue, NotFound

# What a damaged, encrypted or oddly compressed member raises, from whichever decompressor reads it.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
)


class ImageSource(Protocol):
    """Photos by the name that a catalogue's column gives them."""

    def read(self, name: str) -> bytes:
        """Return the bytes of `name`. Raises NotFound, ImageTooLarge, or BadImage when they cannot be read."""
        ...


def open_images(path: Path, max_bytes: int) -> ImageSource:
    """Open the folder or zip archive at `path`; a photo over `max_bytes` is refused before it is read.

    Raises InvalidCatalogue when `path` is neither.
    """
    if path.is_dir():
        return FolderImages(path, max_bytes)
    if not path.is_file():
        raise InvalidCatalogue(f"{path}: no such folder or zip archive of images")
    try:
        return ZipImages(zipfile.ZipFile(path), max_bytes)
    except (zipfile.BadZipFile, OSError) as exc:
        raise InvalidCatalogue(f"{path}: not a folder, and not a readable zip archive ({exc})") from exc


class FolderImages:
    """Photos in a folder; a name that leads out of it is refused."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root.resolve()
        self._max_bytes = max_bytes

    def read(self, name: str) -> bytes:
        """Return the bytes of the file `name` below the folder."""
        try:
            path = (self._root / name).resolve()
            if not path.is_relative_to(self._root):
                raise BadImage(f"image {name!r} lies outside the images folder")
            if not path.is_file():
                raise NotFound(f"image {name!r} is not in the images folder")
            size = path.stat().st_size
            if size > self._max_bytes:
                raise ImageTooLarge(f"image {name!r} has {size:,} bytes; at most {self._max_bytes:,} are allowed")
            return path.read_bytes()
        # ValueError: a NUL byte in the name.
        except (OSError, ValueError) as exc:
            raise BadImage(f"image {name!r} cannot be read: {exc}") from exc


class ZipImages:
    """Photos in a zip archive, read one member at a time and never unpacked to disk."""

    def __init__(self, archive: zipfile.ZipFile, max_bytes: int) -> None:
        self._archive = archive
        self._max_bytes = max_bytes

    def read(self, name: str) -> bytes:
        """Return the bytes of the member `name`."""
        try:
            info = self._archive.getinfo(name)
        except KeyError as exc:
            raise NotFound(f"image {name!r} is not in the archive") from exc
        # The declared size is checked here and enforced by zipfile, which stops at it: no zip bomb unpacks further.
        if info.file_size > self._max_bytes:
            raise ImageTooLarge(f"image {name!r} has {info.file_size:,} bytes; at most {self._max_bytes:,} are allowed")
        try:
            return self._archive.read(info)
        except UNREADABLE as exc:
            raise BadImage(f"image {name!r} cannot be read from the archive: {exc}") from exc
