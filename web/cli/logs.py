"""Where the components' output goes: a log file each, so that the terminal stays readable."""

import re
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

MAX_BYTES = 20 * 2**20
TAIL = 12


class LogPrinter:
    """Takes the place of honcho's printer. Remembers which component stopped first, and its last lines."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self.width = 0  # honcho sets it
        self.when_started: Callable[[], None] = lambda: None
        self.interrupted = False
        self._waiting = set(names)
        self._first: tuple[str, int] | None = None
        self._folder = folder
        self._files: dict[str, TextIO] = {name: _open(folder / f"{name}.log") for name in names}
        self._tails: dict[str, deque[str]] = {name: deque(maxlen=TAIL) for name in names}

    def write(self, message: Any) -> None:
        """Take one line of a component, or of honcho itself (whose name is `system`)."""
        text = message.data if isinstance(message.data, str) else message.data.decode("utf-8", "replace")
        if message.name in self._files:
            self._files[message.name].write(text)
            self._files[message.name].flush()
            self._tails[message.name].append(text.rstrip())
        else:
            self._note(text)

    def stopped(self) -> bool:
        """A component has stopped."""
        return self._first is not None

    def epitaph(self) -> str:
        """Which component stopped first, how, and the last it said."""
        if self._first is None:
            return "the stack stopped"
        name, status = self._first
        last = next((line for line in reversed(self._tails[name]) if line.strip()), "it said nothing")
        return f"{name} stopped with exit status {status}: {last[:300]}  (more in {self._folder / name}.log)"

    def _note(self, text: str) -> None:
        if text.startswith(("SIGINT", "SIGTERM")):
            self.interrupted = True
        elif found := re.match(r"(\w+) started", text):
            self._waiting.discard(found[1])
            if not self._waiting:
                self.when_started()
        elif (found := re.match(r"(\w+) stopped \(rc=(-?\d+)\)", text)) and self._first is None:
            self._first = (found[1], int(found[2]))


def _open(path: Path) -> TextIO:
    """Open a log for appending; a large one from earlier runs is set aside."""
    if path.exists() and path.stat().st_size > MAX_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("a", encoding="utf-8")
