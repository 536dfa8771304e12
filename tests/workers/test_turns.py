"""Live messages go first, and bulk work gets on all the same."""

from workers.app import BULK_QUEUE, LIVE_QUEUE
from workers.turns import IN_A_ROW, LiveFirst


def test_bulk_has_a_turn_after_so_many_live_messages() -> None:
    cycle = LiveFirst()
    cycle.update([BULK_QUEUE, LIVE_QUEUE])
    first = []
    for _ in range(2 * (IN_A_ROW + 1)):
        first.append(cycle.consume(2)[0])
        cycle.rotate(first[-1])
    assert first == ([LIVE_QUEUE] * IN_A_ROW + [BULK_QUEUE]) * 2


def test_a_turn_is_kept_until_bulk_work_comes() -> None:
    cycle = LiveFirst()
    cycle.update([BULK_QUEUE, LIVE_QUEUE])
    for _ in range(IN_A_ROW + 3):
        cycle.rotate(LIVE_QUEUE)
    assert cycle.consume(2) == [BULK_QUEUE, LIVE_QUEUE]
    cycle.rotate(BULK_QUEUE)
    assert cycle.consume(2) == [LIVE_QUEUE, BULK_QUEUE]
