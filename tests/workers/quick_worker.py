"""A worker without a model: run as a script. Everything else is real; instead of indexing it notes what it was given.

QUICK_NOTES names the file that each index task adds a line of ids to when it begins, and `done` when it ends;
QUICK_SECONDS is how long one takes.
"""

import os
import time
from pathlib import Path

from services.settings import load_settings
from workers.main import run_worker
from workers.tasks import Tasks


def note(words: str) -> None:
    with Path(os.environ["QUICK_NOTES"]).open("a") as file:
        file.write(f"{words}\n")


def index(self: Tasks, product_ids: list[str]) -> None:
    note(" ".join(product_ids))
    time.sleep(float(os.environ["QUICK_SECONDS"]))
    note("done")


if __name__ == "__main__":
    Tasks.index = index  # type: ignore[method-assign]
    Tasks.warm_up = lambda self: None  # type: ignore[method-assign]
    run_worker(load_settings())
