"""What must hold: after every change of the catalogue, and of the index once nothing waits any more."""

from collections import Counter

import numpy as np
from convergence.photos import READABLE, digest_of
from convergence.rules import Item
from convergence.world import World
from fakes import ColourEncoder

from services.images import decode_image
from services.products import Record
from services.stores import Row


def check_catalogue(world: World, product_ids: list[str]) -> None:
    """The catalogue holds what the rules say of these products."""
    records = world.platform.catalogue.get_many(product_ids)
    for product_id in product_ids:
        item, record = world.rules.of(product_id), records.get(product_id)
        assert item.heard_of == (record is not None)
        if record is not None:
            photos = {image.name: image.url or image.digest for image in record.product.images}
            held = (dict(record.product.attributes), photos, record.version, record.deleted)
            assert held == (item.attributes, item.photos, item.version, not item.photos)
            assert list(photos) == list(item.photos), "the first photo is the main one"


def check_index(world: World) -> None:
    """The index holds exactly the rows that the rules say, and every product says so of itself."""
    store = world.platform.index.store()
    records = {record.product.id: record for chunk in world.platform.catalogue.everything(2) for record in chunk}
    scanned = Counter(row.key for chunk in store.scan(3) for row in chunk)
    rows = store.rows_of(list(records), with_vectors=True)
    assert Counter(row.key for row in rows) == scanned, "each row once, and none of a product that nobody knows"
    assert {(row.product_id, row.image, row.content_hash) for row in rows} == _expected(world)
    for row in rows:
        _check_row(world, row, records[row.product_id])
    for record in records.values():
        _check_state(world.rules.of(record.product.id), record)
    assert world.audit(fix=False).clean


def check_import(world: World) -> None:
    """Every line of the import is settled, and counted as what it was."""
    progress = world.platform.imports.progress(world.import_id)
    refusals = Counter("stale" if answer == "stale" else "refused" for answer in world.answers if answer)
    assert (progress.read, progress.queued) == (len(world.answers), 0)
    assert (progress.stale, progress.refused) == (refusals["stale"], refusals["refused"])
    assert progress.indexed + progress.skipped + progress.failed == world.answers.count(None)


def _expected(world: World) -> set[tuple[str, str, str]]:
    return {
        (product_id, name, digest_of(photo))
        for product_id, item in world.rules.items.items()
        for name, photo in item.photos.items()
        if digest_of(photo) in READABLE
    }


def _check_row(world: World, row: Row, record: Record) -> None:
    picture = decode_image(READABLE[row.content_hash], world.platform.limits)
    (vector,) = ColourEncoder().encode_images([picture])
    assert row.attributes == world.rules.of(row.product_id).attributes
    assert row.revision == record.revision
    assert row.model == ColourEncoder.model.key
    assert row.vector is not None
    assert np.allclose(row.vector, vector, atol=1e-5)


def _check_state(item: Item, record: Record) -> None:
    bad = {name for name, photo in item.photos.items() if digest_of(photo) not in READABLE}
    wanted = "deleted" if not item.photos else "failed" if len(bad) == len(item.photos) else "indexed"
    assert record.state == wanted
    assert record.image_problems.keys() == bad
    assert (record.problem is not None) == bool(bad)
    assert record.indexed_revision >= record.revision or wanted == "failed"
