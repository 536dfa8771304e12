"""Measures a bundle on held-out splits, and writes what is found into its `model.json` and its card."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from indexer.calibration import fit_calibration, see_split
from indexer.datasets import VAL, Dataset
from indexer.evaluation.encode import Progress
from indexer.evaluation.evaluate import figures
from indexer.training.card import model_card
from indexer.training.provenance import described
from services.encoders import load_encoder
from services.encoders.bundle import Bundle, write_calibration, write_facts
from services.encoders.bundle_encoder import BundleEncoder
from services.encoders.load import SHIPPED
from services.encoders.open_clip_bundle import OpenClipBundle, OpenClipBundleEncoder, write_open_clip_facts
from services.errors import InvalidCatalogue, ModelError

Figures = dict[str, float | int]


def finish(folder: Path, dataset: Dataset, progress: Progress | None = None) -> Figures:
    """Fit the confidence of the new bundle in `folder` on split `val`, measure it there, and record both.

    Returns the figures. A split too small to fit a confidence on leaves the bundle without one. Raises ModelError
    for a bundle that cannot be read, InvalidCatalogue for a data set that does not fit.
    """
    encoder = load_encoder(str(folder))
    seen = see_split(encoder, dataset, VAL, progress)
    with suppress(InvalidCatalogue):
        write_calibration(folder, fit_calibration(encoder, dataset, VAL, seen=seen))
    found = figures(encoder, dataset, seen.encoded)
    record(folder, dataset.name, VAL, found)
    return found


def record(folder: Path | None, data: str, split: str, found: Mapping[str, float | int]) -> Bundle | OpenClipBundle:
    """Write figures of `split` of the data set `data` into the bundle in `folder`; its weights stay as they are.

    Figures that are there already stay, unless they are measured anew. Those of another data set than the one that
    the model learned from first stand by themselves, under both names. No folder is the bundle that ships.

    Raises ModelError where there is no bundle to write to.
    """
    folder = folder or SHIPPED
    encoder = load_encoder(str(folder))
    if not isinstance(encoder, BundleEncoder | OpenClipBundleEncoder):
        raise ModelError(f"{folder}: not a model bundle, so figures cannot be recorded in it")
    metrics = dict(encoder.bundle.facts.get("metrics", {}))
    own = str(encoder.bundle.facts.get("trained_on", {}).get("table", data)).split("+")[0]
    name = split if data == own else f"{data} {split}"
    metrics[name] = {**metrics.get(name, {}), **_rounded(found)}
    facts = {**described(encoder.bundle), "metrics": metrics}
    if isinstance(encoder, OpenClipBundleEncoder):
        clip = replace(encoder.bundle, facts=facts)
        write_open_clip_facts(folder, clip, model_card(clip))
        return clip
    bundle = replace(encoder.bundle, facts=facts)
    write_facts(folder, bundle, model_card(bundle))
    return bundle


def _rounded(figures: Mapping[str, float | int]) -> Figures:
    """Four decimals: more than a split of a few thousand rows can tell apart."""
    return {name: value if isinstance(value, int) else round(value, 4) for name, value in figures.items()}
