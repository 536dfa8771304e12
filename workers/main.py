"""Runs Celery's worker and its clock, from settings, with no module-level app."""

import logging
import sys

from celery import Celery
from celery.signals import worker_process_init

from services.settings import Settings
from workers.app import AUDIT_TASK, INDEX_TASK, SWEEP_TASK, make_app
from workers.queue import WorkQueue
from workers.tasks import Tasks


def worker_app(settings: Settings) -> Celery:
    """The app with its tasks, as a worker runs it."""
    app = make_app(settings)
    tasks = Tasks(settings, WorkQueue(app, settings.chunk_size))
    app.task(name=INDEX_TASK)(tasks.index)
    app.task(name=SWEEP_TASK)(tasks.sweep)
    app.task(name=AUDIT_TASK)(tasks.audit)
    worker_process_init.connect(lambda **_: tasks.warm_up(), weak=False)
    return app


def run_worker(settings: Settings) -> None:
    """Run a worker until it is told to stop."""
    _log_to_stderr()
    # Without gossip, mingle and heartbeat: they are for clusters that watch each other over the broker.
    arguments = ["worker", "--loglevel=INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker_app(settings).worker_main(arguments)


def run_beat(settings: Settings) -> None:
    """Run the clock that sends the periodic tasks; one in a stack."""
    _log_to_stderr()
    make_app(settings).start(["beat", "--loglevel=INFO", "--pidfile="])


def _log_to_stderr() -> None:
    # Celery tells of each message, sweeps every few seconds included; the tasks tell what matters.
    for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
