"""Watches an import from the terminal: what was accepted, what is indexed, how fast."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.catalogue import ImportProgress, Imports

POLL_S = 0.3
QUIET_S = 60.0
# Asking costs a look at every line of the import: never more than this share of the time goes into it.
SHARE = 0.05


class ImportBars:
    """Two live bars. Asks the database a few times a second at most, whoever calls it how often."""

    def __init__(self, imports: Imports, quiet: bool) -> None:
        self._imports = imports
        self._bars = Progress(
            TextColumn("{task.description:>8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=Console(stderr=True, quiet=quiet),
        )
        self._accepted = self._bars.add_task("accepted", total=None, rate="", left="")
        self._indexed = self._bars.add_task("indexed", total=None, rate="", left="")
        self._began = self._moved = time.monotonic()
        self._next = self._began + POLL_S
        self._settled = -1

    def __enter__(self) -> "ImportBars":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    @property
    def seconds(self) -> float:
        """Since the import began."""
        return time.monotonic() - self._began

    def read(self, import_id: str, lines: int) -> None:
        """The file has been read up to `lines`."""
        self._bars.update(self._accepted, completed=lines)
        if time.monotonic() > self._next:
            self._show(import_id)

    def wait(self, import_id: str) -> ImportProgress:
        """Until nothing of the import waits any more."""
        while not (progress := self._show(import_id)).settled:
            time.sleep(max(self._next - time.monotonic(), 0.0))
        return progress

    def _show(self, import_id: str) -> ImportProgress:
        asked = time.monotonic()
        progress = self._imports.progress(import_id)
        now = time.monotonic()
        self._next = now + max(POLL_S, (now - asked) / SHARE)
        settled = progress.read - progress.queued
        self._bars.update(self._accepted, total=progress.total, completed=progress.read)
        left = "" if progress.eta_s is None else f"{progress.eta_s:.0f} s left"
        self._bars.update(
            self._indexed, total=progress.read, completed=settled, rate=f"{progress.rate:.0f}/s", left=left
        )
        if settled != self._settled:
            self._settled, self._moved = settled, now
        elif now - self._moved > QUIET_S:
            self._bars.console.print(f"Nothing was indexed for {QUIET_S:.0f} s; is a worker running? Waiting on ...")
            self._moved = now
        return progress
