"""A catalogue goes through the real queue: nothing lost, nothing doubled, whatever dies."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from components import wait_for

from indexer.local_import import LocalFile
from indexer.rebuild import Rebuild
from indexer.reconcile import audit
from indexer.rows import RowBuilder
from indexer.sample import write_catalogue
from services.search import Query, TextPart

PRODUCTS = 60


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty products of the sample catalogue."""
    return write_catalogue(tmp_path_factory.mktemp("sample"), limit=PRODUCTS)


def feed(shop, table: Path) -> str:
    file = LocalFile(table, str(table.parent))
    import_id = file.begin(shop.platform)
    file.run(shop.platform, shop.queue.send, import_id, lambda _: None)
    return import_id


def index_of(shop) -> Counter:
    """How often each (product, image) stands in the index."""
    store = shop.platform.index.store()
    return Counter((row.product_id, row.image) for chunk in store.scan() for row in chunk)


def catalogue_of(shop) -> set:
    """The (product, image) pairs that the index should hold."""
    return {
        (record.product.id, image.name)
        for chunk in shop.platform.catalogue.everything(500)
        for record in chunk
        if not record.deleted
        for image in record.product.images
    }


def assert_exact(shop) -> None:
    """The index holds what the catalogue says, each row once."""
    found = index_of(shop)
    assert set(found) == catalogue_of(shop)
    assert set(found.values()) == {1}
    assert audit(shop.platform.catalogue, shop.platform.claims, shop.platform.index.store(), fix=False).clean


def test_an_import_is_indexed_whole(open_shop, table: Path) -> None:
    shop = open_shop()
    shop.start("worker")
    import_id = feed(shop, table)
    wait_for("the import", lambda: shop.platform.imports.progress(import_id).settled, 120)
    progress = shop.platform.imports.progress(import_id)
    assert (progress.read, progress.indexed, progress.failed, progress.refused) == (PRODUCTS, PRODUCTS, 0, 0)
    assert_exact(shop)
    shop.platform.catalogue.delete("sho 002 (new)")
    shop.queue.send(["sho 002 (new)"])
    wait_for("the delete", lambda: shop.platform.catalogue.counts()["deleted"] == 1 and index_of(shop) and exact(shop))


def exact(shop) -> bool:
    found = index_of(shop)
    return set(found) == catalogue_of(shop) and set(found.values()) == {1}


def test_a_worker_killed_in_the_middle_costs_nothing(open_shop, table: Path) -> None:
    """SIGKILL of the main process: its child, its messages and its claims are left in the air."""
    shop = open_shop()
    shop.start("beat")
    worker = shop.start("worker")
    feed(shop, table)
    wait_for("some work done", lambda: 0 < shop.platform.catalogue.counts()["indexed"] < PRODUCTS, 120)
    worker.kill()
    assert shop.platform.catalogue.counts()["queued"] > 0, "it was killed in the middle"
    shop.start("worker")
    wait_for("the rest", lambda: shop.settled(PRODUCTS), 90)
    assert_exact(shop)


def test_a_wiped_queue_is_filled_again(open_shop, table: Path) -> None:
    shop = open_shop()
    shop.queue.send(["nothing"])
    import_id = feed(shop, table)
    with shop.queue._app.connection_for_write() as connection, connection.channel() as channel:
        channel.client.flushdb()
    shop.start("beat")
    shop.start("worker")
    wait_for("the import", lambda: shop.platform.imports.progress(import_id).settled, 120)
    assert_exact(shop)


def test_a_dropped_index_is_restored_by_reconcile(open_shop, table: Path) -> None:
    shop = open_shop(audit_interval_s=3.0)
    shop.start("beat")
    shop.start("worker")
    import_id = feed(shop, table)
    wait_for("the import", lambda: shop.platform.imports.progress(import_id).settled, 120)
    store = shop.platform.index.store()
    store.delete([row.key for chunk in store.scan() for row in chunk])
    assert store.count() == 0
    wait_for("the index to come back", lambda: exact(shop), 60)


def test_a_rebuild_beside_live_traffic_loses_nothing(open_shop, table: Path) -> None:
    shop = open_shop()
    shop.start("beat")
    shop.start("worker")
    import_id = feed(shop, table)
    wait_for("the import", lambda: shop.platform.imports.progress(import_id).settled, 120)
    before = shop.platform.search.run(Query(texts=[TextPart("red dress")], limit=60))
    changed, gone = (hit.record.product for hit in before.hits[:2])

    def meanwhile(done: int, total: int) -> None:
        shop.platform.catalogue.put([replace(changed, attributes={**changed.attributes, "title": "changed"})])
        shop.platform.catalogue.delete(gone.id)
        shop.queue.send([changed.id, gone.id])

    platform = shop.platform
    builder = RowBuilder(platform.encoder, platform.images, platform.limits)
    server, model = platform.indexes, platform.encoder.model
    rebuilt = Rebuild(platform.catalogue, platform.claims, platform.locks, server, builder, model).run(meanwhile)
    assert (rebuilt.name.generation, server.names()) == (2, [rebuilt.name])
    platform.index.forget()
    # A delete that waits is in no count of what is queued: the index itself has to show it.
    wait_for("what changed meanwhile", lambda: shop.settled(PRODUCTS - 1) and exact(shop), 60)
    assert_exact(shop)
    after = platform.search.run(Query(texts=[TextPart("red dress")], limit=60))
    assert after.index.generation == 2
    assert {hit.record.product.id for hit in after.hits} == {h.record.product.id for h in before.hits} - {gone.id}


def test_work_is_accepted_while_the_queue_is_away(open_shop, table: Path) -> None:
    shop = open_shop(redis_url="redis://127.0.0.1:1/0")
    import_id = feed(shop, table)
    progress = shop.platform.imports.progress(import_id)
    assert (progress.read, progress.queued, progress.complete) == (PRODUCTS, PRODUCTS, True)
