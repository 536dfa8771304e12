"""Photos in a zip archive, local or remote."""

import io
import lzma
import threading
import zipfile
import zlib
from typing import BinaryIO

from indexer.readers.images import check_inside, check_size, read_place
from services.errors import BadImage, InvalidCatalogue, NotFound

# What a damaged, encrypted or oddly compressed member raises, from whichever decompressor reads it.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
# An archive's directory is held in memory, at about nine times its size. This much is some 800,000 photos, and
# 600 MB; with more photos than that, a folder or an object store does better than one archive.
MAX_DIRECTORY_BYTES = 64 * 2**20


def open_zip(file: BinaryIO, name: str, max_bytes: int) -> "ZipImages":
    """The photos in an archive that is open, and is closed with it. Raises InvalidCatalogue when it is none."""
    limited = _Limited(file)
    try:
        archive = zipfile.ZipFile(limited)
    except UNREADABLE as exc:
        limited.close()
        raise InvalidCatalogue(f"{name}: not a folder, and not a readable zip archive ({exc})") from exc
    limited.limited = False
    return ZipImages(archive, max_bytes)


class ZipImages:
    """Photos in a zip archive, read one member at a time and never unpacked to disk."""

    def __init__(self, archive: zipfile.ZipFile, max_bytes: int) -> None:
        self._archive = archive
        self._max_bytes = max_bytes
        self._lock = threading.Lock()

    def read(self, name: str) -> bytes:
        """Return the bytes of the member `name`."""
        return read_place(name, "the archive", self._read)

    def _read(self, name: str) -> bytes:
        check_inside(name, "the archive")
        try:
            info = self._archive.getinfo(name)
        except KeyError as exc:
            raise NotFound(f"image {name!r} is not in the archive") from exc
        # The declared size is checked here and enforced by zipfile, which stops at it: no zip bomb unpacks further.
        check_size(name, info.file_size, self._max_bytes)
        try:
            # Members share the archive's one file.
            with self._lock, self._archive.open(info) as member:
                data = member.read(self._max_bytes + 1)
        except UNREADABLE as exc:
            raise BadImage(f"image {name!r} cannot be read from the archive: {exc}") from exc
        check_size(name, len(data), self._max_bytes)
        return data


class _Limited(io.RawIOBase):
    """An archive's file, of which less than MAX_DIRECTORY_BYTES are read in one go while it is `limited`.

    zipfile reads the whole directory at once, and builds an object for each member before anybody can ask how many
    there are; this is where it can be stopped.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.limited = True

    def read(self, size: int = -1, /) -> bytes:
        """Raises BadZipFile for more than the limit."""
        if not self.limited:
            return self._file.read(size)
        data = self._file.read(MAX_DIRECTORY_BYTES if size < 0 else min(size, MAX_DIRECTORY_BYTES))
        if len(data) == MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"its directory has {MAX_DIRECTORY_BYTES:,} bytes or more; split the archive")
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """As the file does."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As the file does."""
        return self._file.tell()

    def seekable(self) -> bool:
        """It is."""
        return True

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def close(self) -> None:
        """Close the file, too."""
        self._file.close()
        super().close()
