"""A real Redis of each test's own, and workers that need no model."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis
from components import Component, free_port, redis_server, wait_for

from services.bootstrap import build
from services.settings import Settings, load_settings
from workers.app import BULK_QUEUE, LIVE_QUEUE, make_app
from workers.queue import WorkQueue

QUICK_WORKER = Path(__file__).with_name("quick_worker.py")


@dataclass
class Broker:
    """A Redis, what is put on its queues, and the workers that take it off."""

    folder: Path
    settings: Settings
    given: dict[str, object]
    command: list[str]
    servers: list[Component] = field(default_factory=list)
    workers: list[Component] = field(default_factory=list)

    def start(self) -> None:
        """Start Redis; again, after it was killed, with the data it has on disk."""
        self.servers.append(Component(self.command, self.folder / f"redis-{len(self.servers)}.log"))
        wait_for("Redis", self._answers)

    @property
    def wire(self) -> redis.Redis:
        """Redis itself, as anybody can reach it."""
        return redis.Redis.from_url(self.settings.redis)

    @property
    def queue(self) -> WorkQueue:
        """The queue, as a producer of ours sees it."""
        return WorkQueue(make_app(self.settings), self.settings.chunk_size)

    def _answers(self) -> bool:
        try:
            return bool(self.wire.ping())
        except redis.exceptions.ConnectionError:  # not there yet, or still loading
            return False

    def work(self, seconds: float = 0.0) -> Component:
        """Start a worker whose index tasks take `seconds`."""
        environment = {f"LOOKALIKE_{name.upper()}": str(value) for name, value in self.given.items()}
        environment |= {"QUICK_NOTES": str(self.folder / "notes"), "QUICK_SECONDS": str(seconds)}
        log = self.folder / f"worker-{len(self.workers)}.log"
        self.workers.append(Component([sys.executable, str(QUICK_WORKER)], log, environment))
        return self.workers[-1]

    def notes(self) -> list[str]:
        """What index tasks were given, and `done` for each that ended."""
        notes = self.folder / "notes"
        return notes.read_text().splitlines() if notes.exists() else []

    def idle(self) -> bool:
        """Nothing is queued, and nothing is being worked on."""
        return not any(self.wire.llen(name) for name in (LIVE_QUEUE, BULK_QUEUE)) and not self.wire.hlen("unacked")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    """Opens a Redis with the options and settings given; at the end all processes are ended."""
    brokers: list[Broker] = []

    def opened(*options: str, **given: object) -> Broker:
        port = free_port()
        command = [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
        values = {"data_dir": tmp_path / "data", "redis_url": f"redis://127.0.0.1:{port}/0", **given}
        brokers.append(Broker(tmp_path, load_settings(**values), values, [*command, *options]))
        brokers[-1].start()
        return brokers[-1]

    yield opened
    for each in brokers:
        for process in [*each.workers, *each.servers]:
            process.end()


@pytest.fixture
def migrated(tmp_path: Path) -> Callable[[Broker], None]:
    """Makes the tables of a broker's catalogue."""

    def migrate(broker: Broker) -> None:
        platform = build(broker.settings)
        platform.database.migrate()
        platform.close()

    return migrate
