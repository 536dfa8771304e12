"""Reads a catalogue file into the catalogue, chunk by chunk, and queues what changed."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from indexer.readers import ImageSource, TableRow, open_images, read_table
from indexer.reconcile import Send
from services.bootstrap import Platform
from services.catalogue import Line
from services.errors import BadImage, InvalidCatalogue, InvalidProduct, LookalikeError, NotFound, Unavailable
from services.products import MAX_IMAGES, ImageRef, Problem, Product, checked_attributes, checked_id, checked_image_name

log = logging.getLogger(__name__)

IMAGE_COLUMNS = ("images", "image")
SEPARATOR = "|"


@dataclass(frozen=True)
class Columns:
    """Which columns of a table mean what: `mapping` gives a target (`id`, `image`, an attribute) its column.

    Every other column becomes an attribute of its own name. Several images stand in one cell, separated by `|`.
    """

    mapping: Mapping[str, str]

    def check(self, row: TableRow) -> None:
        """Raise InvalidCatalogue unless the table has the columns needed."""
        needed = [self.id_column, self.image_column(row), *self.mapping.values()]
        absent = [column for column in dict.fromkeys(needed) if column not in row.cells]
        if absent:
            raise InvalidCatalogue(
                f"the table has no column {', '.join(map(repr, absent))}; it has {', '.join(row.cells)}. "
                "Name yours with --map id=COLUMN or --map image=COLUMN"
            )

    @property
    def id_column(self) -> str:
        """Where a product's id stands."""
        return self.mapping.get("id", "id")

    def image_column(self, row: TableRow) -> str:
        """Where the names of a product's photos stand."""
        for name in IMAGE_COLUMNS:
            if name in self.mapping:
                return self.mapping[name]
        return next((name for name in IMAGE_COLUMNS if name in row.cells), "image")

    def attributes(self, row: TableRow) -> dict[str, object]:
        """The attributes of a row; an empty cell is no attribute."""
        structural = {self.id_column, self.image_column(row)}
        cells = {name: cell for name, cell in row.cells.items() if name and name not in structural}
        mapped = {
            name: row.cells[column] for name, column in self.mapping.items() if name not in ("id", *IMAGE_COLUMNS)
        }
        return {name: cell for name, cell in {**cells, **mapped}.items() if cell.strip()}


class Ingest:
    """Feeds one table through the catalogue and the queue."""

    def __init__(self, platform: Platform, send: Send, columns: Columns) -> None:
        self._platform, self._send, self._columns = platform, send, columns

    def run(self, table: Path, images: Path, limit: int | None, report: Callable[[str, int], None]) -> str:
        """Read `table` and its photos; returns the import's id. `report` gets that id, and the lines read so far.

        A line that cannot be used is noted with its problem, and never stops the file. When the queue is away
        the products are accepted all the same, and queued by the next sweep after it returns.
        Raises InvalidCatalogue for a table or images that cannot be opened, Unavailable when the database or
        the image store is away.
        """
        source = open_images(images, self._platform.limits.max_bytes)
        rows = islice(read_table(table), limit)
        first = next(rows, None)
        if first is None:
            raise InvalidCatalogue(f"{table.name}: no rows below the header")
        if first.problem is None:
            self._columns.check(first)
        import_id = self._platform.imports.begin(str(table))
        read = 0
        for chunk in _chunks(_chain(first, rows), self._platform.settings.chunk_size):
            self._accept(import_id, chunk, source)
            read += len(chunk)
            report(import_id, read)
        self._platform.imports.complete(import_id)
        return import_id

    def _accept(self, import_id: str, chunk: Sequence[TableRow], source: ImageSource) -> None:
        products: dict[int, Product] = {}
        lines: list[Line] = []
        for row in chunk:
            try:
                products[row.line] = self._product(row, source)
            except (InvalidProduct, BadImage, NotFound) as exc:
                lines.append(_refused(row, exc, self._columns))
        accepted = {done.product_id: done for done in self._platform.catalogue.put(list(products.values()))}
        lines += [Line(number, p.id, accepted[p.id].revision) for number, p in products.items()]
        self._platform.imports.add(import_id, lines)
        changed = [done.product_id for done in accepted.values() if done.changed]
        try:
            self._send(changed)
        except Unavailable as exc:
            log.warning("%s; the products are accepted and will be queued later", exc)

    def _product(self, row: TableRow, source: ImageSource) -> Product:
        if row.problem is not None:
            raise InvalidProduct(row.problem)
        product_id = checked_id(row.cells[self._columns.id_column])
        attributes = checked_attributes(self._columns.attributes(row), self._platform.settings.fields)
        names = [name.strip() for name in row.cells[self._columns.image_column(row)].split(SEPARATOR)]
        names = [checked_image_name(name) for name in dict.fromkeys(names) if name]
        if not 1 <= len(names) <= MAX_IMAGES:
            raise InvalidProduct(f"{len(names)} images; a product has 1 to {MAX_IMAGES}")
        images = tuple(ImageRef(name, self._platform.images.add(source.read(name))) for name in names)
        return Product(product_id, attributes, images)


def _refused(row: TableRow, exc: LookalikeError, columns: Columns) -> Line:
    product_id = row.cells.get(columns.id_column, "")[:200].replace("\0", "\ufffd") or None
    return Line(row.line, product_id, problem=Problem(exc.code, str(exc)[:1000]))


def _chain(first: TableRow, rest: Iterator[TableRow]) -> Iterator[TableRow]:
    yield first
    yield from rest


def _chunks(rows: Iterator[TableRow], size: int) -> Iterator[list[TableRow]]:
    while chunk := list(islice(rows, size)):
        yield chunk
