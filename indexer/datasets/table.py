"""A data set from any table with a header, read by the reader that ingestion uses, and a folder or zip of photos."""

from collections.abc import Sequence
from pathlib import Path

from indexer.datasets.dataset import SPLIT_NAMES, TRAIN, Dataset, Example, chosen_fields
from indexer.datasets.photos import open_photos
from indexer.readers import read_table
from services.errors import InvalidCatalogue

USUAL_LABELS = ("article_type", "sub_category", "base_colour", "gender")
FALLBACK_LABELS = ("category",)


def table_dataset(
    table: Path,
    images: Path,
    label_fields: Sequence[str] = (),
    title_column: str = "title",
    image_column: str = "image",
    split_column: str = "split",
) -> Dataset:
    """The rows of `table` by their `split_column`; a table without that column is all `train`.

    Without `label_fields`, those of USUAL_LABELS that are columns are the labels, else `category`. Rows that the
    reader refuses, and rows whose split is empty, are left out. A table without the title column has no titles.
    Raises InvalidCatalogue for a column that is not there, a table without rows, and photos that cannot be opened.
    """
    examples: dict[str, list[Example]] = {}
    columns: list[str] = []
    problem = ""
    for row in read_table(table):
        if row.problem is not None:
            problem = problem or f"; line {row.line}: {row.problem}"
            continue
        columns = columns or list(row.cells)
        example = Example(row.cells.get(image_column, ""), row.cells.get(title_column, ""), row.cells)
        if split := row.cells.get(split_column, TRAIN):
            examples.setdefault(SPLIT_NAMES.get(split, split), []).append(example)
    if not columns:
        raise InvalidCatalogue(f"{table.name}: no rows{problem}")
    if not examples:
        raise InvalidCatalogue(f"{table.name}: column {split_column!r} is empty in every row")
    chosen_fields(table.name, [image_column], columns, ())
    labels = chosen_fields(table.name, label_fields or default_labels(columns), columns, ())
    return Dataset(table.resolve().parent.name or table.stem, labels, examples, open_photos(images))


def default_labels(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that are taken as labels when none are named.

    >>> default_labels(["id", "gender", "article_type"])
    ('article_type', 'gender')
    """
    return tuple(field for field in USUAL_LABELS if field in columns) or FALLBACK_LABELS
