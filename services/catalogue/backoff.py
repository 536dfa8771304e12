"""How long to wait before the next attempt."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Exponential, with jitter: twice as long after each attempt, from `base_s` seconds up to `cap_s`.

    Half of the wait is drawn at random, so that what failed together does not come back together. After "Exponential
    Backoff And Jitter", AWS Architecture Blog, 2015 ("equal jitter").
    """

    base_s: float = 2.0
    cap_s: float = 600.0

    def longest_s(self, attempts: int) -> float:
        """The wait after so many attempts in a row, at most.

        >>> [Backoff(2, 60).longest_s(n) for n in (1, 2, 3, 6, 5_000)]
        [2.0, 4.0, 8.0, 60.0, 60.0]
        """
        return float(min(self.cap_s, self.base_s * 2.0 ** min(max(attempts - 1, 0), 62)))

    def wait_s(self, attempts: int) -> float:
        """A wait drawn for so many attempts in a row."""
        return self.longest_s(attempts) * random.uniform(0.5, 1.0)  # noqa: S311  # jitter, no secret
