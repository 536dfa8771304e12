"""Keeps the bytes of photos: immutable objects named by the SHA-256 of their content, behind any fsspec URL."""

import hashlib
import os
import uuid

import fsspec
from fsspec.implementations.local import LocalFileSystem

from services.errors import NotFound, Unavailable


class ImageStore:
    """Content-addressed photos in a folder, or at an fsspec URL such as `s3://bucket/images`.

    Adding the same bytes twice keeps one object. Objects never change, so readers need no locks.
    """

    def __init__(self, url: str) -> None:
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as exc:
            raise Unavailable(f"image store {url!r} cannot be opened: {exc}") from exc
        self._local = isinstance(self._files, LocalFileSystem)

    def add(self, data: bytes) -> str:
        """Store `data` and return its digest, 64 hex digits. Raises Unavailable when it cannot be written."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        try:
            if self._files.exists(path):
                return digest
            if self._local:
                self._write_whole(path, data)
            else:
                self._files.pipe_file(path, data)  # object stores show an object only when it is complete
        except OSError as exc:
            raise Unavailable(f"image store {self._root!r} cannot be written: {exc}") from exc
        return digest

    def read(self, digest: str) -> bytes:
        """Return the bytes of `digest`. Raises NotFound, or Unavailable when the store is away."""
        try:
            data: bytes = self._files.cat_file(self._path(digest))
        except FileNotFoundError as exc:
            raise NotFound(f"image {digest} is not in the image store") from exc
        except OSError as exc:
            raise Unavailable(f"image store {self._root!r} cannot be read: {exc}") from exc
        return data

    def _path(self, digest: str) -> str:
        # Two levels of 256 folders keep each folder small at a hundred million images.
        return f"{self._root}/{digest[:2]}/{digest[2:4]}/{digest}"

    def _write_whole(self, path: str, data: bytes) -> None:
        """Write beside, then rename: a process killed in the middle leaves no half of a photo under its name."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = f"{path}.{uuid.uuid4().hex}.part"
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
