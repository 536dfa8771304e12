"""How much memory processes hold while an import goes on, and whether that grows with it."""

import statistics
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

MB = 2**20
SHARES = (0.10, 0.25, 0.50, 0.75, 1.0)
EARLY, LATE = (0.10, 0.20), (0.75, 1.0)


@dataclass
class Curve:
    """Samples of one family of processes: the share of the work that was done, and the megabytes that it held."""

    samples: list[tuple[float, float]] = field(default_factory=list)

    @property
    def peak(self) -> float:
        """The most there was."""
        return max(held for _, held in self.samples)

    def at(self, share: float) -> float:
        """What was held when `share` of the work was done."""
        return next((held for done, held in self.samples if done >= share), self.samples[-1][1])

    @property
    def growth(self) -> float:
        """By how much the last quarter of the work exceeds its second tenth, as a share."""
        return self._median(*LATE) / self._median(*EARLY) - 1

    def _median(self, begin: float, end: float) -> float:
        return statistics.median([held for done, held in self.samples if begin <= done <= end] or [self.at(begin)])


class Sampler(threading.Thread):
    """Looks at a family of processes again and again, until it is told to stop or the family is gone."""

    def __init__(self, family: Callable[[], list[psutil.Process]], done: Callable[[], float], every_s: float) -> None:
        super().__init__(daemon=True)
        self._family, self._done, self._every_s = family, done, every_s
        self.curve = Curve()
        self.stop = threading.Event()

    def run(self) -> None:
        """Take samples."""
        while not self.stop.is_set():
            began = time.monotonic()
            with suppress(psutil.NoSuchProcess):  # between two looks
                held = sum(process.memory_info().rss for process in self._family())
                if held:
                    self.curve.samples.append((self._done(), held / MB))
            self.stop.wait(max(self._every_s - (time.monotonic() - began), 0))
