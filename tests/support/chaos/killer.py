"""Kills components by plan, and starts them again."""

import threading
import time
from collections.abc import Callable, Sequence

from chaos.plan import Kill
from chaos.stack import Stack
from chaos.watch import Watch

POLL_S = 0.02

Done = tuple[Kill, bool]
"""A kill that was done, and whether it came before the import was over."""


class Killer(threading.Thread):
    """Kills one component again and again. Others do so to other components at the same time."""

    def __init__(
        self, stack: Stack, component: str, kills: Sequence[Kill], watch: Watch, say: Callable[[str], None]
    ) -> None:
        super().__init__(name=f"kills {component}", daemon=True)
        self._stack, self._component, self._kills, self._watch, self._say = stack, component, kills, watch, say
        self.done: list[Done] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        """Until every kill of the plan was done, and the component is ready again."""
        try:
            for kill in self._kills:
                self._carry_out(kill)
        except BaseException as exc:
            self.error = exc

    def _carry_out(self, kill: Kill) -> None:
        while self._watch.settled < kill.at:
            time.sleep(POLL_S)
        time.sleep(kill.delay_s)
        self._say(f"{self._watch.settled:4.0%} settled: SIGKILL to the {kill.victim}")
        self._stack.kill(self._component, family=kill.victim == "worker family")
        self.done.append((kill, not self._watch.over))
        time.sleep(kill.pause_s)
        self._stack.start(self._component)
