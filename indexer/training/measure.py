"""Measures a bundle on held-out splits, and writes the figures into its `model.json` and its card."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexer.evaluation.encode import Progress
from indexer.evaluation.evaluate import evaluate
from indexer.training.card import model_card
from indexer.training.data import LabelledTable
from indexer.training.provenance import licence_facts, limits, training_command
from services.encoders.bundle import Bundle, write_facts
from services.encoders.bundle_encoder import load_bundle


def measured(
    bundle_folder: Path, table: LabelledTable, splits: Sequence[str], progress: Progress | None = None
) -> Bundle:
    """Measure the bundle in `bundle_folder` on `splits` of `table`, and record the figures beside its weights.

    The weights stay as they are, figures of other splits too, and facts that an older bundle lacks are filled in.
    Raises ModelError for a bundle that cannot be read, InvalidCatalogue for a table that does not fit.
    """
    encoder = load_bundle(bundle_folder)
    metrics = dict(encoder.bundle.facts.get("metrics", {}))
    for split in splits:
        metrics[split] = _rounded(evaluate(encoder, table, split, progress=progress))
    bundle = replace(encoder.bundle, facts={**described(encoder.bundle, table), "metrics": metrics})
    write_facts(bundle_folder, bundle, model_card(bundle))
    return bundle


def described(bundle: Bundle, table: LabelledTable) -> dict[str, Any]:
    """The facts of a bundle trained on `table`, with the licence, the limits and the command that they lack.

    A bundle that was trained on another table keeps what it says of itself.
    """
    facts = dict(bundle.facts)
    data = facts.get("trained_on", {}).get("table")
    if data != table.table.parent.name or "hyperparameters" not in facts:
        return facts
    sees = bundle.preprocessing
    own_fields = replace(table, label_fields=tuple(bundle.labels))
    facts.setdefault("command", training_command(own_fields, facts, bundle.info.name, bundle.info.version))
    facts.setdefault("licence", licence_facts(data, facts["started_from"]))
    facts.setdefault("limits", limits(data, sees.height, sees.width))
    return facts


def _rounded(figures: dict[str, float | int]) -> dict[str, float | int]:
    """Four decimals: more than a split of a few thousand rows can tell apart."""
    return {name: value if isinstance(value, int) else round(value, 4) for name, value in figures.items()}
