"""Runs Celery's worker and its clock, from settings, with no module-level app."""

import logging
import sys
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from services.messages import MESSAGES
from services.settings import Settings
from workers.app import AUDIT_TASK, IMPORT_TASK, INDEX_TASK, LIVE_QUEUE, REFUSED_TASK, SWEEP_TASK, make_app
from workers.queue import WorkQueue
from workers.shutdown import stop_within
from workers.tasks import Tasks


def worker_app(settings: Settings) -> Celery:
    """The app with its tasks, as a worker runs it."""
    app = make_app(settings)
    tasks = Tasks(settings, WorkQueue(app, settings.chunk_size))
    app.task(name=INDEX_TASK)(tasks.index)
    app.task(name=IMPORT_TASK)(tasks.read_import)
    app.task(name=REFUSED_TASK)(tasks.keep_refused)
    # The next tick does the work of one that was lost.
    app.task(name=SWEEP_TASK, acks_late=False)(tasks.sweep)
    app.task(name=AUDIT_TASK, acks_late=False)(tasks.audit)
    for name in MESSAGES:
        _public_task(app, name, tasks)
    worker_process_init.connect(lambda **_: tasks.warm_up(), weak=False)
    return app


def run_worker(settings: Settings) -> None:
    """Run a worker until it is told to stop."""
    _log_to_stderr()
    stop_within(settings.shutdown_s)
    # Without gossip, mingle and heartbeat: they are for clusters that watch each other over the broker.
    arguments = ["worker", "--loglevel=INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker_app(settings).worker_main(arguments)


def run_beat(settings: Settings) -> None:
    """Run the clock that sends the periodic tasks; one in a stack."""
    _log_to_stderr()
    make_app(settings).start(["beat", "--loglevel=INFO", "--pidfile="])


def _public_task(app: Celery, name: str, tasks: Tasks) -> None:
    def accept(self: Any, /, **kwargs: object) -> None:
        # What it leads to waits in the queue that the message came by: its sender said how urgent it is.
        tasks.accept(name, kwargs, urgent=self.request.delivery_info["routing_key"] == LIVE_QUEUE)

    app.task(name=name, bind=True)(accept)


def _log_to_stderr() -> None:
    # Celery tells of each message, sweeps every few seconds included; the tasks tell what matters.
    for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
