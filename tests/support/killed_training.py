"""A training process that dies in its third epoch: run as a script with the drawn shop's folder and the bundle's."""

import os
import signal
import sys
from pathlib import Path

from indexer.training.recipes import SCRATCH, Joint

RECIPE = Joint(
    start=SCRATCH, height=32, width=32, dimensions=8, text_width=8, ngram_buckets=32, batch_size=16, epochs=4, ema=0.9
)


def die_after_epoch_2(told: str, done: int, total: int) -> None:
    """The process goes, and nothing is tidied up."""
    if told.startswith("epoch 2"):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    import torch

    from indexer.datasets import table_dataset
    from indexer.training.run import train

    torch.set_num_threads(1)
    shop, out = map(Path, sys.argv[1:])
    train(table_dataset(shop / "catalogue.csv", shop, ("article_type", "base_colour")), RECIPE, out, die_after_epoch_2)
