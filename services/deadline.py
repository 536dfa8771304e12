"""How long one request may still take. It is handed down to whoever waits for another component."""

import time
from collections.abc import Callable

from services.errors import DeadlineExceeded


class Deadline:
    """A moment `seconds` from now. Safe to share between threads."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._until = clock() + seconds

    def left_s(self) -> float:
        """The seconds that are left. Raises DeadlineExceeded when there are none."""
        left = self._until - self._clock()
        if left <= 0:
            raise DeadlineExceeded(f"no answer within {self._seconds:g} s; ask again, or for less")
        return left
