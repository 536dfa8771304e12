"""From a labelled table to a bundle: read, train, write."""

import time
from dataclasses import asdict, replace
from pathlib import Path

import torch

from indexer.training.card import model_card
from indexer.training.data import LabelledTable, label_sets, load_images
from indexer.training.joint import JointRecipe, JointTrainer, Report, build_network, build_tokenizer
from indexer.training.measure import described
from indexer.training.provenance import SCRATCH
from services.encoders.bundle import Bundle, write_bundle
from services.encoders.protocol import ModelInfo
from services.errors import InvalidCatalogue


def train_joint(
    table: LabelledTable,
    recipe: JointRecipe,
    out: Path,
    report: Report,
    start: Path | None = None,
    limit: int | None = None,
    name: str = "lookalike-mobilenetv2",
    version: str = "1",
) -> Bundle:
    """Train on the rows of split `train` (the first `limit`) and write the bundle to `out`, not yet measured.

    Raises InvalidCatalogue for a table that does not fit, ModelError for start weights that do not.
    """
    began = time.monotonic()
    rows = table.rows("train", limit)
    labels = label_sets(rows, table.label_fields)
    if empty := [field for field, names in labels.items() if not names]:
        raise InvalidCatalogue(f"{table.table.name}: no row to train on has a value in column {', '.join(empty)}")
    tokenizer = build_tokenizer(rows, [table.title_column, *table.label_fields], recipe)
    network = build_network(labels, tokenizer, recipe, start)
    data = load_images(table, rows, labels, recipe.preprocessing)
    trainer = JointTrainer(network, tokenizer, data, recipe)
    trainer.run(report)
    trained_on = {"table": table.table.parent.name, "split": "train", "rows": len(data)}
    facts = {
        "recipe": "joint",
        "hyperparameters": asdict(recipe),
        "trained_on": trained_on if limit is None else {**trained_on, "limit": limit},
        "started_from": start.stem if start else SCRATCH,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "machine": _machine(),
    }
    info = ModelInfo(name, version, "", recipe.dimensions)
    bundle = Bundle(info, network.architecture, recipe.preprocessing, labels, tokenizer, facts)
    bundle = replace(bundle, facts=described(bundle, table))
    return write_bundle(out, bundle, network.state_dict(), model_card)


def _machine() -> str:
    """What a training time means: the accelerator, or how many CPU threads."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} CPU threads"
