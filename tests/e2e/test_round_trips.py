"""What the queue costs: round trips to Redis, of producer and worker together."""

import csv
from pathlib import Path

import redis
from components import wait_for

from indexer.local_import import LocalFile
from indexer.sample import write_catalogue
from services.settings import Settings

PRODUCTS = 640


def large_table(folder: Path) -> Path:
    """Many products, of one photo."""
    small = write_catalogue(folder, limit=1)
    with small.open(newline="") as file:
        (row,) = csv.DictReader(file)
    table = folder / "many.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerows({**row, "id": f"p{number}"} for number in range(PRODUCTS))
    return table


def test_an_import_costs_a_twentieth_of_a_round_trip_a_product(open_shop, tmp_path: Path) -> None:
    """At the chunk size that is the default: a message costs four, to put it, take it, note it and be done with it."""
    chunk = Settings.model_fields["chunk_size"].default
    usual = {"task_time_limit_s": 30.0, "lease_s": 40.0, "visibility_timeout_s": 45.0}
    shop = open_shop(chunk_size=chunk, **usual)
    worker = shop.start("worker")
    queue, wire = shop.queue, redis.Redis.from_url(shop.settings.redis)
    # Connections are made once, whatever follows.
    queue.send(["nothing"])
    wait_for("the worker", lambda: worker.said("0 of 1 products"), 120)

    file = LocalFile(large_table(tmp_path), str(tmp_path))
    before = wire.info("stats")["total_reads_processed"]
    import_id = file.begin(shop.platform)
    file.run(shop.platform, queue.send, import_id, lambda _: None)
    wait_for("the import", lambda: shop.platform.imports.progress(import_id).settled, 120)
    reads = wire.info("stats")["total_reads_processed"] - before - 1

    assert shop.platform.imports.progress(import_id).indexed == PRODUCTS
    assert reads >= 3 * PRODUCTS / chunk, "it was counted"
    assert reads / PRODUCTS <= 0.05
