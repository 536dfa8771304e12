"""From a labelled data set to a bundle: read, train, write."""

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from indexer.datasets import Dataset
from indexer.datasets.dataset import TRAIN, VAL, label_sets
from indexer.training.batches import BatchSource, CaptionOf
from indexer.training.build import build_network, build_objective, build_tokenizer
from indexer.training.card import model_card
from indexer.training.loop import CHECKPOINT, Run, fit
from indexer.training.photos import LabelledPhotos, Report, load_photos
from indexer.training.phrases import Captions
from indexer.training.provenance import described, lineage, start_name, told_of
from indexer.training.recipes import Joint, Recipe, Siamese, Triplet
from indexer.training.refine import REFINE, refine
from indexer.training.score import HeldOutScore
from indexer.training.start import preprocessing_for
from indexer.training.teachers import Teachers
from services.encoders.bundle import Bundle, write_bundle
from services.encoders.preprocess import Preprocessing
from services.encoders.protocol import ModelInfo
from services.errors import InvalidCatalogue, InvalidRequest

TRAINING = "training"
"""Folder in the bundle's folder for the checkpoint and the logs of its training."""

SCORED_PHOTOS = 2_000


def train(
    dataset: Dataset,
    recipe: Recipe,
    out: Path,
    report: Report,
    limit: int | None = None,
    name: str = "lookalike-model",
    version: str = "1",
    command: str | None = None,
) -> Bundle:
    """Train on split `train` (its first `limit` rows) and write the bundle to `out`, not yet measured.

    A run that was killed goes on from its last whole epoch when the same is asked for again. `command` is the
    line that does it, for the card. Raises
    InvalidCatalogue for a data set that does not fit, ModelError for start weights that do not.
    """
    began = time.monotonic()
    rows = dataset.rows(TRAIN, limit)
    labels = label_sets(rows, dataset.label_fields)
    _check_labels(dataset, labels)
    tokenizer = build_tokenizer(rows, dataset.label_fields, recipe) if isinstance(recipe, Joint) else None
    network = build_network(labels, tokenizer, recipe)
    preprocessing = preprocessing_for(recipe)
    teachers = _teachers(recipe, labels, preprocessing)
    photos = load_photos(dataset, rows, labels, preprocessing, report)
    field = dataset.label_fields[0]
    source = BatchSource(
        photos, recipe, preprocessing, field, caption_of(photos, recipe), getattr(recipe, "per_class", 0)
    )
    score = _held_out_score(dataset, recipe, labels, preprocessing, report)
    run = Run(recipe, source, out / TRAINING, report, score)
    if recipe.epochs:
        fit(build_objective(network, tokenizer, recipe, field, teachers), run)
    if isinstance(recipe, Joint) and tokenizer is not None and recipe.refine_epochs:
        refine(network, tokenizer, recipe, run, teachers)
    facts = {**facts_of(dataset, recipe, len(photos), limit, began), "command": command}
    info = ModelInfo(name, version, "", recipe.dimensions)
    heads = {head: labels[head] for head in network.architecture.heads}
    bundle = Bundle(info, network.architecture, preprocessing, heads, tokenizer, facts)
    bundle = replace(bundle, facts=described(bundle))
    written = write_bundle(out, bundle, network.state_dict(), model_card)
    for folder in (out / TRAINING, out / TRAINING / REFINE):
        (folder / CHECKPOINT).unlink(missing_ok=True)
    return written


def caption_of(photos: LabelledPhotos, recipe: Recipe) -> CaptionOf | None:
    """What a photo is called, for recipes that learn words."""
    if not hasattr(recipe, "phrases"):
        return None
    how = Captions(recipe.phrases, recipe.word_dropout, recipe.typos)  # type: ignore[attr-defined]
    examples = photos.examples
    return lambda row, chance: how.of(examples[row].title, examples[row].cells, chance)


def _teachers(recipe: Recipe, labels: dict[str, list[str]], preprocessing: Preprocessing) -> Teachers | None:
    if not isinstance(recipe, Joint) or not recipe.teacher_folders:
        return None
    if recipe.alike_fields and (strange := sorted(recipe.alike.keys() - labels.keys())):
        raise InvalidRequest(f"alike_fields: {', '.join(strange)} is no label field of the data ({', '.join(labels)})")
    return Teachers(recipe.teacher_folders, labels, recipe.alike, preprocessing)


def facts_of(dataset: Dataset, recipe: Recipe, rows: int, limit: int | None, began: float) -> dict[str, Any]:
    """What a bundle tells of its training. `minutes` count from the last start of a run that was killed."""
    numbers = {**asdict(recipe), "start": Path(recipe.start).stem}
    taught: dict[str, Any] = {}
    if isinstance(recipe, Joint) and recipe.teacher_folders:
        numbers["teachers"] = ",".join(folder.name for folder in recipe.teacher_folders)
        taught["taught_by"] = [told_of(folder) for folder in recipe.teacher_folders]
    trained_on = {"table": dataset.name, "split": TRAIN, "rows": rows, "labels": list(dataset.label_fields)}
    facts = {
        "recipe": type(recipe).__name__.lower(),
        "hyperparameters": numbers,
        "trained_on": trained_on if limit is None else {**trained_on, "limit": limit},
        "started_from": start_name(recipe),
        "minutes": round((time.monotonic() - began) / 60, 1),
        "machine": _machine(),
        **taught,
    }
    return {**facts, **lineage(Path(recipe.start))} if Path(recipe.start).is_dir() else facts


def _held_out_score(
    dataset: Dataset, recipe: Recipe, labels: dict[str, list[str]], preprocessing: Preprocessing, report: Report
) -> HeldOutScore | None:
    """Figures on the first photos of `val`; None where the data set has no such split."""
    if not dataset.examples.get(VAL):
        return None
    photos = load_photos(dataset, dataset.rows(VAL, SCORED_PHOTOS), labels, preprocessing, report)
    fields = dataset.label_fields[:1] if isinstance(recipe, Siamese | Triplet) else dataset.label_fields
    return HeldOutScore(photos, preprocessing, fields)


def _check_labels(dataset: Dataset, labels: dict[str, list[str]]) -> None:
    if not labels:
        raise InvalidCatalogue(f"{dataset.name}: no label field to learn from")
    if empty := [field for field, names in labels.items() if not names]:
        raise InvalidCatalogue(f"{dataset.name}: no row to train on has a value in {', '.join(empty)}")


def _machine() -> str:
    """What a training time means: the accelerator, or how many CPU threads."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} CPU threads"
