"""A whole stack with a catalogue in it, whose web process is started anew for each round."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from chaos.stack import COMPONENTS, Stack
from components import free_port, wait_for
from load.shop import Goods

WEB = Path(__file__).with_name("counted_web.py")
START_S = 120.0


@dataclass
class Cost:
    """What a web process took: calls and callers that shared them, its memory at its end, and CPU seconds."""

    shared: dict[str, dict[str, int]] = field(default_factory=dict)
    web_mb: float = 0.0
    web_cpu_s: float = 0.0
    milvus_cpu_s: float = 0.0


class LoadStack:
    """Redis, Milvus Lite, a worker and its clock, on the default settings; calls are not counted against a limit."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder, self._number = folder, 0
        self._stack = Stack(folder, port=self.port, rate_limit="")

    def fill(self, goods: Goods) -> None:
        """Start it, and import a catalogue."""
        self._stack.platform().close()  # makes the tables
        for name in COMPONENTS:
            self._stack.start(name)
        self._import(goods)

    @contextmanager
    def web(self, gather_max: int | None, threads: int | None) -> Iterator[Cost]:
        """A web process that gathers so many; None is the default. What it cost is known when it has ended."""
        self._number += 1
        counts = self._folder / f"counts-{self._number}.json"
        given = {"LOOKALIKE_GATHER_MAX": gather_max, "LOOKALIKE_WEB_THREADS": threads}
        for name, value in given.items():
            self._stack.environment.pop(name, None)
            if value is not None:
                self._stack.environment[name] = str(value)
        component = self._stack.launch("web", [sys.executable, str(WEB), str(counts)])
        wait_for("the web process", self._ready, START_S)
        web, milvus, cost = psutil.Process(component.process.pid), self._stack.family("milvus"), Cost()
        before = _cpu_s(milvus), _cpu_s([web])
        yield cost
        cost.milvus_cpu_s, cost.web_cpu_s = _cpu_s(milvus) - before[0], _cpu_s([web]) - before[1]
        cost.web_mb = web.memory_info().rss / 2**20
        component.process.terminate()
        component.process.wait(60)
        cost.shared = json.loads(counts.read_text())

    def end(self) -> None:
        """Stop everything."""
        self._stack.end()

    def _import(self, goods: Goods) -> None:
        mapping = [part for pair in goods.mapping.items() for part in ("--map", "=".join(pair))]
        command = ["ingest", str(goods.table), "--images", str(goods.images), *mapping, "--json"]
        feeding = self._stack.lookalike("ingest", *command)
        status = feeding.process.wait(3600)
        said = feeding.log.read_text(errors="replace")
        assert status in (0, 2), said[-2000:]
        outcome = json.loads(said.splitlines()[-1])
        assert outcome["indexed"] == len(goods.ids), outcome

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10):
                return True
        except (urllib.error.URLError, OSError):
            return False


def _cpu_s(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)
