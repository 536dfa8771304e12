"""Keeps uploaded files until workers have read them, behind any fsspec URL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from services.errors import NotFound, Unavailable

CATALOGUE, IMAGES = "catalogue", "images.zip"
COPY_BYTES = 1 << 20


class Spool:
    """A folder an import, with its catalogue file and perhaps a zip of photos."""

    def __init__(self, url: str) -> None:
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as exc:
            raise Unavailable(f"import store {url!r} cannot be opened: {exc}") from exc

    def put(self, import_id: str, part: str, stream: BinaryIO) -> int:
        """Copy a stream piece by piece; returns its length in bytes. Raises Unavailable when it cannot be written."""
        path = self._path(import_id, part)
        with self._mapped("written"):
            if isinstance(self._files, LocalFileSystem):  # an object store has no folders, and would make a bucket
                self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            with self._files.open(path, "wb") as file:
                shutil.copyfileobj(stream, file, COPY_BYTES)
            return int(self._files.size(path))

    def open(self, import_id: str, part: str) -> BinaryIO:
        """Open what was put, for reading at any place. Raises NotFound, or Unavailable."""
        with self._mapped("read"):
            try:
                return cast(BinaryIO, self._files.open(self._path(import_id, part), "rb"))
            except FileNotFoundError as exc:
                raise NotFound(f"import {import_id} has no {part}, or no longer") from exc

    def remove(self, import_id: str) -> None:
        """Remove what an import put; no error where it put nothing, or where the store is away: then it stays."""
        with suppress(NotFound, Unavailable), self._mapped("written"):
            self._files.rm(f"{self._root}/{import_id}", recursive=True)

    @contextmanager
    def _mapped(self, done: str) -> Iterator[None]:
        try:
            yield
        except NotFound:
            raise
        # Each file system raises its client's own errors, some of which are no OSError; their classes come with it.
        except Exception as exc:
            raise Unavailable(f"import store {self._root!r} cannot be {done}: {exc}") from exc

    def _path(self, import_id: str, part: str) -> str:
        return f"{self._root}/{import_id}/{part}"
