"""Opens the place where a catalogue's photos lie."""

from pathlib import Path
from typing import BinaryIO, cast

from fsspec.implementations.local import LocalFileSystem

from indexer.readers.fsspec_images import FsspecImages, UrlsToo, opened
from indexer.readers.image_names import is_url
from indexer.readers.images import FolderImages, ImageSource
from indexer.readers.zip_images import open_zip
from services.errors import InvalidCatalogue


def open_images(location: str | Path, max_bytes: int, allow_urls: bool = False) -> ImageSource:
    """Open the folder, zip archive or fsspec URL at `location`; a photo over `max_bytes` is refused.

    A URL that ends in `.zip` is an archive. With `allow_urls`, a name that is not there may be a full URL of its own:
    see FsspecImages for whom that is. Raises InvalidCatalogue when `location` is none of these.
    """
    if isinstance(location, str) and is_url(location):
        place = _remote(location, max_bytes)
    else:
        place = _local(Path(location), max_bytes)
    return UrlsToo(place, max_bytes) if allow_urls else place


def _local(path: Path, max_bytes: int) -> ImageSource:
    if path.is_dir():
        return FolderImages(path, max_bytes)
    if not path.is_file():
        raise InvalidCatalogue(f"{path}: no such folder or zip archive of images")
    try:
        file = path.open("rb")
    except OSError as exc:
        raise InvalidCatalogue(f"{path}: {exc.strerror or exc}") from exc
    return open_zip(file, str(path), max_bytes)


def _remote(url: str, max_bytes: int) -> ImageSource:
    files, path = opened(url)
    if isinstance(files, LocalFileSystem):
        return _local(Path(path), max_bytes)
    if not url.lower().endswith(".zip"):
        return FsspecImages(url, max_bytes)
    try:
        file = cast("BinaryIO", files.open(path, "rb"))
    except Exception as exc:  # each store's library has errors of its own
        raise InvalidCatalogue(f"{url}: cannot be opened: {exc}") from exc
    return open_zip(file, url, max_bytes)
