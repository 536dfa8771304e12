"""Watches an import from the terminal: what was accepted, what is indexed, how fast."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.catalogue import ImportProgress, Imports

POLL_S = 0.3
QUIET_S = 60.0


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
            console=Console(stderr=True, quiet=quiet),
        )
        self._accepted = self._bars.add_task("accepted", total=None, rate="")
        self._indexed = self._bars.add_task("indexed", total=None, rate="")
        self._began = self._asked = self._moved = time.monotonic()
        self._settled = 0

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
        if time.monotonic() - self._asked > POLL_S:
            self._show(self._imports.progress(import_id))

    def wait(self, import_id: str) -> ImportProgress:
        """Until nothing of the import waits any more."""
        while True:
            progress = self._imports.progress(import_id)
            self._show(progress)
            if progress.settled:
                return progress
            time.sleep(POLL_S)

    def _show(self, progress: ImportProgress) -> None:
        settled, self._asked = progress.read - progress.queued, time.monotonic()
        total = progress.read if progress.complete else None
        self._bars.update(self._accepted, total=total, completed=progress.read)
        rate = f"{settled / max(self.seconds, 1e-9):.0f}/s"
        self._bars.update(self._indexed, total=progress.read, completed=settled, rate=rate)
        if settled != self._settled:
            self._settled, self._moved = settled, self._asked
        elif self._asked - self._moved > QUIET_S:
            self._bars.console.print(f"Nothing was indexed for {QUIET_S:.0f} s; is a worker running? Waiting on ...")
            self._moved = self._asked
