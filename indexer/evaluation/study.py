"""One model measured in every way that was asked for, each photo of the data set encoded once."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from indexer.calibration import SeenSplit, calibration_figures
from indexer.datasets import Dataset
from indexer.evaluation.details import FieldDetails, field_details
from indexer.evaluation.encode import EncodedSplit, Progress, encode_split, joined
from indexer.evaluation.evaluate import Measured, measure
from indexer.evaluation.protocols import K
from indexer.evaluation.robustness import degraded_scores
from indexer.evaluation.typed import TypedResult, typed_results
from indexer.evaluation.vote import vote_scores
from services.encoders.protocol import Encoder, TextEncoder, calibration_of
from services.errors import InvalidCatalogue

Stage = Callable[[str, int, int], None]
"""Called with what is being done, the number of rows done and the number of rows."""

VOTERS = "train"
FITTED_ON = "val"
"""The split that confidence is fitted on, so that it is not measured by it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. `knn` names a label column for the vote of the split `train`; `limit` counts for each split."""

    split: str = "val"
    limit: int | None = None
    all_splits: bool = False
    knn: str | None = None
    robustness: bool = False
    typed: bool = False


@dataclass
class Study:
    """What was found. `gallery` is what words are searched in; `typed` is empty unless it was asked for."""

    encoder: Encoder
    dataset: Dataset
    plan: Plan
    encoded: EncodedSplit
    gallery: EncodedSplit
    measured: Measured
    details: list[FieldDetails]
    typed: list[TypedResult] = field(default_factory=list)


def study(encoder: Encoder, dataset: Dataset, plan: Plan, stage: Stage = lambda what, done, rows: None) -> Study:
    """Measure `encoder` as planned. Raises InvalidCatalogue for a split, column or photos that are not there."""
    if plan.knn is not None:
        _check_knn(dataset, plan)
    parts = {plan.split: encode_split(encoder, dataset, plan.split, plan.limit, _told(stage, f"encoding {plan.split}"))}
    encoded = parts[plan.split]
    for split in _further(dataset, plan):
        told = _told(stage, f"encoding {split}")
        parts[split] = encode_split(encoder, dataset, split, plan.limit, told, classify=False)
    gallery = joined(list(parts.values())) if plan.all_splits else encoded
    measured = measure(encoder, dataset, encoded, gallery if plan.all_splits else None)
    if plan.knn is not None:
        measured.add(vote_scores(plan.knn, encoded, parts[VOTERS]))
    if plan.robustness:
        measured.add(degraded_scores(encoder, dataset, encoded, _told(stage, "degrading photos")))
    calibration = calibration_of(encoder)
    # Labels of another data set cannot tell whether this one's hits are right.
    if calibration is not None and plan.split != FITTED_ON and calibration.label_field in dataset.label_fields:
        measured.figures |= calibration_figures(encoder, calibration, dataset, plan.split, seen=SeenSplit(encoded))
    details = [found for name in dataset.label_fields if (found := field_details(encoded, name)) is not None]
    result = Study(encoder, dataset, plan, encoded, gallery, measured, details)
    if plan.typed and isinstance(encoder, TextEncoder):
        _add_typed(result, encoder)
    return result


def _add_typed(result: Study, encoder: TextEncoder) -> None:
    result.typed = typed_results(encoder, result.gallery)
    if result.typed:
        scores = np.array([found.precision for found in result.typed], np.float64)  # (Q,)
        result.measured.add({f"typed_p@{K}": scores}, typed_queries=len(scores))


def _further(dataset: Dataset, plan: Plan) -> list[str]:
    """The splits to encode besides the measured one."""
    wanted = [split for split in dataset.examples if plan.all_splits or (plan.knn is not None and split == VOTERS)]
    return [split for split in wanted if split != plan.split and dataset.examples[split]]


def _check_knn(dataset: Dataset, plan: Plan) -> None:
    if plan.split == VOTERS:
        raise InvalidCatalogue(f"{dataset.name}: split {VOTERS!r} votes, so another one must be measured")
    for split in (plan.split, VOTERS):
        if not any(row.cells.get(plan.knn or "") for row in dataset.rows(split, plan.limit)):
            raise InvalidCatalogue(f"{dataset.name}: no row of split {split!r} has a label {plan.knn!r}")


def _told(stage: Stage, what: str) -> Progress:
    return lambda done, rows: stage(what, done, rows)
