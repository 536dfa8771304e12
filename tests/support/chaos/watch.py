"""How far an import is: what the moments of kills and changes hang on."""

import time

from services.bootstrap import Platform

FRESH_S = 0.05


class Watch:
    """Asks the catalogue database, a few times a second at most."""

    def __init__(self, platform: Platform, rows: int) -> None:
        self._imports, self._rows = platform.imports, rows
        self._asked_at = 0.0
        self._read = self._settled = 0
        self.over = False

    @property
    def fed(self) -> float:
        """How far the command is that feeds the rows: half of its time it reads, and then it waits."""
        self._ask()
        return (self._read + self._settled) / self._rows / 2

    @property
    def read(self) -> int:
        """The rows that were read."""
        self._ask()
        return self._read

    @property
    def settled(self) -> float:
        """The share of the rows that is settled."""
        self._ask()
        return self._settled / self._rows

    def _ask(self) -> None:
        if time.monotonic() < self._asked_at + FRESH_S:
            return
        self._asked_at = time.monotonic()
        for import_id in self._imports.recent(1):
            progress = self._imports.progress(import_id)
            self._read, self._settled = progress.read, progress.read - progress.queued
            self.over = progress.settled
