"""Which queue a worker looks into first."""
# mypy: disallow-untyped-calls=False
# Kombu's functions have no types.

from kombu.utils.scheduling import round_robin_cycle

from workers.app import LIVE_QUEUE

# Live messages in a row, after which bulk work has a turn: an import goes on, however many single changes come.
IN_A_ROW = 8


class LiveFirst(round_robin_cycle):
    """The order in which kombu asks Redis for messages: live before bulk, but not for ever.

    Without turns, single changes that come faster than they are indexed would leave an import where it is.
    """

    def __init__(self, it: list[str] | None = None) -> None:
        super().__init__(it)
        self._live_in_a_row = 0

    def consume(self, n: int) -> list[str]:
        """All queues, the one to look into first before the others."""
        live_first = self._live_in_a_row < IN_A_ROW
        return sorted(self.items[:n], key=lambda queue: (queue == LIVE_QUEUE) != live_first)

    def rotate(self, last_used: str) -> str:
        """A message came from `last_used`."""
        self._live_in_a_row = self._live_in_a_row + 1 if last_used == LIVE_QUEUE else 0
        return last_used
