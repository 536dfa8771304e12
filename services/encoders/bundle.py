"""A model bundle on disk: `model.json`, `weights.safetensors`, `MODEL_CARD.md`. No pickles.

`model.json` is written last, and names the hash of the weights beside it: a bundle that was cut off
while being written, or whose weights were swapped, does not load. Its facts (metrics, licence) may be
rewritten later; its weights never change under one `model.json`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, float16, float32

from services.encoders.calibration import ScoreCalibration, calibration_from_json
from services.encoders.network import Architecture
from services.encoders.preprocess import Preprocessing
from services.encoders.protocol import ModelInfo
from services.encoders.tokenizer import Tokenizer
from services.errors import ModelError

FORMAT = 1
MANIFEST, WEIGHTS, CARD = "model.json", "weights.safetensors", "MODEL_CARD.md"
_OWN_KEYS = {
    *("format", "name", "version", "fingerprint"),
    *("architecture", "preprocessing", "labels", "tokenizer", "calibration"),
}


@dataclass(frozen=True)
class Bundle:
    """A model's facts. `labels` lists each head's classes in the order of its logits."""

    info: ModelInfo
    architecture: Architecture
    preprocessing: Preprocessing
    labels: dict[str, list[str]]
    tokenizer: Tokenizer | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """Training data, recipe, metrics and licence, as the card tells them: the other keys of `model.json`."""
    calibration: ScoreCalibration | None = None

    def __post_init__(self) -> None:
        if clash := sorted(_OWN_KEYS & self.facts.keys()):
            raise ValueError(f"facts may not be called {', '.join(clash)}: {MANIFEST} has keys of that name already")


def read_bundle(folder: Path) -> tuple[Bundle, dict[str, Tensor]]:
    """Read the bundle in `folder`: its facts, and float32 weights by parameter name.

    Raises ModelError when a file is missing, of another format, or does not match the recorded hash.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            found = manifest.get("format") if isinstance(manifest, dict) else manifest
            raise ModelError(f"{folder}: {MANIFEST} has format {found!r}; this version reads format {FORMAT}")
        weights = folder / WEIGHTS
        if file_sha256(weights) != manifest["fingerprint"]:
            raise ModelError(f"{folder}: {WEIGHTS} does not match the hash in {MANIFEST}; copy the bundle again")
        bundle = replace(_parse(manifest), calibration=calibration_in(manifest, folder))
        tensors = {name: tensor.to(float32) for name, tensor in load_file(weights).items()}
    except FileNotFoundError as exc:
        raise ModelError(f"{folder}: not a model bundle, {Path(exc.filename).name} is missing") from exc
    except (OSError, AttributeError, KeyError, TypeError, ValueError, SafetensorError) as exc:
        raise ModelError(f"{folder}: unreadable model bundle: {exc!r}") from exc
    return bundle, tensors


def write_bundle(folder: Path, bundle: Bundle, state: Mapping[str, Tensor], card: Callable[[Bundle], str]) -> Bundle:
    """Write a bundle, weights in half precision, and return it with the fingerprint of what was written.

    `card` makes the model card of the finished bundle. Raises ModelError when a weight is not finite in half
    precision, before anything is written.
    """
    info = replace(bundle.info, fingerprint=write_weights(folder, state), dimensions=bundle.architecture.dimensions)
    written = replace(bundle, info=info)
    write_facts(folder, written, card(written))
    return written


def write_weights(folder: Path, state: Mapping[str, Tensor]) -> str:
    """Write the weights of a bundle in half precision, and return their hash; the folder is no bundle until its
    `model.json` is written. Raises ModelError when one is not finite in half precision, before anything is written."""
    half = {k: v.detach().cpu().to(float16).contiguous() for k, v in state.items() if v.is_floating_point()}
    if broken := [name for name, tensor in half.items() if not tensor.isfinite().all()]:
        raise ModelError(f"weights {broken[:3]} are not finite: training has diverged; lower its learning rates")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    save_file(half, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors lets only the owner read what it writes, and bundles are shared
    return file_sha256(folder / WEIGHTS)


def write_facts(folder: Path, bundle: Bundle, card: str) -> None:
    """Replace the card, then `model.json`, each in one step, beside weights that stay as they are.

    Raises ModelError when the weights in `folder` are not the bundle's.
    """
    weights = folder / WEIGHTS
    if not weights.is_file() or file_sha256(weights) != bundle.info.fingerprint:
        raise ModelError(f"{folder}: {WEIGHTS} is missing, or is not the one that {bundle.info.key} was read from")
    replace_text(folder / CARD, card)
    replace_text(folder / MANIFEST, json.dumps(_manifest(bundle), indent=1, ensure_ascii=False) + "\n")


def write_calibration(folder: Path, calibration: ScoreCalibration) -> None:
    """Put `calibration` into the `model.json` of the bundle in `folder`, of whatever kind, and change nothing else.

    The model's key stays, for its vectors do: no index has to be rebuilt. Raises ModelError when there is no bundle.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as exc:
        raise ModelError(f"{folder}: not a model bundle, no readable {MANIFEST}: {exc}") from exc
    if not isinstance(manifest, dict) or "fingerprint" not in manifest:
        raise ModelError(f"{folder}: not a model bundle, {MANIFEST} names no fingerprint")
    manifest["calibration"] = calibration.to_json()
    replace_text(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def calibration_in(manifest: Mapping[str, Any], folder: Path) -> ScoreCalibration | None:
    """What `write_calibration` put into the manifest of the bundle in `folder`, if anything. Raises ModelError."""
    if manifest.get("calibration") is None:
        return None
    try:
        return calibration_from_json(manifest["calibration"])
    except ModelError as exc:
        raise ModelError(f"{folder}: {exc}") from exc


def replace_text(path: Path, text: str) -> None:
    """Write beside `path` and move into place, so that a reader sees the old text or the new."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)


def _manifest(bundle: Bundle) -> dict[str, Any]:
    tokenizer = bundle.tokenizer
    return {
        "format": FORMAT,
        "name": bundle.info.name,
        "version": bundle.info.version,
        "fingerprint": bundle.info.fingerprint,
        "architecture": asdict(bundle.architecture),
        "preprocessing": asdict(bundle.preprocessing),
        "labels": bundle.labels,
        "tokenizer": tokenizer and {"buckets": tokenizer.buckets, "vocabulary": " ".join(tokenizer.vocabulary)},
        **({"calibration": bundle.calibration.to_json()} if bundle.calibration else {}),
        **bundle.facts,
    }


def _parse(manifest: dict[str, Any]) -> Bundle:
    architecture = Architecture(**manifest["architecture"])
    text = manifest["tokenizer"]
    info = ModelInfo(manifest["name"], manifest["version"], manifest["fingerprint"], architecture.dimensions)
    return Bundle(
        info=info,
        architecture=architecture,
        preprocessing=_preprocessing(manifest["preprocessing"]),
        labels=manifest["labels"],
        tokenizer=text and Tokenizer(tuple(text["vocabulary"].split()), text["buckets"]),
        facts={key: value for key, value in manifest.items() if key not in _OWN_KEYS},
    )


def kind_of(folder: Path) -> str | None:
    """What kind of bundle `folder` holds, where its `model.json` says so: None is this one, or none at all."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    kind = manifest.get("kind") if isinstance(manifest, dict) else None
    return kind if isinstance(kind, str) else None


def _preprocessing(facts: dict[str, Any]) -> Preprocessing:
    # JSON has lists only, and a preprocessing is compared by value.
    known: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()}
    return Preprocessing(**known)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
