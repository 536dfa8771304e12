"""Repairs: queue what was forgotten, and compare the whole index with the catalogue."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass

from services.catalogue import Catalogue, Claims
from services.products import ImageRef, Record
from services.stores import Row, VectorStore, row_key, slug

Send = Callable[[Sequence[str]], None]
"""Puts product ids on the queue. Raises Unavailable when the broker is away."""


def sweep(claims: Claims, send: Send, room: int) -> int:
    """Queue again up to `room` products whose message seems lost; returns how many.

    `room` is what the queue can take: with a long queue there is work enough, and nothing is lost by waiting.
    Products that may end their workers are queued one by one, so that they take no others with them.
    """
    ids = claims.due(room) if room > 0 else []
    alone = claims.suspects(ids) if ids else set()
    if together := [key for key in ids if key not in alone]:
        send(together)
    for key in sorted(alone):
        send([key])
    return len(ids)


@dataclass
class Audit:
    """What a comparison of index and catalogue found, in rows (images)."""

    checked: int = 0
    missing: int = 0
    stale: int = 0
    orphaned: int = 0
    waiting: int = 0
    """Products that wait to be indexed: no difference, they are about to change."""

    @property
    def clean(self) -> bool:
        """Index and catalogue agree."""
        return not (self.missing or self.stale or self.orphaned)

    def __add__(self, other: "Audit") -> "Audit":
        """What two parts of a comparison found together."""
        return Audit(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Place:
    """How far a comparison is: all records up to an id were compared, or all of them and all rows up to a key."""

    records_done: bool = False
    after: str = ""


def audit(
    catalogue: Catalogue,
    claims: Claims,
    store: VectorStore,
    fix: bool,
    chunk: int = 500,
    send: Send | None = None,
) -> Audit:
    """Compare every row with its record, both ways, in chunks; with `fix`, have the products concerned indexed anew.

    Products that wait or are being worked on are left out: their rows are about to change. Beside live traffic a
    product may be reported that was changing just then; redoing it costs little and embeds nothing. With `send` all
    that waits or has to be done anew is queued at once, not by the next sweeps: the queue may have been wiped.
    """
    repairs = Repairs(claims, send or _nobody) if fix else None
    steps = audit_steps(catalogue, store, repairs, Place(), chunk)
    return sum((found for _, found in steps), Audit())


@dataclass(frozen=True)
class Repairs:
    """How differences are repaired: products are marked to be indexed anew, and queued."""

    claims: Claims
    send: Send


def audit_steps(
    catalogue: Catalogue, store: VectorStore, repairs: Repairs | None, place: Place, chunk: int = 500
) -> Iterator[tuple[Place, Audit]]:
    """The comparison chunk by chunk, from `place` on: after each, the place to go on from, and what the chunk had."""
    if not place.records_done:
        for records in catalogue.everything(chunk, place.after):
            yield Place(after=records[-1].product.id), _compare(records, store, repairs)
        place = Place(records_done=True)
    for rows in store.scan(chunk, place.after):
        yield Place(records_done=True, after=rows[-1].key), _look_for_orphans(rows, catalogue, repairs)


def _compare(records: Sequence[Record], store: VectorStore, repairs: Repairs | None) -> Audit:
    found = Audit()
    waiting = [record.product.id for record in records if waits(record)]
    settled = [record for record in records if record.indexed_revision >= record.revision]
    rows = {row.key: row for row in store.rows_of([record.product.id for record in settled])}
    wrong = [record.product.id for record in settled if _differs(record, rows, store, found)]
    found.waiting = len(waiting)
    if repairs and wrong:
        repairs.claims.redo(wrong)
    if repairs and (waiting or wrong):
        repairs.send(waiting + wrong)
    return found


def _look_for_orphans(rows: Sequence[Row], catalogue: Catalogue, repairs: Repairs | None) -> Audit:
    strangers = _orphans(rows, catalogue)
    if repairs and strangers:
        repairs.send(_remove(strangers, catalogue, repairs.claims))
    return Audit(orphaned=len(strangers))


def waits(record: Record) -> bool:
    """Whether a record's newest revision has yet to be indexed."""
    return max(record.indexed_revision, record.failed_revision) < record.revision


def _nobody(product_ids: Sequence[str]) -> None:
    """Queues nothing: sweeps will."""


def _differs(record: Record, rows: dict[str, Row], store: VectorStore, found: Audit) -> bool:
    if record.deleted:
        return False  # rows of deleted products are orphans, found by the scan
    before = (found.missing, found.stale)
    for image in record.product.images:
        found.checked += 1
        row = rows.get(row_key(record.product.id, image.name))
        if row is None:
            # A photo that could not be read has no row, and its product carries the problem: nothing is missing then.
            found.missing += 0 if image.name in record.image_problems else 1
        elif not _current(row, record, image, store):
            found.stale += 1
    return (found.missing, found.stale) != before


def _current(row: Row, record: Record, image: ImageRef, store: VectorStore) -> bool:
    same = row.revision == record.revision and row.content_hash == image.digest
    return same and slug(row.model) == store.name.model_slug


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


def _remove(strangers: Sequence[Row], catalogue: Catalogue, claims: Claims) -> list[str]:
    """Have workers remove rows, since only workers write: a tombstone for an unknown product, else the product anew."""
    ids = sorted({row.product_id for row in strangers})
    known = catalogue.get_many(ids)
    claims.bury([key for key in ids if key not in known])
    claims.redo([key for key in ids if key in known])
    return ids
