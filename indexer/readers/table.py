"""Reads a CSV or TSV with a header as a stream of rows, in constant memory."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from indexer.readers.columns import Columns
from indexer.readers.delimited import MAX_RECORD_CHARS, Record, records
from indexer.readers.entry import Entry
from indexer.readers.lines import Lines
from indexer.readers.rows import row_entries
from services.errors import InvalidCatalogue

DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
MAX_COLUMNS = 10_000


@dataclass(frozen=True)
class TableRow:
    """One record of a table: its first `line` in the file (1 is the header) and its cells by column.

    `problem` is set, and `cells` empty, when the record cannot be read or does not fit the header; the file goes on.
    """

    line: int
    cells: dict[str, str]
    problem: str | None = None


def read_table(path: Path) -> Iterator[TableRow]:
    """Yield the rows of the table at `path` (UTF-8 with or without a byte-order mark, or UTF-16 with one).

    Raises InvalidCatalogue when the file as a whole is no such table: missing, of an unknown kind, not text,
    without a header, or with two columns of one name. "NA" and empty cells arrive as they are written.
    """
    delimiter = DELIMITERS.get(path.suffix.lower())
    if delimiter is None:
        raise InvalidCatalogue(f"{path.name}: unknown kind of table; allowed are {', '.join(DELIMITERS)}")
    try:
        file = path.open("rb")
    except OSError as exc:
        raise InvalidCatalogue(f"{path}: {exc.strerror or exc}") from exc
    with file, closing(Lines(file, path.name, MAX_RECORD_CHARS)) as lines:
        found = records(lines, delimiter)
        yield from _rows(found, _header(found, path.name))


def table_entries(file: BinaryIO, name: str, columns: Columns, delimiter: str) -> Iterator[Entry]:
    """Yield the rows of a table as entries. Raises InvalidCatalogue, as `read_table`, and for missing columns."""
    with closing(Lines(file, name, MAX_RECORD_CHARS)) as lines:
        found = records(lines, delimiter)
        header = _header(found, name)
        columns.check(header)
        yield from row_entries(_rows(found, header), columns)


def _rows(found: Iterator[Record], header: list[str]) -> Iterator[TableRow]:
    for record in found:
        if record.problem is not None:
            yield TableRow(record.line, {}, record.problem)
        elif len(record.cells) != len(header):
            yield TableRow(record.line, {}, f"{len(record.cells)} cells where the header has {len(header)}")
        else:
            yield TableRow(record.line, dict(zip(header, record.cells, strict=True)))


def _header(found: Iterator[Record], name: str) -> list[str]:
    record = next(found, Record(1))
    if record.problem is not None:
        raise InvalidCatalogue(f"{name}: the header cannot be read: {record.problem}")
    header = [cell.strip() for cell in record.cells]
    if not any(header):
        raise InvalidCatalogue(f"{name}: the first line must be a header of column names, and is empty")
    if len(header) > MAX_COLUMNS:
        raise InvalidCatalogue(f"{name}: {len(header):,} columns; at most {MAX_COLUMNS:,} are allowed")
    # Columns without a name stand at the end of many a spreadsheet's export, and are left out later.
    doubled = sorted(column for column, count in Counter(filter(None, header)).items() if count > 1)
    if doubled:
        raise InvalidCatalogue(f"{name}: the header names {', '.join(map(repr, doubled))[:1000]} more than once")
    return header
