"""One writer at a time, among the threads of a process and the processes of a machine: what Milvus Lite asks for."""

import contextlib
import fcntl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from services.errors import Unavailable


class WriteLock:
    """A lock for threads, and with a `file` for processes as well. The kernel frees it when its holder dies.

    May be taken again by the thread that holds it.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._threads = threading.RLock()
        self._depth = 0

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold it while the block runs. Raises Unavailable when the file cannot be opened."""
        with self._threads, self._locked_file():
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    @contextlib.contextmanager
    def _locked_file(self) -> Iterator[None]:
        if self._file is None or self._depth > 0:
            yield
            return
        with self._opened(self._file) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield  # closing the file frees it

    @staticmethod
    def _opened(path: Path) -> TextIO:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("a")
        except OSError as exc:
            raise Unavailable(f"the lock of writers, {path}, cannot be opened: {exc.strerror}") from exc
