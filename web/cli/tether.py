"""Ties the stack's processes to `lookalike up`: if it is killed outright, they end too, and leave no orphans."""

import ctypes
import functools
import signal
import sys
from typing import Any

from honcho.process import Popen, Process

PR_SET_PDEATHSIG = 1


class TetheredProcess(Process):  # type: ignore[misc]  # honcho is untyped
    """A honcho process that does not outlive its manager. Linux only; elsewhere it is an ordinary one."""

    def __init__(
        self, cmd: str, name: str, colour: Any, quiet: bool, env: dict[str, str] | None, cwd: str | None
    ) -> None:
        super().__init__(cmd, name=name, colour=colour, quiet=quiet, env=env, cwd=cwd)
        # The component itself is asked to stop, as on Ctrl-C, when honcho's process in between is gone.
        self._child_ctor = functools.partial(Popen, preexec_fn=functools.partial(_die_with_parent, signal.SIGTERM))

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Run in the process that honcho forked for it; that one ignores SIGTERM, so nothing less than SIGKILL."""
        _die_with_parent(signal.SIGKILL)
        super().run(events, ignore_signals)


def _die_with_parent(number: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
