"""Reads a Parquet file a few rows at a time, photos in it included."""

import io
import math
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.readers.columns import Columns
from indexer.readers.entry import Entry
from indexer.readers.rows import Row, row_entries
from services.errors import InvalidCatalogue

# A value that stands once in a row group may be in each of its rows, and takes its size in each row of a batch. So a
# batch has as many rows as there are row groups in this size. Small batches cost little: one of 64 rows nothing, one
# of a single row ten microseconds.
BATCH_BYTES = 64 * 2**20
MAX_BATCH_ROWS = 64
# Products differ, and so take some bytes each; a file that claims more of them would only take up time.
MAX_ROWS_PER_BYTE = 100
# With a buffer, a column is read piece by piece; without, a whole row group of it.
BUFFER_BYTES = 64 * 1024
# What pyarrow raises for a damaged file: OSError and ValueError have subclasses of its own besides these.
UNREADABLE = (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, TypeError, MemoryError)


def parquet_entries(file: BinaryIO, name: str, columns: Columns) -> Iterator[Entry]:
    """Yield the rows of a Parquet file as entries, numbered from 1.

    Raises InvalidCatalogue for a file that is no Parquet, has two columns of one name or lacks one that is needed,
    and, naming the row, for one that is damaged further in. pyarrow unpacks whole pages, whatever their size: where
    strangers send files, the memory of the process that reads them should have a limit.
    """
    table = _opened(file, name)
    names = table.schema_arrow.names
    doubled = sorted(column for column, count in Counter(names).items() if count > 1)
    if doubled:
        raise InvalidCatalogue(f"{name}: the columns {', '.join(map(repr, doubled))[:1000]} stand in it more than once")
    columns.check(names)
    yield from row_entries(_rows(table, name), columns)


def _opened(file: BinaryIO, name: str) -> pq.ParquetFile:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    try:
        table = pq.ParquetFile(file, buffer_size=BUFFER_BYTES, pre_buffer=False)
        rows = sum(group.num_rows for group in _groups(table.metadata))
    except UNREADABLE as exc:
        raise InvalidCatalogue(f"{name}: no readable Parquet file: {_short(exc)}") from exc
    if rows > size * MAX_ROWS_PER_BYTE:
        raise InvalidCatalogue(f"{name}: claims {rows:,} rows in {size:,} bytes")
    return table


def _rows(table: pq.ParquetFile, name: str) -> Iterator[Row]:
    count = 0
    largest = max((group.total_byte_size for group in _groups(table.metadata)), default=0)
    batch_rows = max(1, min(MAX_BATCH_ROWS, BATCH_BYTES // max(largest, 1)))
    try:
        for batch in table.iter_batches(batch_rows, use_threads=False):
            for row in _batch(batch):
                count += 1
                yield Row(count, row) if isinstance(row, dict) else Row(count, problem=row)
    except UNREADABLE as exc:
        raise InvalidCatalogue(f"{name}: damaged behind row {count:,}: {_short(exc)}") from exc


def _groups(metadata: pq.FileMetaData) -> Iterator[pq.RowGroupMetaData]:
    return (metadata.row_group(index) for index in range(metadata.num_row_groups))


def _batch(batch: pa.RecordBatch) -> Iterator[dict[str, object] | str]:
    """The rows of a batch, or why one has no values."""
    columns = list(zip(batch.schema.names, batch.columns, strict=True))
    for index in range(batch.num_rows):
        try:
            yield {column: _plain(values[index].as_py()) for column, values in columns}
        except UNREADABLE as exc:
            yield f"unreadable row: {_short(exc)}"


def _plain(value: object) -> object:
    """A value as JSON would have it: moments as ISO 8601 text, decimals as numbers, and NaN as nothing."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def _short(exc: BaseException) -> str:
    return str(exc).strip().split("\n")[0][:300] or type(exc).__name__
