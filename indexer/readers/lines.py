"""The lines of a text file of any size: decoded, numbered, and none of them longer in memory than agreed."""

import codecs
import io
import re
from typing import BinaryIO

from indexer.readers.gunzip import Gunzip
from services.errors import InvalidCatalogue

_SURROGATE = re.compile("[\ud800-\udfff]")
_SKIPPED_CHARS = 64 * 1024
_LINE_ENDS = ("\n", "\r")


class LineTooLong(InvalidCatalogue):
    """A line is longer than agreed. It was passed over, and reading goes on behind it."""


class Lines:
    """Iterates over the lines of `file` from its start, each with its line end; `number` is that of the last.

    The text is UTF-8 with or without a byte-order mark, or UTF-16 with one; a `name` that ends in `.gz` is unpacked.
    Bytes that are not UTF-8 arrive as lone surrogates, for `flaw` to find. Iterating raises LineTooLong, and
    InvalidCatalogue when the file cannot be read any further. `file` stays open.
    """

    def __init__(self, file: BinaryIO, name: str, max_chars: int) -> None:
        self.number = 0
        self.chars = 0
        self._name, self._max_chars = name, max_chars
        self._text = _opened(file, name)

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        text = self._read(self._max_chars + 1)
        if not text:
            raise StopIteration
        self.number += 1
        self.chars += len(text)
        if len(text) > self._max_chars and not text.endswith(_LINE_ENDS):
            self._skip_rest()
            raise LineTooLong(f"the line has more than {self._max_chars:,} characters")
        return text

    def close(self) -> None:
        """Let go of the file, which stays open."""
        if not self._text.closed:
            self._text.detach()

    def _skip_rest(self) -> None:
        text = "-"
        while text and not text.endswith(_LINE_ENDS):
            text = self._read(_SKIPPED_CHARS)

    def _read(self, chars: int) -> str:
        try:
            return self._text.readline(chars)
        except UnicodeDecodeError as exc:
            raise InvalidCatalogue(
                f"{self._name}: line {self.number + 1}: not {exc.encoding} ({exc.reason}); save it as UTF-8"
            ) from exc
        except OSError as exc:
            raise InvalidCatalogue(f"{self._name}: line {self.number + 1} cannot be read: {exc}") from exc


def flaw(text: str) -> str | None:
    """Why a line cannot be used, or None."""
    if "\0" in text:
        return "it holds a NUL character"
    if not text.isascii() and _SURROGATE.search(text):
        return "it holds bytes that are not UTF-8; save the file as UTF-8"
    return None


def _opened(file: BinaryIO, name: str) -> io.TextIOWrapper:
    file.seek(0)
    if name.lower().endswith(".gz"):
        unpacked = io.BufferedReader(Gunzip(file, name))
        return _decoded(unpacked, unpacked.peek(2)[:2])
    mark = file.read(2)
    file.seek(0)
    return _decoded(file, mark)


def _decoded(file: BinaryIO | io.BufferedReader, mark: bytes) -> io.TextIOWrapper:
    # An empty `newline` tells lines apart as a spreadsheet does, and leaves the line ends in place.
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return io.TextIOWrapper(file, "utf-16", "surrogatepass", newline="")
    return io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="")
