"""Is it worth embedding single changes together? Measures it: python tests/long/bench_singles.py [MESSAGES] [ROUNDS].

So many products, each in a message of its own, wait on a real Redis. A worker with the shipped model works them off,
into a real Milvus Lite and SQLite: once each by itself, once taking others along that wait. The two take turns, so that
what else the machine does meets both.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from components import LOOKALIKE, Component, free_port, listening, redis_server, wait_for
from milvus_process import MilvusProcess

from indexer.sample import write_catalogue
from services.bootstrap import Platform, build
from services.products import ImageRef, Product
from services.settings import load_settings
from workers.app import make_app
from workers.queue import WorkQueue


class Bench:
    """A Redis and a Milvus for all rounds; each round has a catalogue, an index and a worker of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._round = folder, 0
        self._photos = [path.read_bytes() for path in sorted(write_catalogue(folder / "sample").parent.rglob("*.jpg"))]
        self._port = free_port()
        command = [redis_server(), "--port", str(self._port), "--save", "", "--dir", str(folder)]
        self._redis = Component(command, folder / "redis.log")
        self._milvus = MilvusProcess(folder / "milvus")
        self._milvus.start()
        wait_for("Redis", lambda: listening(self._port))

    def seconds(self, messages: int, gather: bool) -> float:
        """How long a worker takes for so many messages of one product."""
        self._round += 1
        values = {
            "data_dir": self._folder / f"round{self._round}",
            "redis_url": f"redis://127.0.0.1:{self._port}/{self._round % 16}",
            "milvus_uri": self._milvus.uri,
            "index_alias": f"round{self._round}",
        }
        settings = load_settings(**values)
        platform = build(settings)
        platform.database.migrate()
        # Taking others along fills a message up to the chunk's size: with a size of one there is nothing to fill.
        environment = {f"LOOKALIKE_{name.upper()}": str(value) for name, value in values.items()}
        environment |= {} if gather else {"LOOKALIKE_CHUNK_SIZE": "1"}
        queue = WorkQueue(make_app(settings), settings.chunk_size)
        worker = Component([str(LOOKALIKE), "worker"], self._folder / f"worker{self._round}.log", environment)
        try:
            self._warm(platform, queue)
            for number in range(messages):
                platform.catalogue.put([self._product(platform, f"single {number}", number)])
            began = time.monotonic()
            for number in range(messages):
                queue.send([f"single {number}"], urgent=True)
            wait_for("all", lambda: platform.catalogue.counts()["queued"] == 0, 600)
            return time.monotonic() - began
        finally:
            worker.end()
            platform.close()

    def end(self) -> None:
        """Stop Redis and Milvus."""
        self._redis.end()
        self._milvus.kill()

    def _warm(self, platform: Platform, queue: WorkQueue) -> None:
        platform.catalogue.put([self._product(platform, "first", 0)])
        queue.send(["first"])
        wait_for("the worker", lambda: platform.catalogue.counts()["indexed"] == 1, 120)

    def _product(self, platform: Platform, key: str, number: int) -> Product:
        photo = ImageRef("front", platform.images.add(self._photos[number % len(self._photos)]))
        return Product(key, {"title": key}, (photo,))


def tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(messages: int, rounds: int) -> None:
    """Print the seconds of each round, and the ratio of the medians."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        bench = Bench(Path(folder))
        try:
            taken: dict[bool, list[float]] = {True: [], False: []}
            for number in range(rounds):
                for gather in (True, False) if number % 2 else (False, True):
                    taken[gather].append(bench.seconds(messages, gather))
                    tell(f"round {number + 1}: {'together' if gather else 'alone':8} {taken[gather][-1]:6.2f} s")
        finally:
            bench.end()
    alone, together = statistics.median(taken[False]), statistics.median(taken[True])
    tell(f"{messages} single changes: {messages / alone:.0f}/s alone, {messages / together:.0f}/s together")
    tell(f"together is {alone / together:.2f} times as fast (medians of {rounds} rounds)")


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(*given, *(300, 3)[len(given) :])
