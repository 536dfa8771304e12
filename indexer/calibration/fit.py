"""Calibrates a model on one split of labelled photos, and tells how good that is on another."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.calibration.curve import fit_curve
from indexer.calibration.pairs import Found, find
from indexer.calibration.queries import queries_about
from indexer.calibration.refusal import no_match_threshold
from indexer.calibration.seen import SeenSplit, see_split
from indexer.calibration.temperature import fit_temperature, head_error
from indexer.datasets import VAL, Dataset
from indexer.evaluation.calibration import calibration_error
from indexer.evaluation.encode import EncodedSplit, Progress
from services.encoders import Encoder, load_encoder
from services.encoders.bundle import write_calibration
from services.encoders.calibration import MatchCurve, QueryKind, ScoreCalibration


def fit_calibration(
    encoder: Encoder,
    dataset: Dataset,
    split: str = VAL,
    label_field: str = "",
    seen: SeenSplit | None = None,
    progress: Progress | None = None,
) -> ScoreCalibration:
    """Measure what the scores of `encoder` are worth on `split`, which it must not have learned from.

    A hit is right when it shares the query's `label_field`, by default the first of the data set's. `seen` is the
    split where it has been seen already. Raises InvalidCatalogue where there is no such split, or too little in it.
    """
    label_field = label_field or dataset.label_fields[0]
    seen = seen or see_split(encoder, dataset, split, progress)
    curves = {kind: _curve(found) for kind, found in _searched(encoder, seen.encoded, label_field).items()}
    temperatures = {}
    for name in seen.heads:
        logits, targets = seen.judged(name)
        known = targets >= 0
        if known.any():
            temperatures[name] = fit_temperature(logits[known], targets[known])
    return ScoreCalibration(label_field, curves, temperatures)


def calibration_figures(
    encoder: Encoder,
    calibration: ScoreCalibration,
    dataset: Dataset,
    split: str,
    seen: SeenSplit | None = None,
    progress: Progress | None = None,
) -> dict[str, float]:
    """How well `calibration` holds on `split`, which must not be the one that it was fitted to.

    The figures, for each kind of query (`image`, `text`, `mixed`): `<kind>_match_ece`, the expected calibration error
    of the probabilities of its first hits; `<kind>_no_match_caught`, of the queries whose label is taken out of the
    split first, the share that are told that nothing is close; `<kind>_no_match_false_alarms`, the same of queries
    whose label is there. The last two also over all kinds, without a prefix. For each label head
    `<field>_uncalibrated_ece` and `<field>_calibrated_ece`, of the most likely label. 15 bins.
    """
    seen = seen or see_split(encoder, dataset, split, progress)
    figures: dict[str, float] = {}
    verdicts: dict[str, list[npt.NDArray[np.bool_]]] = {"no_match_caught": [], "no_match_false_alarms": []}
    for kind, found in _searched(encoder, seen.encoded, calibration.label_field).items():
        if (curve := calibration.curves.get(kind)) is None:
            continue
        figures[f"{kind}_match_ece"] = _match_error(curve, found)
        for name, best in (("no_match_caught", found.best_without), ("no_match_false_alarms", found.best)):
            if len(best):
                refused = curve.probability(best.astype(np.float32)) < curve.no_match_below
                figures[f"{kind}_{name}"] = float(refused.mean())
                verdicts[name].append(refused)
    figures |= {name: float(np.concatenate(parts).mean()) for name, parts in verdicts.items() if parts}
    for name in seen.heads:
        logits, targets = seen.judged(name)
        if not len(targets):
            continue
        figures[f"{name}_uncalibrated_ece"] = head_error(logits, targets, 1.0)
        figures[f"{name}_calibrated_ece"] = head_error(logits, targets, calibration.temperature(name))
    return figures


def calibrate_bundle(
    folder: Path,
    dataset: Dataset,
    split: str = VAL,
    label_field: str = "",
    seen: SeenSplit | None = None,
    progress: Progress | None = None,
) -> ScoreCalibration:
    """Calibrate the bundle in `folder` on `split`, and write that into its `model.json`; see `fit_calibration`."""
    calibration = fit_calibration(load_encoder(str(folder)), dataset, split, label_field, seen, progress)
    write_calibration(folder, calibration)
    return calibration


def _searched(encoder: Encoder, encoded: EncodedSplit, label_field: str) -> dict[QueryKind, Found]:
    labels = np.unique([row.cells.get(label_field, "") for row in encoded.rows], return_inverse=True)[1]  # (N,)
    return {
        queries.kind: find(queries.vectors, queries.rows, encoded.vectors, labels)
        for queries in queries_about(encoder, encoded, label_field)
    }


def _curve(found: Found) -> MatchCurve:
    curve = fit_curve(found.scores, found.matches)
    answerable, unanswerable = (
        curve.probability(best.astype(np.float32)).astype(np.float64) for best in (found.best, found.best_without)
    )
    return replace(curve, no_match_below=no_match_threshold(answerable, unanswerable))


def _match_error(curve: MatchCurve, found: Found) -> float:
    # Of hits alone: that random photos are no match is easily told, and would flatter.
    chances = curve.probability(found.scores[found.is_hit].astype(np.float32))  # (P,)
    return calibration_error(chances.tolist(), found.matches[found.is_hit].tolist())
