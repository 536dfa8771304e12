"""Real catalogues to test on, where there are some: `LOOKALIKE_DATA`, or `../shared/data` beside the project."""

import csv
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def fashion_products() -> Path:
    """The folder of the Fashion Product Images catalogue; skips the test where it is absent."""
    folder = Path(os.environ.get("LOOKALIKE_DATA") or ROOT.parent / "shared" / "data") / "fashion-products"
    if not (folder / "catalogue.csv").is_file():
        pytest.skip(f"needs the Fashion Product Images catalogue in {folder}; LOOKALIKE_DATA names another place")
    return folder


def rows(folder: Path, split: str, limit: int) -> list[dict[str, str]]:
    """The first rows of one split."""
    with (folder / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["split"] == split]
    return found[:limit]
