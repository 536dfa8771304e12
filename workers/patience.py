"""Waiting, inside a task, for a component that is away."""

import time
from collections.abc import Callable
from typing import TypeVar

from services.catalogue import Backoff
from services.errors import Unavailable

Result = TypeVar("Result")


BACKOFF = Backoff(base_s=0.2, cap_s=5.0)


def patiently(work: Callable[[], Result], max_s: float) -> Result:
    """Do `work`, again and again while it raises Unavailable, for up to `max_s` seconds; then that is raised.

    The wait is in here, and not in a message with a delay: while the database is away, a worker would turn its whole
    queue into such messages, which it would hold in its memory and Redis twice. So the queue stays where it is, in its
    order.
    """
    until = time.monotonic() + max_s
    attempts = 0
    while True:
        try:
            return work()
        except Unavailable:
            attempts += 1
            wait_s = BACKOFF.wait_s(attempts)
            if time.monotonic() + wait_s > until:
                raise
        time.sleep(wait_s)
