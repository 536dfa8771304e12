"""Rebuilds the index aside from the catalogue, then moves the alias. Any failure leaves the old one serving."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from indexer.reconcile import waits
from indexer.rows import RowBuilder
from services.catalogue import Catalogue, Claims, Locks
from services.encoders import ModelInfo
from services.errors import Conflict
from services.products import Record
from services.stores import IndexName, IndexServer, VectorStore, slug

LOCK = "rebuild"
LEASE_S = 600.0
CHUNK = 256

Report = Callable[[int, int], None]
"""Called with the products done and the products there are."""


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild made: the new index, what it replaced, its rows, products without one, and late changes."""

    name: IndexName
    replaced: IndexName | None
    rows: int
    failed: int
    requeued: int


class Rebuild:
    """Builds a new generation of the index for `model` with `builder`, whose encoder that model is."""

    def __init__(
        self,
        catalogue: Catalogue,
        claims: Claims,
        locks: Locks,
        server: IndexServer,
        builder: RowBuilder,
        model: ModelInfo,
    ) -> None:
        self._catalogue, self._claims, self._locks, self._server = catalogue, claims, locks, server
        self._builder, self._model = builder, model

    def run(self, report: Report) -> Rebuilt:
        """Build aside, move the alias, drop the old index. Raises Conflict while another rebuild is running.

        Changes that are accepted meanwhile go to the old index as ever; afterwards each of them is indexed
        once more, into the new one.
        """
        with self._locks.hold(LOCK, LEASE_S) as renew:
            began = time.time()
            live = self._server.live()
            name = self._next_name()
            store = self._server.create(name, self._model.dimensions)
            unfetched: list[str] = []
            try:
                failed = self._fill(store, report, renew, unfetched)
                rows = store.count()
                self._server.promote(name)
            except BaseException:
                self._discard(name)
                raise
            try:
                if live is not None and live != name:
                    self._server.drop(live)
            finally:
                # Once nobody can write to the old one any more.
                requeued = self._requeue(began, unfetched)
            return Rebuilt(name, live, rows, failed, requeued)

    def _requeue(self, began: float, unfetched: Sequence[str]) -> int:
        """Have what changed meanwhile indexed once more; and photos that somebody may have fetched meanwhile."""
        # Reaching back a little covers a clock that runs behind on the machine that accepted a change.
        requeued = self._claims.redo_since(began - 60)
        for start in range(0, len(unfetched), CHUNK):
            self._claims.renew(unfetched[start : start + CHUNK])
        return requeued + len(unfetched)

    def _fill(self, store: VectorStore, report: Report, renew: Callable[[], None], unfetched: list[str]) -> int:
        total, done, failed = sum(self._catalogue.counts().values()), 0, 0
        for records in self._catalogue.everything(CHUNK):
            unfetched += [record.product.id for record in records if _unfetched(record)]
            present = [record for record in records if not record.deleted]
            built = self._builder.build(present, existing={})
            store.upsert(built.rows)
            self._claims.predict(
                [new for new, old in zip(built.outcomes, present, strict=True) if new.predictions != old.predictions]
            )
            failed += sum(not outcome.indexed for outcome in built.outcomes)
            done += len(records)
            renew()
            report(done, total)
        return failed

    def _next_name(self) -> IndexName:
        """The generation after the newest; what a rebuild that died left behind is removed first."""
        live = self._server.live()
        existing = self._server.names()
        for name in existing:
            if name != live:
                self._server.drop(name)
        newest = max((name.generation for name in existing), default=0)
        return IndexName(slug(self._model.key), newest + 1)

    def _discard(self, name: IndexName) -> None:
        with suppress(Conflict):  # it went live before the failure: then it is the index
            self._server.drop(name)


def _unfetched(record: Record) -> bool:
    return waits(record) and any(not image.digest for image in record.product.images)
