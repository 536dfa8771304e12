"""Repairs: queue what was forgotten, and compare the whole index with the catalogue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.catalogue import Catalogue, Claims
from services.products import Record
from services.stores import Row, VectorStore, row_key

Send = Callable[[Sequence[str]], None]
"""Puts product ids on the queue. Raises Unavailable when the broker is away."""


def sweep(claims: Claims, send: Send, room: int) -> int:
    """Queue again up to `room` products whose message seems lost; returns how many.

    `room` is what the queue can take: with a long queue there is work enough, and nothing is lost by waiting.
    """
    ids = claims.due(room) if room > 0 else []
    if ids:
        send(ids)
    return len(ids)


@dataclass
class Audit:
    """What a comparison of index and catalogue found, in rows (images)."""

    checked: int = 0
    missing: int = 0
    stale: int = 0
    orphaned: int = 0

    @property
    def clean(self) -> bool:
        """Index and catalogue agree."""
        return not (self.missing or self.stale or self.orphaned)


def audit(catalogue: Catalogue, claims: Claims, store: VectorStore, fix: bool, chunk: int = 500) -> Audit:
    """Compare every row with its record, both ways, in chunks; with `fix`, have the products concerned indexed anew.

    Products that wait or are being worked on are left out: their rows are about to change. Beside live traffic a
    product may be reported that was changing just then; redoing it costs little and embeds nothing.
    """
    found = Audit()
    for records in catalogue.everything(chunk):
        settled = [record for record in records if record.indexed_revision >= record.revision]
        rows = {row.key: row for row in store.rows_of([record.product.id for record in settled])}
        wrong = [record.product.id for record in settled if _differs(record, rows, found)]
        if fix and wrong:
            claims.redo(wrong)
    for chunk_of_rows in store.scan(chunk):
        strangers = _orphans(chunk_of_rows, catalogue)
        found.orphaned += len(strangers)
        if fix and strangers:
            _remove(strangers, catalogue, claims)
    return found


def _differs(record: Record, rows: dict[str, Row], found: Audit) -> bool:
    if record.deleted:
        return False  # rows of deleted products are orphans, found by the scan
    before = (found.missing, found.stale)
    # An image that could not be read has no row, and its product carries the problem: nothing is missing then.
    tolerated = record.problem is not None
    for image in record.product.images:
        found.checked += 1
        row = rows.get(row_key(record.product.id, image.name))
        if row is None:
            found.missing += 0 if tolerated else 1
        elif row.revision != record.revision or row.content_hash != image.digest:
            found.stale += 1
    return (found.missing, found.stale) != before


def _orphans(rows: Sequence[Row], catalogue: Catalogue) -> list[Row]:
    """Rows whose product is unknown or deleted, or no longer has that image."""
    records = catalogue.get_many(sorted({row.product_id for row in rows}))
    return [row for row in rows if not _belongs(row, records.get(row.product_id))]


def _belongs(row: Row, record: Record | None) -> bool:
    if record is None:
        return False
    if record.indexed_revision < record.revision:
        return True  # about to change anyway
    return not record.deleted and any(image.name == row.image for image in record.product.images)


def _remove(strangers: Sequence[Row], catalogue: Catalogue, claims: Claims) -> None:
    """Have workers remove rows, since only workers write: a tombstone for an unknown product, else the product anew."""
    ids = sorted({row.product_id for row in strangers})
    known = catalogue.get_many(ids)
    claims.bury([key for key in ids if key not in known])
    claims.redo([key for key in ids if key in known])
