"""Reads delimited text as a stream of records, each with its cells; damage costs the rows it is in, and no more."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field

from indexer.readers.lines import Lines, LineTooLong, flaw

MAX_CELL_CHARS = 1_000_000
MAX_RECORD_CHARS = 4 * 2**20

# Follows the last line. Where a quote is still open by then, it ends up in the last cell.
_END = "\0"


@dataclass(frozen=True)
class Record:
    """The cells of one record, which begins in `line`. There are none where there is a `problem`."""

    line: int
    cells: list[str] = field(default_factory=list)
    problem: str | None = None


def records(lines: Lines, delimiter: str) -> Iterator[Record]:
    """Yield the records of `lines`, without the blank ones.

    A record that cannot be used has a problem: a cell or record that is too long, a NUL character, bytes that are
    not UTF-8, a quote that is never closed. Such a quote may take other rows with it, at most MAX_CELL_CHARS, and
    the problem names them. Raises InvalidCatalogue when the file cannot be read any further.
    """
    csv.field_size_limit(MAX_CELL_CHARS)
    source = _Source(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=False)
    while True:
        source.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, LineTooLong) as exc:
            yield Record(source.line, problem=f"unreadable row: {exc}{source.extent()}")
            continue
        if source.ended and cells == [_END]:
            return
        if source.ended:
            yield Record(source.line, problem=f"unreadable row: a quote is opened and never closed{source.extent()}")
        elif source.flaw:
            yield Record(source.line, problem=f"unreadable row: {source.flaw}")
        elif cells:
            yield Record(source.line, cells)


class _Source:
    """Feeds lines to the CSV reader, and watches over the record that it makes of them.

    An error raised here passes through the reader, which then begins a new record with the next line.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.ended = False
        self.begin()

    def begin(self) -> None:
        """A new record begins with the next line."""
        self.line = self._lines.number + 1
        self.flaw: str | None = None
        self._chars = 0

    def extent(self) -> str:
        """Words for the lines that the record takes up, where there are several."""
        last = self._lines.number
        return f" (lines {self.line} to {last} are lost)" if last > self.line else ""

    def __iter__(self) -> "_Source":
        return self

    def __next__(self) -> str:
        if self.ended:
            raise StopIteration
        try:
            text = next(self._lines)
        except StopIteration:
            self.ended = True
            return _END
        self.flaw = self.flaw or flaw(text)
        self._chars += len(text)
        if self._chars > MAX_RECORD_CHARS:
            raise LineTooLong(f"the row has more than {MAX_RECORD_CHARS:,} characters")
        return text
