"""A platform of fakes on a clock that is moved by hand, and workers for it that can be made to fail."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from convergence.photos import Web
from convergence.workers import Steps, Stepwise
from fakes import platform_of_fakes

from indexer.fetching import PhotoFetcher
from indexer.pipeline import Pipeline
from indexer.rebuild import Rebuild
from indexer.rows import RowBuilder
from services.bootstrap import Platform
from services.catalogue import Catalogue, Claims, Failures, Imports, Locks
from services.errors import Unavailable
from services.stores import IndexServer

LEASE_S, RESEND_S = 40.0, 30.0
# No product is given up, however often its worker dies, or the web is away: what must come of it stays certain.
MAX_ATTEMPTS = 1_000_000


@dataclass
class Clock:
    """Seconds, moved by hand."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def open_platform(folder: Path, clock: Clock, indexes: IndexServer | None) -> Platform:
    """A platform on the exact store, or on `indexes`."""
    platform = platform_of_fakes(folder)
    database = platform.database
    parts = {
        "catalogue": Catalogue(database, RESEND_S, clock),
        "claims": Claims(database, LEASE_S, RESEND_S, MAX_ATTEMPTS, clock),
        "imports": Imports(database, RESEND_S, clock),
        "failures": Failures(database, clock),
        "locks": Locks(database, clock),
    }
    platform.__dict__.update(parts, **({"indexes": indexes} if indexes else {}))
    return platform


class Workplace:
    """What workers have in common; `away` tells whether Milvus is."""

    def __init__(self, platform: Platform, web: Web, away: Callable[[], bool]) -> None:
        self._platform, self._away = platform, away
        self._photos = PhotoFetcher(web, platform.images, threads=1)  # type: ignore[arg-type]
        self.builder = RowBuilder(platform.encoder, platform.images, platform.limits, 1, MAX_ATTEMPTS)

    def pipeline(self, steps: Steps, gather: int) -> Pipeline:
        """A worker's pipeline, which tells `steps` what it does."""
        claims, photos = Stepwise(self._platform.claims, steps), Stepwise(self._photos, steps)
        index = _Index(self._platform, steps, self._away)
        return Pipeline(claims, self.builder, index, photos, gather)  # type: ignore[arg-type]


class _Index:
    """The live index as such a worker sees it."""

    def __init__(self, platform: Platform, steps: Steps, away: Callable[[], bool]) -> None:
        self._index, self._steps, self._away = platform.index, steps, away

    def store(self) -> object:
        """The store, if it can be reached."""
        self._step()
        return Stepwise(self._index.store(), self._step)

    def forget(self) -> None:
        """Resolve anew."""
        self._index.forget()

    def _step(self) -> None:
        self._steps()
        if self._away():
            raise Unavailable("Milvus does not answer")


def rebuild(platform: Platform, builder: RowBuilder, clock: Clock, report: Callable[[], None]) -> None:
    """Build the index anew, a product at a time, and call `report` after each."""
    parts = (platform.catalogue, platform.claims, platform.locks, platform.indexes, builder, platform.encoder.model)
    with patch("indexer.rebuild.time", SimpleNamespace(time=clock)), patch("indexer.rebuild.CHUNK", 1):
        Rebuild(*parts).run(lambda done, total: report())
    platform.index.forget()
