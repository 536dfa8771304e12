"""A platform of fakes on a clock that is moved by hand, and workers for it that can be made to fail."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from convergence.photos import Web
from convergence.workers import Steps, Stepwise
from fakes import platform_of_fakes

from indexer.fetching import PhotoFetcher
from indexer.pipeline import Pipeline
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


def pipeline_of(platform: Platform, web: Web, steps: Steps, away: Callable[[], bool], gather: int) -> Pipeline:
    """A worker's pipeline, which tells `steps` what it does, and finds no Milvus while it is `away`."""
    builder = RowBuilder(platform.encoder, platform.images, platform.limits, threads=1, max_attempts=MAX_ATTEMPTS)
    fetcher = PhotoFetcher(web, platform.images, threads=1)  # type: ignore[arg-type]
    index = _Index(platform, steps, away)
    return Pipeline(Stepwise(platform.claims, steps), builder, index, Stepwise(fetcher, steps), gather)  # type: ignore[arg-type]


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
