"""What tests of training share: a report that nobody reads, and the terms of a loss as the log has them."""

import csv
from pathlib import Path


def silent(told: str, done: int, total: int) -> None:
    """A report that nobody reads."""


def losses(folder: Path, name: str) -> list[float]:
    """A term of the loss over the run whose checkpoint and logs are in `folder`, as the CSV log has it."""
    with (folder / "logs" / "version_0" / "metrics.csv").open(newline="") as file:
        return [float(row[name]) for row in csv.DictReader(file) if row.get(name)]
