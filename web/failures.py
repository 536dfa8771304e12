"""Failures, tried again or given up: what the API and the command share. Works through them in chunks."""

from collections.abc import Iterable
from contextlib import suppress

from indexer.messages import accept_again
from services.bootstrap import Platform
from services.catalogue import Delete
from services.errors import Unavailable
from workers.queue import WorkQueue


def retry_products(platform: Platform, queue: WorkQueue, chunks: Iterable[list[str]]) -> int:
    """Have failed products wait for work again; returns how many."""
    number = 0
    for chunk in chunks:
        number += len(ids := platform.failures.retry(chunk))
        _send(queue, ids)
    return number


def drop_products(platform: Platform, queue: WorkQueue, chunks: Iterable[list[str]]) -> int:
    """Delete failed products; returns how many. One that has not failed is left alone."""
    number = 0
    for chunk in chunks:
        failed = [
            record.product.id for record in platform.catalogue.get_many(chunk).values() if record.state == "failed"
        ]
        platform.catalogue.write([Delete(key) for key in failed])
        _send(queue, failed)
        number += len(failed)
    return number


def retry_messages(platform: Platform, queue: WorkQueue, chunks: Iterable[list[str]]) -> int:
    """Accept refused messages after all, where they can be; returns how many were."""
    number = 0
    for chunk in chunks:
        again = accept_again(platform, chunk)
        _send(queue, again.changed)
        number += again.accepted
    return number


def drop_messages(platform: Platform, chunks: Iterable[list[str]]) -> int:
    """Forget refused messages; returns how many."""
    return sum(platform.refused.drop(chunk) for chunk in chunks)


def _send(queue: WorkQueue, ids: list[str]) -> None:
    with suppress(Unavailable):  # a sweep queues them once the broker is back
        queue.send(ids)
