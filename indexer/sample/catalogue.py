"""The sample catalogue as files: `catalogue.csv` and the JPEG photos that it names."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from pathlib import Path
from typing import Final

from PIL import Image

from indexer.sample.draw import Look, figure, photograph
from indexer.sample.products import SampleProduct, sample_products

__all__ = ["COLUMNS", "JPEG_QUALITY", "SampleProduct", "image_name", "render", "sample_products", "write_catalogue"]

COLUMNS: Final = (
    "id", "title", "category", "brand", "base_colour", "pattern",
    "gender", "season", "price", "in_stock", "year", "images",
)  # fmt: skip
JPEG_QUALITY: Final = 88


def render(product: SampleProduct, view: str) -> Image.Image:
    """The product as one view shows it ("front", "detail" or "styled"): RGB, 384 x 512, the same on every call."""
    look = _look_of(product)
    return photograph(figure(look), look, view)


def write_catalogue(folder: Path, seed: int = 7, *, limit: int | None = None) -> Path:
    """Draw the catalogue (or its first `limit` products) into `folder`; return the CSV's path.

    The CSV is moved into place last, so a folder that holds it, and every photo it names, is whole and left as it is.
    Anything else is drawn again.
    """
    products = sample_products(seed)[:limit]
    table = _table(products)
    target = folder / "catalogue.csv"
    if _is_complete(target, table, products):
        return target
    (folder / "images").mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)  # until the last photo is there, nothing may say that the folder is whole
    for product in products:
        _write_photos(folder, product)
    _replace(target, table)
    return target


def image_name(product: SampleProduct, view: str) -> str:
    """The photo's path inside the folder, safe on any file system whatever the product's id holds."""
    slug = re.sub(r"[^a-z0-9]+", "-", product.product_id.lower()).strip("-")
    if slug != product.product_id:
        # Two awkward ids could come to the same slug; their digests differ.
        slug += "-" + hashlib.sha256(product.product_id.encode()).hexdigest()[:8]
    return f"images/{slug}-{view}.jpg"


def _look_of(product: SampleProduct) -> Look:
    colour, pattern, category, gender = (
        str(product.attributes[name]) for name in ("base_colour", "pattern", "category", "gender")
    )
    return Look(product.product_id, category, product.style, gender, colour, pattern)


def _write_photos(folder: Path, product: SampleProduct) -> None:
    look = _look_of(product)
    subject = figure(look)
    for view in product.views:
        encoded = io.BytesIO()
        photograph(subject, look, view).save(encoded, "JPEG", quality=JPEG_QUALITY)
        _replace(folder / image_name(product, view), encoded.getvalue())


def _table(products: list[SampleProduct]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for product in products:
        images = "|".join(image_name(product, view) for view in product.views)
        cells = {name: _cell(value) for name, value in product.attributes.items()}
        writer.writerow({"id": product.product_id, **cells, "images": images})
    return text.getvalue().encode()


def _cell(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _is_complete(target: Path, table: bytes, products: list[SampleProduct]) -> bool:
    if not target.is_file() or target.read_bytes() != table:
        return False
    return all((target.parent / image_name(product, view)).is_file() for product in products for view in product.views)


def _replace(target: Path, content: bytes) -> None:
    """Write a file so that it is either whole or not there."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    partial.write_bytes(content)
    partial.replace(target)
