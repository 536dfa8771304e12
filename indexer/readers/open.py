"""Opens a catalogue file of any kind as a stream of entries."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import PurePosixPath
from typing import BinaryIO

from indexer.readers.alibaba import SPELLINGS, alibaba_entries
from indexer.readers.columns import Columns
from indexer.readers.delimited import MAX_RECORD_CHARS, records
from indexer.readers.entry import Entry
from indexer.readers.google import google_entries, is_google_header
from indexer.readers.jsonl import MAX_LINE_CHARS, json_entries, json_rows
from indexer.readers.lines import Lines
from indexer.readers.table import table_entries
from services.errors import InvalidCatalogue

KINDS = ("csv", "tsv", "jsonl", "parquet", "google", "alibaba")
OF_ENDING = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".meta": "alibaba",
}
# The fewest cells that a line of Google's can have: up to product-category, its last column that is not optional.
GOOGLE_CELLS = 5


def open_catalogue(file: BinaryIO, name: str, columns: Columns, kind: str | None = None) -> Iterator[Entry]:
    """Yield the entries of `file`, which is open, can be rewound, and is called `name`.

    Without a `kind`, one of KINDS, the name's ending tells it, and the first line whether it is one of Google's or
    Alibaba's; a mapping of columns says that it is neither. A row that cannot be used is an entry with a problem.
    Raises InvalidCatalogue at once for an unknown kind; and while the entries are read, for a file that cannot be
    used as a whole, or not any further.
    """
    kind = kind or catalogue_kind(file, name, columns)
    if kind not in KINDS:
        raise InvalidCatalogue(f"{name}: {kind!r} is no kind of catalogue; allowed are {', '.join(KINDS)}")
    if kind in ("google", "alibaba") and columns.mapping:
        raise InvalidCatalogue(f"{name}: a file of kind {kind} has columns of its own, and takes no --map")
    match kind:
        case "csv" | "tsv":
            return table_entries(file, name, columns, "," if kind == "csv" else "\t")
        case "jsonl":
            return json_entries(file, name, columns)
        case "google":
            return google_entries(file, name)
        case "alibaba":
            return alibaba_entries(file, name)
    from indexer.readers.parquet import parquet_entries  # pyarrow takes its time to load

    return parquet_entries(file, name, columns)


def catalogue_kind(file: BinaryIO, name: str, columns: Columns) -> str:
    """Which of KINDS a file is. Raises InvalidCatalogue when its name does not tell."""
    path = PurePosixPath(name.lower())
    ending = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    kind = OF_ENDING.get(ending)
    if kind is None or (kind == "parquet" and path.suffix == ".gz"):
        raise InvalidCatalogue(
            f"{name}: unknown kind of catalogue; known are {', '.join(OF_ENDING)}, text also with .gz behind it. "
            f"Rename it, or say that it is one of {', '.join(KINDS)}"
        )
    if kind == "csv" and not columns.mapping and _is_google(file, name):
        return "google"
    if kind == "jsonl" and not columns.mapping and _is_alibaba(file, name):
        return "alibaba"
    return kind


def _is_google(file: BinaryIO, name: str) -> bool:
    """No header begins with the URI of a photo in Google's cloud."""
    with closing(Lines(file, name, MAX_RECORD_CHARS)) as lines:
        first = next(records(lines, ","), None)
    if first is None or len(first.cells) < GOOGLE_CELLS:
        return False
    return first.cells[0].strip().lower().startswith("gs://") or is_google_header(first.cells)


def _is_alibaba(file: BinaryIO, name: str) -> bool:
    with closing(Lines(file, name, MAX_LINE_CHARS)) as lines:
        first = next(json_rows(lines), None)
    return first is not None and any(keys <= first.cells.keys() for keys in SPELLINGS)
