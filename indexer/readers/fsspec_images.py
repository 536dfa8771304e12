"""Photos in an object store, or wherever else fsspec reaches."""

import errno

import fsspec
from fsspec.spec import AbstractFileSystem

from indexer.readers.image_names import is_url
from indexer.readers.images import ImageSource, check_inside, read_place
from services.errors import BadImage, ImageTooLarge, InvalidCatalogue, NotFound, Unavailable


class FsspecImages:
    """Photos below `url`, such as `s3://bucket/prefix`.

    With `allow_urls`, a name that is not there may also be a full URL of any scheme, and `url` may be empty. That is
    for people at a terminal of their own: where others send the catalogue, its names would read the server's files
    and buckets.
    """

    def __init__(self, url: str, max_bytes: int, allow_urls: bool = False) -> None:
        """Raise InvalidCatalogue when there is nothing that could read `url`."""
        self._url = url.rstrip("/")
        self._max_bytes, self._allow_urls = max_bytes, allow_urls
        self._files: AbstractFileSystem | None = None
        if self._url:
            self._files, self._root = opened(self._url)

    def read(self, name: str) -> bytes:
        """Return the bytes of the object `name`, in one request for each place where it may be."""
        if not (self._allow_urls and is_url(name)):
            return self._read_below(name)
        try:
            return self._read_below(name)
        except NotFound:
            return self._read_url(name)

    def _read_below(self, name: str) -> bytes:
        if self._files is None:
            raise NotFound(f"image {name!r}: no place to read images from was given; name one with --images")
        return read_place(name.removeprefix(self._url + "/"), self._url, self._read)

    def _read(self, name: str) -> bytes:
        check_inside(name, self._url)
        return self._fetched(self._files, f"{self._root}/{name}", name)

    def _read_url(self, name: str) -> bytes:
        try:
            files, path = opened(name)
        except InvalidCatalogue as exc:
            raise BadImage(f"image {name!r}: {exc}") from exc
        return self._fetched(files, path, name)

    def _fetched(self, files: AbstractFileSystem, path: str, name: str) -> bytes:
        try:
            data: bytes = files.cat_file(path, start=0, end=self._max_bytes + 1)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as exc:
            raise NotFound(f"image {name!r} is not there") from exc
        except Exception as exc:  # each store's library has errors of its own
            if _about_the_object(exc):
                raise BadImage(f"image {name!r} cannot be read: {exc}") from exc
            raise Unavailable(f"image {name!r} cannot be read just now: {exc}") from exc
        if len(data) > self._max_bytes:
            raise ImageTooLarge(
                f"image {name!r} has {len(data):,} bytes or more; at most {self._max_bytes:,} are allowed"
            )
        return data


class UrlsToo:
    """Photos of a place, and those that lie elsewhere and are named by their full URL: see `allow_urls` above."""

    def __init__(self, place: ImageSource, max_bytes: int) -> None:
        self._place, self._urls = place, FsspecImages("", max_bytes, allow_urls=True)

    def read(self, name: str) -> bytes:
        """Return the bytes of `name` in the place, else at the URL that it is."""
        try:
            return self._place.read(name)
        except NotFound:
            if not is_url(name):
                raise
            return self._urls.read(name)


def _about_the_object(exc: Exception) -> bool:
    """Asking again would not help: it may not be read, it has no bytes (S3 has no range of none), its name is odd."""
    if isinstance(exc, PermissionError | ValueError):
        return True
    return isinstance(exc, OSError) and exc.errno in (errno.EINVAL, errno.ENAMETOOLONG)


def opened(url: str) -> tuple[AbstractFileSystem, str]:
    """The file system and path of a URL. Raises InvalidCatalogue for one that nothing here can read."""
    try:
        files, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as exc:
        raise InvalidCatalogue(f"{url!r} cannot be opened: {exc}") from exc
    return files, str(path).rstrip("/")
