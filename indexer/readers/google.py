"""Reads the CSV that Google's Vision API Product Search imports in bulk, as it is.

The format is published at https://cloud.google.com/vision/product-search/docs/csv-format: no header, one photo a
line, and eight columns: image-uri, image-id, product-set-id, product-id, product-category, product-display-name,
labels, bounding-poly. Cells at the end of a line may be missing. The published examples write the numbers of a
bounding poly as cells of their own, and some of them have category and display name the other way round.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from indexer.readers.delimited import MAX_RECORD_CHARS, Record, records
from indexer.readers.entry import Entry, ImageSpec, unreadable
from indexer.readers.image_names import Names, last_segment
from indexer.readers.image_values import image_source
from indexer.readers.lines import Lines
from services.errors import InvalidProduct
from services.products import MAX_IMAGES

HEADER = ("image-uri", "product-id")
FIXED_CELLS = 7
SEPARATOR = " | "
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_CATEGORY = re.compile(r"(?:homegoods|apparel|toys)(?:-v\d+)?|(?:packagedgoods|general)-v\d+")


@dataclass(frozen=True)
class _Photo:
    """What one line says: a photo, and the product it belongs to."""

    product_id: str
    attributes: dict[str, object]
    wanted: str
    source: ImageSpec


@dataclass
class _Product:
    """What consecutive lines say of one product, as if each were added on its own."""

    line: int
    id: str
    attributes: dict[str, object] = field(default_factory=dict)
    images: dict[ImageSpec, str] = field(default_factory=dict)

    def has_room_for(self, photo: _Photo) -> bool:
        """The photo is of this product, and an entry may hold one more."""
        return photo.product_id == self.id and (photo.source in self.images or len(self.images) < MAX_IMAGES)

    def add(self, photo: _Photo) -> None:
        """Take in a line. A photo that stands twice, for another region each time, is one photo."""
        self.attributes.update(photo.attributes)
        if photo.source not in self.images:
            names = Names(list(self.images.values()))
            self.images[photo.source] = names.give(photo.wanted, len(self.images) + 1)

    def entry(self) -> Entry:
        """All of it as one entry."""
        images = tuple(replace(source, name=name) for source, name in self.images.items())
        return Entry(self.line, "add", self.id, self.attributes, images)


def google_entries(file: BinaryIO, name: str) -> Iterator[Entry]:
    """Yield one entry for consecutive lines of one product, or several where it has more than MAX_IMAGES photos.

    A line's `title`, `category` and `product_set` are its display name, category and set. Its labels are attributes
    too and win over those; the values of a label that stands twice are joined. A photo is called by its image-id,
    else by the last part of its URI. Regions are passed over. A header is, too, where there is one after all.
    Raises InvalidCatalogue when the file cannot be read.
    """
    product: _Product | None = None
    with closing(Lines(file, name, MAX_RECORD_CHARS)) as lines:
        for record in records(lines, ","):
            photo = _read(record)
            if product is not None and not (isinstance(photo, _Photo) and product.has_room_for(photo)):
                yield product.entry()
                product = None
            if isinstance(photo, _Photo):
                product = product or _Product(record.line, photo.product_id)
                product.add(photo)
            elif photo is not None:
                yield photo
    if product is not None:
        yield product.entry()


def is_google_header(cells: list[str]) -> bool:
    """The line names the columns, which the format does not ask for, and some files have."""
    names = [cell.strip().lower().replace("_", "-") for cell in cells]
    return bool(names) and names[0] == HEADER[0] and HEADER[1] in names


def _read(record: Record) -> _Photo | Entry | None:
    """The photo of a line, the entry that says why it cannot be used, or None for a header."""
    if record.problem is not None:
        return unreadable(record.line, record.problem)
    if record.line == 1 and is_google_header(record.cells):
        return None
    try:
        return _photo(record.cells)
    except InvalidProduct as exc:
        return unreadable(record.line, str(exc))


def _photo(cells: list[str]) -> _Photo:
    fixed = [cell.strip() for cell in cells[:FIXED_CELLS]]
    uri, image_id, product_set, product_id, category, title, labels = fixed + [""] * (FIXED_CELLS - len(fixed))
    if not uri or not product_id:
        raise InvalidProduct("a line needs an image-uri, its first cell, and a product-id, its fourth")
    _check_region(cells[FIXED_CELLS:])
    if _CATEGORY.fullmatch(title) and not _CATEGORY.fullmatch(category):
        category, title = title, category
    own = {"title": title, "category": category, "product_set": product_set}
    attributes: dict[str, object] = {name: value for name, value in own.items() if value}
    source = replace(image_source(uri), name="")
    return _Photo(product_id, {**attributes, **_labels(labels)}, image_id or last_segment(uri), source)


def _labels(cell: str) -> dict[str, str]:
    """The labels of a cell.

    >>> _labels("color=black,style=formal,style=mens")
    {'color': 'black', 'style': 'formal | mens'}
    """
    found: dict[str, dict[str, None]] = {}
    for part in filter(None, (part.strip() for part in cell.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key:
            raise InvalidProduct(f"label {part[:80]!r} is not of the form key=value")
        if value:
            found.setdefault(key, {})[value] = None
    return {key: SEPARATOR.join(values) for key, values in found.items()}


def _check_region(cells: list[str]) -> None:
    """Numbers that are none are other columns out of place: labels that do not stand in quotes, as a rule."""
    corners = [corner for cell in cells for corner in cell.split(",") if corner.strip()]
    if any(_NUMBER.fullmatch(corner.strip()) is None for corner in corners):
        raise InvalidProduct("the bounding-poly holds what is no number; labels must stand in quotes")
