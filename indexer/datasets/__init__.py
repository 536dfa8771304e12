"""Labelled photos to train on and to measure with, whatever layout they are published in."""

from indexer.datasets.dataset import TEST, TRAIN, VAL, Dataset, Example, PhotoSource, label_sets
from indexer.datasets.leakage import Leak, drop_leaks, leaks
from indexer.datasets.open import KINDS, open_dataset, parse_spec
from indexer.datasets.splitting import complete_splits, split_without_leaks, with_validation
from indexer.datasets.table import table_dataset

__all__ = [
    "KINDS",
    "TEST",
    "TRAIN",
    "VAL",
    "Dataset",
    "Example",
    "Leak",
    "PhotoSource",
    "complete_splits",
    "drop_leaks",
    "label_sets",
    "leaks",
    "open_dataset",
    "parse_spec",
    "split_without_leaks",
    "table_dataset",
    "with_validation",
]
