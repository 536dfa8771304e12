"""The tasks. Each takes JSON, may run twice, and leaves the work to `indexer`."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TypeVar

from celery.exceptions import Reject, SoftTimeLimitExceeded

from indexer.audit_slices import audit_slice
from indexer.fetching import PhotoFetcher
from indexer.imports import read_slice
from indexer.messages import accept
from indexer.pipeline import Pipeline
from indexer.reconcile import sweep
from indexer.rows import EMBEDDED_TOGETHER, RowBuilder
from services.bootstrap import Platform, build
from services.errors import IndexMismatch, InvalidMessage, Unavailable
from services.products import Problem
from services.settings import Settings
from workers.patience import patiently
from workers.queue import WorkQueue

log = logging.getLogger(__name__)
Result = TypeVar("Result")

# How long a worker reads an import, or compares the index, before it looks for other work: changes of products wait no
# longer behind it.
SLICE_S = 5.0
# With fewer messages than this in the queues, one that should have come by now is not among them.
FEW_MESSAGES = 10


class Tasks:
    """What the worker runs. Its platform is made at first use, in the process that runs the task: after the fork."""

    def __init__(self, settings: Settings, queue: WorkQueue) -> None:
        self._settings, self._queue = settings, queue

    def index(self, product_ids: list[str]) -> None:
        """Bring the index in line with the records of `product_ids`."""
        began = time.monotonic()
        try:
            number = self.pipeline.run(product_ids, max_s=self._settings.task_time_limit_s / 2)
            log.info("%d of %d products indexed in %.2f s", number, len(product_ids), time.monotonic() - began)
        except (Unavailable, IndexMismatch) as exc:
            # Released, and queued again by a later sweep; the products carry the reason.
            log.warning("%d products wait: %s", len(product_ids), exc)

    def accept(self, task: str, kwargs: Mapping[str, object], urgent: bool) -> None:
        """Make the changes that a public message asks for, and queue their products."""
        changed = self._surely(partial(accept, self.platform, task, kwargs), task, json.dumps(kwargs)) or []
        try:
            self._queue.send(changed, urgent)
        except Unavailable as exc:
            log.warning("%s; the products are accepted and will be queued later", exc)

    def keep_refused(self, task: str, reason: str, body: str) -> None:
        """Keep a message that no task could take."""
        log.warning("a message for %r is refused and kept: %s", task, reason)
        self._keep(task, Problem(InvalidMessage.code, reason), body)

    def read_import(self, import_id: str) -> None:
        """Read some more of an import, unless there is work enough; then queue the rest of it behind that work."""
        try:
            max_s = self._slice_s()
            if self._queue.room() == 0 or read_slice(self.platform, self._queue.send, import_id, max_s):
                self._queue.send_import(import_id)
        except Unavailable as exc:
            log.warning("import %s waits: %s", import_id, exc)  # for the sweep

    def sweep(self) -> None:
        """Queue products and imports whose message was lost."""
        try:
            # Each message of an import queues the next one: a second one beside it would never end.
            if self._queue.waiting() < FEW_MESSAGES:
                for import_id in self.platform.imports.due():
                    self._queue.send_import(import_id)
            number = sweep(self.platform.claims, self._queue.send, self._queue.room())
        except Unavailable as exc:
            log.warning("sweep: %s", exc)
            return
        if number:
            log.info("sweep: %d products queued again", number)

    def audit(self, fresh: bool = True) -> None:
        """Compare some more of the index with the catalogue, repair it, and queue the rest behind other work."""
        try:
            done = audit_slice(self.platform, self._queue.send, self._slice_s(), fresh)
            if done is None:
                return
            if done.more:
                self._queue.send_audit()
                return
        except (Unavailable, IndexMismatch) as exc:
            log.warning("audit: %s", exc)  # the clock sees to it again
            return
        log.log(logging.INFO if done.found.clean else logging.WARNING, "audit: %s", done.found)

    def warm_up(self) -> None:
        """Load the model before the first message needs it."""
        self.platform.warm_up()

    def _slice_s(self) -> float:
        return min(SLICE_S, self._settings.task_time_limit_s / 4)

    def _surely(self, work: Callable[[], Result], task: str, body: str) -> Result | None:
        """Do what only this message knows of. Raises Reject, which puts the message back, while that is impossible.

        Where the message meets a bug it is kept, as a refused one is, since it would meet it again; returns None then.
        """
        try:
            return patiently(work, self._settings.task_time_limit_s / 2)
        except (Unavailable, SoftTimeLimitExceeded) as exc:
            raise Reject(str(exc), requeue=True) from exc
        except Exception as exc:
            log.exception("a message for %r is kept", task)
            self._keep(task, Problem("error", f"{type(exc).__name__}: {exc}"), body)
            return None

    def _keep(self, task: str, problem: Problem, body: str) -> None:
        try:
            patiently(
                lambda: self.platform.refused.keep(task, None, problem, body), self._settings.task_time_limit_s / 4
            )
        except (Unavailable, SoftTimeLimitExceeded) as exc:
            raise Reject(str(exc), requeue=True) from exc

    @cached_property
    def platform(self) -> Platform:
        """The services of this process."""
        return build(self._settings)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The pipeline of this process, its encoder loaded."""
        platform, settings = self.platform, self._settings
        builder = RowBuilder(
            platform.encoder,
            platform.images,
            platform.limits,
            settings.decode_threads,
            settings.max_attempts,
            settings.predict_from,
        )
        photos = PhotoFetcher(platform.fetcher, platform.images, settings.fetch_threads)
        # Single changes that wait are embedded together, as many as make the encoder quick: more would only make each
        # of them wait for the others. `tests/long/bench_singles.py` measures it.
        gather = min(settings.chunk_size, EMBEDDED_TOGETHER)
        return Pipeline(platform.claims, builder, platform.index, photos, gather)
