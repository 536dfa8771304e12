"""Reads a CSV or TSV with a header as a stream of rows, in constant memory."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.errors import InvalidCatalogue

MAX_CELL_CHARS = 1_000_000
DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}


@dataclass(frozen=True)
class TableRow:
    """One record of a table: its `line` in the file (1 is the header) and its cells by column.

    `problem` is set, and `cells` empty, when the record does not fit the header; the file goes on.
    """

    line: int
    cells: dict[str, str]
    problem: str | None = None


def read_table(path: Path) -> Iterator[TableRow]:
    """Yield the rows of the table at `path` (UTF-8, with or without a byte-order mark).

    Raises InvalidCatalogue when the file as a whole is no such table: missing, of an unknown kind, not UTF-8,
    without a header, or with two columns of one name. "NA" and empty cells arrive as they are written.
    """
    delimiter = DELIMITERS.get(path.suffix.lower())
    if delimiter is None:
        raise InvalidCatalogue(f"{path.name}: unknown kind of table; allowed are {', '.join(DELIMITERS)}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _rows(csv.reader(file, delimiter=delimiter, strict=False), path.name)
    except OSError as exc:
        raise InvalidCatalogue(f"{path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise InvalidCatalogue(f"{path.name}: not UTF-8 ({exc.reason} at byte {exc.start}); save it as UTF-8") from exc


def _rows(reader: "csv._reader", name: str) -> Iterator[TableRow]:  # type: ignore[name-defined]
    csv.field_size_limit(MAX_CELL_CHARS)
    try:
        header = _header(next(reader, []), name)
    except csv.Error as exc:
        raise InvalidCatalogue(f"{name}: the header cannot be read: {exc}") from exc
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            yield TableRow(reader.line_num, {}, f"unreadable row: {exc}")
            continue
        if not cells:
            continue  # a blank line
        if len(cells) != len(header):
            yield TableRow(reader.line_num, {}, f"{len(cells)} cells where the header has {len(header)}")
            continue
        yield TableRow(reader.line_num, dict(zip(header, cells, strict=True)))


def _header(cells: list[str], name: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    if not any(header):
        raise InvalidCatalogue(f"{name}: the first line must be a header of column names, and is empty")
    doubled = sorted(column for column, count in Counter(header).items() if count > 1)
    if doubled:
        raise InvalidCatalogue(f"{name}: the header names {', '.join(map(repr, doubled))} more than once")
    return header
