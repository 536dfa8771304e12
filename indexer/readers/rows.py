"""Rows of any table as entries: the same rules for CSV, TSV, JSONL and Parquet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from indexer.readers.columns import Columns
from indexer.readers.entry import Entry, plain_id, unreadable
from indexer.readers.image_values import image_specs
from services.errors import InvalidProduct
from services.products import Problem


class RowLike(Protocol):
    """A row: its line, and its values by column, or why it has none."""

    @property
    def line(self) -> int:
        """Where it stands."""
        ...

    @property
    def cells(self) -> Mapping[str, object]:
        """Its values."""
        ...

    @property
    def problem(self) -> str | None:
        """Why it cannot be read."""
        ...


@dataclass(frozen=True)
class Row:
    """A row whose values have types; there are none where there is a `problem`."""

    line: int
    cells: Mapping[str, object] = field(default_factory=dict)
    problem: str | None = None


def row_entries(rows: Iterable[RowLike], columns: Columns) -> Iterator[Entry]:
    """Each row as an entry that puts its product, or says why it cannot."""
    for row in rows:
        yield unreadable(row.line, row.problem) if row.problem is not None else _entry(row, columns)


def _entry(row: RowLike, columns: Columns) -> Entry:
    product_id = plain_id(row.cells.get(columns.id_column))
    if product_id is None:
        return unreadable(row.line, f"no {columns.id_column!r}")
    try:
        images = image_specs(row.cells.get(columns.image_column(row.cells)))
    except InvalidProduct as exc:
        return Entry(row.line, "put", product_id, problem=Problem(exc.code, str(exc)))
    return Entry(row.line, "put", product_id, columns.attributes(row.cells), images)
