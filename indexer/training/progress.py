"""Tells how training goes: images a second, and each term of the loss."""

import time
from typing import Any

import pytorch_lightning as lightning

from indexer.training.photos import Report

EVERY_S = 2.0


class ProgressReport(lightning.Callback):
    """Calls `report` about every two seconds, and at the last step."""

    def __init__(self, report: Report, steps: int) -> None:
        self._report, self._steps = report, steps
        self._said, self._seen = time.monotonic(), 0

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, index: int) -> None:
        """Count the batch's photos; tell when it is time."""
        self._seen += len(batch.pixels)
        elapsed = time.monotonic() - self._said
        if elapsed > EVERY_S or trainer.global_step == self._steps:
            terms = {name: value for name, value in trainer.callback_metrics.items() if not name.startswith("val")}
            told = " ".join(f"{name} {float(value):.2f}" for name, value in terms.items())
            self._report(f"{self._seen / elapsed:.0f} images/s  {told}", trainer.global_step, self._steps)
            self._said, self._seen = time.monotonic(), 0

    def on_validation_end(self, trainer: Any, module: Any) -> None:
        """Tell the held-out figures, and leave the time they took out of the rate."""
        figures = {name: value for name, value in trainer.callback_metrics.items() if name.startswith("val")}
        if figures:
            told = " ".join(f"{name} {float(value):.3f}" for name, value in figures.items())
            self._report(f"epoch {trainer.current_epoch + 1}: {told}", trainer.global_step, self._steps)
        self._said, self._seen = time.monotonic(), 0
