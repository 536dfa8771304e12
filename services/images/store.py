"""Keeps the bytes of photos: immutable objects named by the SHA-256 of their content, behind any fsspec URL."""

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import fsspec
from fsspec.implementations.local import LocalFileSystem

from services.errors import NotFound, Unavailable


class ImageStore:
    """Content-addressed photos in a folder, or at an fsspec URL such as `s3://bucket/images`, and their thumbnails.

    Adding the same bytes twice keeps one object. Photos never change, so readers need no locks. Thumbnails are
    derived: they may be deleted at any time.
    """

    def __init__(self, url: str) -> None:
        """Raises Unavailable for a URL whose protocol is not known or not installed. Nothing is connected yet."""
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as exc:
            raise Unavailable(f"image store {url!r} cannot be opened: {exc}") from exc
        self._local = isinstance(self._files, LocalFileSystem)

    def add(self, data: bytes) -> str:
        """Store `data` and return its digest, 64 hex digits. Raises Unavailable when it cannot be written."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        with self._mapped("written"):
            if not self._has(path):
                self._write(path, data)
        return digest

    def read(self, digest: str) -> bytes:
        """Return the bytes of `digest`. Raises NotFound, or Unavailable when the store is away."""
        return self._read(self._path(digest), f"image {digest}")

    def add_thumbnail(self, digest: str, size: int, data: bytes) -> None:
        """Keep `data` as the thumbnail of `digest` at `size`, in place of an older one. Raises Unavailable."""
        with self._mapped("written"):
            self._write(self._thumbnail_path(digest, size), data)

    def read_thumbnail(self, digest: str, size: int) -> bytes:
        """Return the thumbnail of `digest` that was kept at `size`. Raises NotFound, or Unavailable."""
        return self._read(self._thumbnail_path(digest, size), f"a thumbnail of image {digest} at {size} pixels")

    def _path(self, digest: str) -> str:
        # Two levels of 256 folders keep each folder small at a hundred million images.
        return f"{self._root}/{digest[:2]}/{digest[2:4]}/{digest}"

    def _thumbnail_path(self, digest: str, size: int) -> str:
        return f"{self._root}/thumbnails/{digest[:2]}/{digest[2:4]}/{digest}-{size}.jpg"

    def _read(self, path: str, what: str) -> bytes:
        with self._mapped("read"):
            try:
                data: bytes = self._files.cat_file(path, start=0)  # without a start, s3fs asks for the size first
            except FileNotFoundError as exc:
                if _bucket_is_missing(exc):
                    raise
                raise NotFound(f"{what} is not in the image store") from exc
        return data

    def _has(self, path: str) -> bool:
        """One request to an object store, where `exists` makes two; and an empty leftover does not count."""
        try:
            return bool(self._files.cat_file(path, start=0, end=1))
        except FileNotFoundError:
            return False

    def _write(self, path: str, data: bytes) -> None:
        if not self._local:
            self._files.pipe_file(path, data)  # object stores show an object only when it is complete
            return
        # Write beside, then rename: a process killed in the middle leaves no half of a photo under its name.
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = f"{path}.{uuid.uuid4().hex}.part"
        try:
            with open(temporary, "wb") as file:
                file.write(data)
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)
            raise

    @contextmanager
    def _mapped(self, done: str) -> Iterator[None]:
        try:
            yield
        except NotFound:
            raise
        # Each file system raises its client's own errors, some of which are no OSError; their classes come with it.
        except Exception as exc:
            raise Unavailable(f"image store {self._root!r} cannot be {done}: {exc}") from exc


def _bucket_is_missing(exc: FileNotFoundError) -> bool:
    """Whether it is not the object but its bucket that S3 does not find: then nothing is known about the object."""
    response = getattr(exc.__cause__, "response", None) or {}
    return bool(response.get("Error", {}).get("Code") == "NoSuchBucket")
