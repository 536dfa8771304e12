"""What a worker does with product ids: claim, read as they are now, embed, upsert, remove, mark."""

import time
import uuid
from collections.abc import Sequence

from indexer.fetching import Fetched, PhotoFetcher
from indexer.rows import RowBuilder
from services.catalogue import Claims, Outcome
from services.errors import IndexMismatch, InvalidRequest, ModelError, Unavailable
from services.index import LiveIndex
from services.products import Problem, Record


class Pipeline:
    """Brings the index in line with the catalogue, product by product. One instance a worker process."""

    def __init__(
        self,
        claims: Claims,
        builder: RowBuilder,
        index: LiveIndex,
        photos: PhotoFetcher | None = None,
        gather: int = 0,
    ) -> None:
        """Without `photos` no URL is fetched. With `gather`, a message of fewer products takes others along."""
        self._claims, self._builder, self._index_live = claims, builder, index
        self._photos, self._gather = photos, gather

    def run(self, product_ids: Sequence[str], max_s: float = 25.0) -> int:
        """Index those of `product_ids` that wait for it and are nobody else's; returns how many were finished.

        Products that change while this works are done again before it lets go, as long as `max_s` allows; what
        is left then is released and queued again later. Raises Unavailable, with everything released, when
        the database, the image store or Milvus is away.
        """
        worker, until, finished = uuid.uuid4().hex, time.monotonic() + max_s, 0
        waiting, extra = list(product_ids), max(self._gather - len(product_ids), 0)
        records: list[Record] = []
        try:
            while waiting and time.monotonic() < until:
                records = self._claims.take(waiting, worker, extra)
                waiting, extra = self._index(records, worker, until) if records else [], 0
                finished += len(records) - len(waiting)
        except (Unavailable, IndexMismatch) as exc:
            self._index_live.forget()  # the index may have been swapped and dropped under us
            self._claims.release(worker, Problem(exc.code, str(exc)), counts=False, unfinished=records)
            raise
        except Exception as exc:
            problem = Problem("interrupted", f"{type(exc).__name__}: {exc}")
            self._claims.release(worker, problem, counts=True, unfinished=records)
            raise
        if waiting:
            self._claims.release(worker, Problem("busy", "it keeps changing while it is being indexed"), counts=False)
        return finished

    def _index(self, records: Sequence[Record], worker: str, until: float) -> list[str]:
        """Index claimed records; returns the ids that moved on meanwhile and need it again."""
        try:
            outcomes = self._write(records, until)
        except (InvalidRequest, ModelError) as exc:
            if len(records) == 1:
                problem = Problem(exc.code, str(exc))
                self._remove(records[0].product.id)
                outcomes = [Outcome(records[0].product.id, records[0].revision, indexed=False, problem=problem)]
            else:
                # One product that cannot be indexed must not hold up the others: find it by going one at a time.
                return [product_id for record in records for product_id in self._index([record], worker, until)]
        return self._claims.finish(worker, outcomes)

    def _write(self, records: Sequence[Record], until: float) -> list[Outcome]:
        """Make the index hold exactly the rows of `records`."""
        fetched = self._photos.fetch(records, until) if self._photos else Fetched()
        records = [fetched.complete(record) for record in records]
        store = self._index_live.store()
        existing = {row.key: row for row in store.rows_of([r.product.id for r in records], with_vectors=True)}
        built = self._builder.build(records, existing, fetched)
        # New rows before old ones go, so that a product with new photos is never out of the index between.
        store.upsert(built.rows)
        store.delete(sorted(existing.keys() - {row.key for row in built.rows} - built.kept))
        return built.outcomes

    def _remove(self, product_id: str) -> None:
        """Take a product's rows away: what cannot be indexed as it is now must not be found as it was."""
        store = self._index_live.store()
        store.delete([row.key for row in store.rows_of([product_id])])
