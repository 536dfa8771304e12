"""The live index of one model: found through the alias, made when there is none, refused when another model's."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from services.deadline import Deadline
from services.encoders.protocol import ModelInfo
from services.errors import Conflict, DeadlineExceeded, IndexMismatch
from services.stores.protocol import IndexName, IndexServer, VectorStore, slug

FRESH_S = 1.0


class LiveIndex:
    """Resolves which index is live, at most once in FRESH_S, so that a swap reaches every process within that."""

    def __init__(self, server: IndexServer, model: ModelInfo, clock: Callable[[], float] = time.monotonic) -> None:
        self._server, self._model, self._clock = server, model, clock
        self._lock = threading.Lock()
        self._store: VectorStore | None = None
        self._resolved_at = 0.0

    def store(self, deadline: Deadline | None = None) -> VectorStore:
        """The live index.

        Raises IndexMismatch when another model built it, Unavailable when Milvus is away, DeadlineExceeded when the
        time is over, also while another thread asks.
        """
        if not self._lock.acquire(timeout=deadline.left_s() if deadline else -1):
            raise DeadlineExceeded("Milvus did not say in time which index is live; ask again")
        try:
            now = self._clock()
            if self._store is None or now - self._resolved_at > FRESH_S:
                self._store = self._resolved(deadline)
                self._resolved_at = now
            return self._store
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Resolve anew at the next call."""
        with self._lock:
            self._store = None

    def _resolved(self, deadline: Deadline | None) -> VectorStore:
        name = self._server.live(deadline.left_s() if deadline else None) or self._make_first()
        self._check(name)
        if self._store is not None and self._store.name == name:
            return self._store
        return self._server.open(name, deadline.left_s() if deadline else None)

    def _make_first(self) -> IndexName:
        name = IndexName(slug(self._model.key), 1)
        # On a conflict another process was quicker, or died between the two steps: either way it is there to promote.
        with suppress(Conflict):
            self._server.create(name, self._model.dimensions)
        self._server.promote(name)
        return name

    def _check(self, name: IndexName) -> None:
        if name.model_slug != slug(self._model.key):
            raise IndexMismatch(
                f"the live index holds vectors of {name.model_slug}, but this process runs {self._model.key}; "
                "set LOOKALIKE_MODEL to the model that built it, or run: lookalike rebuild"
            )
