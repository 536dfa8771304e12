"""What a worker does with product ids: claim, read as they are now, embed, upsert, remove, mark."""

import time
import uuid
from collections.abc import Sequence

from indexer.rows import RowBuilder
from services.catalogue import Claims, Outcome
from services.errors import IndexMismatch, InvalidRequest, ModelError, Unavailable
from services.index import LiveIndex
from services.products import Problem, Record


class Pipeline:
    """Brings the index in line with the catalogue, product by product. One instance a worker process."""

    def __init__(self, claims: Claims, builder: RowBuilder, index: LiveIndex) -> None:
        self._claims, self._builder, self._index_live = claims, builder, index

    def run(self, product_ids: Sequence[str], max_s: float = 25.0) -> int:
        """Index those of `product_ids` that wait for it and are nobody else's; returns how many were finished.

        Products that change while this works are done again before it lets go, as long as `max_s` allows; what
        is left then is released and queued again later. Raises Unavailable, with everything released, when
        the database, the image store or Milvus is away.
        """
        worker, began, finished = uuid.uuid4().hex, time.monotonic(), 0
        waiting = list(product_ids)
        try:
            while waiting and time.monotonic() - began < max_s:
                records = self._claims.take(waiting, worker)
                waiting = self._index(records, worker) if records else []
                finished += len(records) - len(waiting)
        except (Unavailable, IndexMismatch) as exc:
            self._index_live.forget()  # the index may have been swapped and dropped under us
            self._claims.release(worker, Problem(exc.code, str(exc)), counts=False)
            raise
        except Exception as exc:
            self._claims.release(worker, Problem("interrupted", f"{type(exc).__name__}: {exc}"), counts=True)
            raise
        if waiting:
            self._claims.release(worker, Problem("busy", "it keeps changing while it is being indexed"), counts=False)
        return finished

    def _index(self, records: Sequence[Record], worker: str) -> list[str]:
        """Index claimed records; returns the ids that moved on meanwhile and need it again."""
        try:
            outcomes = self._write(records)
        except (InvalidRequest, ModelError) as exc:
            if len(records) == 1:
                problem = Problem(exc.code, str(exc))
                self._remove(records[0].product.id)
                outcomes = [Outcome(records[0].product.id, records[0].revision, indexed=False, problem=problem)]
            else:
                # One product that cannot be indexed must not hold up the others: find it by going one at a time.
                return [product_id for record in records for product_id in self._index([record], worker)]
        return self._claims.finish(worker, outcomes)

    def _write(self, records: Sequence[Record]) -> list[Outcome]:
        """Make the index hold exactly the rows of `records`."""
        store = self._index_live.store()
        existing = {row.key: row for row in store.rows_of([r.product.id for r in records], with_vectors=True)}
        built = self._builder.build(records, existing)
        # New rows before old ones go, so that a product with new photos is never out of the index between.
        store.upsert(built.rows)
        store.delete(sorted(existing.keys() - {row.key for row in built.rows}))
        return built.outcomes

    def _remove(self, product_id: str) -> None:
        """Take a product's rows away: what cannot be indexed as it is now must not be found as it was."""
        store = self._index_live.store()
        store.delete([row.key for row in store.rows_of([product_id])])
