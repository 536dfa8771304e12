"""The tasks. Each takes JSON, may run twice, and leaves the work to `indexer`."""

import logging
import time
from functools import cached_property

from indexer.pipeline import Pipeline
from indexer.reconcile import audit, sweep
from indexer.rows import RowBuilder
from services.bootstrap import Platform, build
from services.errors import IndexMismatch, Unavailable
from services.settings import Settings
from workers.queue import WorkQueue

log = logging.getLogger(__name__)


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

    def sweep(self) -> None:
        """Queue products whose message was lost."""
        try:
            number = sweep(self.platform.claims, self._queue.send, self._queue.room())
        except Unavailable as exc:
            log.warning("sweep: %s", exc)
            return
        if number:
            log.info("sweep: %d products queued again", number)

    def audit(self) -> None:
        """Compare the index with the catalogue, and repair it."""
        platform = self.platform
        try:
            found = audit(platform.catalogue, platform.claims, platform.index.store(), fix=True)
        except (Unavailable, IndexMismatch) as exc:
            log.warning("audit: %s", exc)
            return
        log.log(logging.INFO if found.clean else logging.WARNING, "audit: %s", found)

    def warm_up(self) -> None:
        """Load the model before the first message needs it."""
        self.platform.warm_up()

    @cached_property
    def platform(self) -> Platform:
        """The services of this process."""
        return build(self._settings)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The pipeline of this process, its encoder loaded."""
        platform = self.platform
        builder = RowBuilder(platform.encoder, platform.images, platform.limits, self._settings.decode_threads)
        return Pipeline(platform.claims, builder, platform.index)
