"""The platform on real components: Redis, Milvus Lite over gRPC, Celery, the shipped model."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from components import LOOKALIKE, Component, free_port, listening, redis_server, wait_for

from services.bootstrap import Platform, build
from services.settings import Settings, load_settings
from workers.app import make_app
from workers.queue import WorkQueue

aliases = itertools.count(1)

# Everything that decides how long a crash is felt, shortened.
QUICK = {
    "task_time_limit_s": 8.0,
    "lease_s": 9.0,
    "visibility_timeout_s": 10.0,
    "sweep_interval_s": 1.0,
    "resend_after_s": 4.0,
    "chunk_size": 16,
}


@dataclass
class Shop:
    """A platform, and the processes that work for it."""

    platform: Platform
    settings: Settings
    environment: dict[str, str]
    folder: Path
    processes: list[Component]

    def start(self, command: str) -> Component:
        """Start `lookalike COMMAND` with the shop's settings."""
        number = len(self.processes)
        component = Component([str(LOOKALIKE), command], self.folder / f"{command}-{number}.log", self.environment)
        self.processes.append(component)
        return component

    @property
    def queue(self) -> WorkQueue:
        """The queue, as a producer sees it."""
        return WorkQueue(make_app(self.settings), self.settings.chunk_size)

    def settled(self, number: int) -> bool:
        """`number` products are indexed, and none waits."""
        counts = self.platform.catalogue.counts()
        return counts["indexed"] == number and counts["queued"] == 0


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Redis server that the tests share; each shop uses a database of its own."""
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    command = [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    server = Component(command, folder / "redis.log")
    wait_for("Redis", lambda: listening(port))
    yield port
    server.end()


@pytest.fixture
def open_shop(tmp_path: Path, redis_port: int, milvus_uri: str) -> Iterator[Callable[..., Shop]]:
    """Opens a shop with the settings given; at the end its processes are ended."""
    shops: list[Shop] = []

    def opened(**given: object) -> Shop:
        number = next(aliases)
        values = {
            "data_dir": tmp_path / f"shop{number}",
            "redis_url": f"redis://127.0.0.1:{redis_port}/{number}",
            "milvus_uri": milvus_uri,
            "index_alias": f"shop{number}",
            **QUICK,
            **given,
        }
        settings = load_settings(**values)
        environment = {f"LOOKALIKE_{name.upper()}": str(value) for name, value in values.items()}
        platform = build(settings)
        platform.database.migrate()
        shops.append(Shop(platform, settings, environment, tmp_path, []))
        return shops[-1]

    yield opened
    for shop in shops:
        for process in shop.processes:
            process.end()
        shop.platform.close()
