"""Workers whose life ends, or stands still, or who find Milvus gone, before any step of their work."""

import threading
from collections.abc import Callable
from typing import Any

from services.errors import Unavailable


class Died(BaseException):
    """The worker's process was killed: nothing is tidied up."""


class Steps:
    """Is told of each step before it is made. Steps count from 1; what is to happen at step 0 never does."""

    def __init__(self, dies_at: int = 0, fails_at: int = 0, sleeps_at: int = 0) -> None:
        self._dies_at, self._fails_at, self._sleeps_at = dies_at, fails_at, sleeps_at
        self._made = 0
        self._go_on = threading.Event()
        self.still = threading.Event()

    def __call__(self) -> None:
        self._made += 1
        if self._made == self._sleeps_at:
            self.still.set()
            self._go_on.wait()
        if self._made == self._dies_at:
            raise Died
        if self._made == self._fails_at:
            raise Unavailable("it does not answer, just now")

    def go_on(self) -> None:
        """Wake the worker."""
        self._go_on.set()


class Stepwise:
    """Stands for `target`, and tells `steps` before each of its methods is called."""

    def __init__(self, target: Any, steps: Callable[[], None]) -> None:
        self._target, self._steps = target, steps

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self._steps()
            return method(*arguments, **named)

        return call


class Sleeper:
    """A worker in a thread of its own, which has come to its sleep, or to its end, when the constructor returns."""

    def __init__(self, work: Callable[[], object], steps: Steps, now: float) -> None:
        self._work, self._steps, self.since = work, steps, now
        self.ended = self.died = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        steps.still.wait()

    def wake(self) -> None:
        """Let it go on to its end."""
        self._steps.go_on()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._work()
        except Died:
            self.died = True
        except BaseException as exc:
            self._error = exc
        finally:
            self.ended = True
            self._steps.still.set()
