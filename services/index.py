"""The live index of one model: found through the alias, made when there is none, refused when another model's."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from services.encoders.protocol import ModelInfo
from services.errors import Conflict, IndexMismatch
from services.stores.protocol import IndexName, IndexServer, VectorStore, slug

FRESH_S = 1.0


class LiveIndex:
    """Resolves which index is live, at most once in FRESH_S, so that a swap reaches every process within that."""

    def __init__(self, server: IndexServer, model: ModelInfo, clock: Callable[[], float] = time.monotonic) -> None:
        self._server, self._model, self._clock = server, model, clock
        self._lock = threading.Lock()
        self._store: VectorStore | None = None
        self._resolved_at = 0.0

    def store(self) -> VectorStore:
        """The live index. Raises IndexMismatch when another model built it, Unavailable when Milvus is away."""
        with self._lock:
            now = self._clock()
            if self._store is None or now - self._resolved_at > FRESH_S:
                name = self._server.live() or self._make_first()
                self._check(name)
                if self._store is None or self._store.name != name:
                    self._store = self._server.open(name)
                self._resolved_at = now
            return self._store

    def forget(self) -> None:
        """Resolve anew at the next call."""
        with self._lock:
            self._store = None

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
