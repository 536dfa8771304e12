"""The importing process: `lookalike ingest`, killed by plan, and gone on with by `--resume`."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import psutil
from chaos.goods import Goods
from chaos.killer import Done
from chaos.plan import Kill
from chaos.stack import Stack, family_of
from chaos.watch import Watch
from components import Component

POLL_S = 0.01
# What the command says by its exit status: all is well, or some rows were refused or failed.
ENDED_WELL = (0, 2)


class Feeding:
    """Feeds goods to a stack."""

    def __init__(
        self, stack: Stack, goods: Goods, kills: Sequence[Kill], watch: Watch, say: Callable[[str], None]
    ) -> None:
        self._stack, self._goods, self._kills, self._watch, self._say = stack, goods, kills, watch, say
        self.done: list[Done] = []
        self._process: Component | None = None

    def run(self, timeout_s: float, check: Callable[[], None]) -> dict[str, Any]:
        """Until the command says that everything is settled; returns what it says. `check` is called meanwhile."""
        until = time.monotonic() + timeout_s
        kills = list(self._kills)
        process = self._start()
        while process.process.poll() is None:
            check()
            assert time.monotonic() < until, f"the import did not end within {timeout_s:.0f} s"
            if kills and self._watch.fed >= kills[0].at:
                process = self._killed(process, kills.pop(0))
            time.sleep(POLL_S)
        return _outcome(process)

    def family(self) -> list[psutil.Process]:
        """The command's processes."""
        return family_of(self._process) if self._process else []

    def _killed(self, process: Component, kill: Kill) -> Component:
        time.sleep(kill.delay_s)
        self._say(f"{self._watch.fed:4.0%} read and settled: SIGKILL to the import")
        process.kill()
        self.done.append((kill, not self._watch.over))
        time.sleep(kill.pause_s)
        return self._start()

    def _start(self) -> Component:
        goods = self._goods
        mapping = [part for pair in goods.mapping.items() for part in ("--map", "=".join(pair))]
        command = ["ingest", str(goods.table), "--images", str(goods.images), *mapping, "--json", "--resume"]
        self._process = self._stack.lookalike("ingest", *command)
        return self._process


def _outcome(process: Component) -> dict[str, Any]:
    said = process.log.read_text(errors="replace")
    assert process.process.returncode in ENDED_WELL, f"lookalike ingest failed: {said[-2000:]}"
    outcome: dict[str, Any] = json.loads(said.splitlines()[-1])
    return outcome
