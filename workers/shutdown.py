"""How a worker stops: on SIGTERM it takes no more messages, and ends the task it is at, if that does not take long."""

import logging
import os
import signal
import threading

from celery.signals import worker_shutting_down

log = logging.getLogger(__name__)


def stop_within(seconds: float) -> None:
    """Have this process's worker break off its tasks `seconds` after it was told to stop.

    Celery's own soft shutdown sleeps for the whole of its time, however soon the task ends, and hears nothing of the
    end. So the usual, warm shutdown is used, which ends with the task, and made a cold one when the time is over. A
    task that is broken off has its message put back at once; what it had claimed is free when its lease ends.
    """

    def begin(how: str = "", **_: object) -> None:
        if how == "Warm":
            timer = threading.Timer(seconds, _break_off)
            timer.daemon = True  # it must not keep a worker alive that is done sooner
            timer.start()

    worker_shutting_down.connect(begin, weak=False)


def _break_off() -> None:
    log.warning("the task takes too long, and is broken off; its message goes back to the queue")
    os.kill(os.getpid(), signal.SIGQUIT)
