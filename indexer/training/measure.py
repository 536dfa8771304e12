"""Measures a bundle on held-out splits, and writes the figures into its `model.json` and its card."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from indexer.datasets import Dataset
from indexer.evaluation.encode import Progress
from indexer.evaluation.evaluate import evaluate
from indexer.training.card import model_card
from indexer.training.provenance import described
from services.encoders.bundle import Bundle, write_facts
from services.encoders.bundle_encoder import load_bundle


def measured(bundle_folder: Path, dataset: Dataset, splits: Sequence[str], progress: Progress | None = None) -> Bundle:
    """Measure the bundle in `bundle_folder` on `splits` of `dataset`, and record the figures beside its weights.

    The weights stay as they are, and figures of other splits too. Raises ModelError for a bundle that cannot be
    read, InvalidCatalogue for a data set that does not fit.
    """
    encoder = load_bundle(bundle_folder)
    return recorded(
        bundle_folder, encoder.bundle, {split: evaluate(encoder, dataset, split, progress=progress) for split in splits}
    )


def recorded(bundle_folder: Path, bundle: Bundle, figures: dict[str, dict[str, float | int]]) -> Bundle:
    """Write `figures` (by split) into the files of `bundle`, beside those of other splits."""
    metrics = {**bundle.facts.get("metrics", {})}
    for split, found in figures.items():
        metrics[split] = {**metrics.get(split, {}), **_rounded(found)}
    bundle = replace(bundle, facts={**described(bundle), "metrics": metrics})
    write_facts(bundle_folder, bundle, model_card(bundle))
    return bundle


def _rounded(figures: dict[str, float | int]) -> dict[str, float | int]:
    """Four decimals: more than a split of a few thousand rows can tell apart."""
    return {name: value if isinstance(value, int) else round(value, 4) for name, value in figures.items()}
