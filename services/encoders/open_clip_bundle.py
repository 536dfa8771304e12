"""A fine-tuned open_clip model on disk: `model.json`, `weights.safetensors`, `MODEL_CARD.md`, as any bundle has.

The architecture is named, not stored: open_clip builds it. Weights are kept in half precision.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import open_clip
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from services.encoders.bundle import FORMAT, MANIFEST, WEIGHTS, calibration_in, file_sha256, replace_text, write_weights
from services.encoders.calibration import ScoreCalibration
from services.encoders.open_clip_encoder import OpenClipEncoder, OpenClipSource
from services.encoders.protocol import ModelInfo
from services.errors import ModelError
from services.precision import Precision

KIND = "open_clip"
_OWN_KEYS = {
    "format",
    "kind",
    "name",
    "version",
    "fingerprint",
    "dimensions",
    "architecture",
    "preprocessing",
    "calibration",
}


@dataclass(frozen=True)
class Sight:
    """How the model sees a photo, in open_clip's words."""

    image_mean: tuple[float, float, float]
    image_std: tuple[float, float, float]
    image_interpolation: str
    image_resize_mode: str


@dataclass(frozen=True)
class OpenClipBundle:
    """A fine-tuned open_clip model's facts. `architecture` is open_clip's name for it."""

    info: ModelInfo
    architecture: str
    quick_gelu: bool
    sight: Sight
    calibration: ScoreCalibration | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def sight_of(network: Any) -> Sight:
    """How open_clip's `network` sees photos."""
    visual = network.visual
    cfg = visual.preprocess_cfg
    return Sight(tuple(cfg["mean"]), tuple(cfg["std"]), cfg["interpolation"], cfg["resize_mode"])


def write_open_clip_bundle(
    folder: Path, bundle: OpenClipBundle, state: Mapping[str, Tensor], card: Callable[[OpenClipBundle], str]
) -> OpenClipBundle:
    """Write a bundle and return it with the fingerprint of what was written. Raises ModelError as write_bundle does."""
    print_of = write_weights(folder, state)
    written = replace(bundle, info=replace(bundle.info, fingerprint=print_of))
    write_open_clip_facts(folder, written, card(written))
    return written


def write_open_clip_facts(folder: Path, bundle: OpenClipBundle, card: str) -> None:
    """Replace the card and `model.json` beside weights that stay as they are."""
    manifest = {
        "format": FORMAT,
        "kind": KIND,
        "name": bundle.info.name,
        "version": bundle.info.version,
        "fingerprint": bundle.info.fingerprint,
        "dimensions": bundle.info.dimensions,
        "architecture": {"name": bundle.architecture, "quick_gelu": bundle.quick_gelu},
        "preprocessing": asdict(bundle.sight),
        "calibration": bundle.calibration and bundle.calibration.to_json(),
        **bundle.facts,
    }
    replace_text(folder / "MODEL_CARD.md", card)
    replace_text(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def read_open_clip_bundle(folder: Path) -> OpenClipBundle:
    """The facts of the bundle in `folder`. Raises ModelError when they are missing or damaged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        if file_sha256(folder / WEIGHTS) != manifest["fingerprint"]:
            raise ModelError(f"{folder}: {WEIGHTS} does not match the hash in {MANIFEST}; copy the bundle again")
        told: dict[str, Any] = manifest["preprocessing"]
        sight = Sight(
            tuple(told["image_mean"]), tuple(told["image_std"]), told["image_interpolation"], told["image_resize_mode"]
        )
        info = ModelInfo(manifest["name"], manifest["version"], manifest["fingerprint"], manifest["dimensions"])
        facts = {key: value for key, value in manifest.items() if key not in _OWN_KEYS}
        shape = manifest["architecture"]
        return OpenClipBundle(info, shape["name"], shape["quick_gelu"], sight, calibration_in(manifest, folder), facts)
    except FileNotFoundError as exc:
        raise ModelError(f"{folder}: not a model bundle, {Path(exc.filename).name} is missing") from exc
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as exc:
        raise ModelError(f"{folder}: unreadable model bundle: {exc!r}") from exc


class OpenClipBundleEncoder(OpenClipEncoder):
    """An open_clip model from a bundle."""

    def __init__(
        self, bundle: OpenClipBundle, network: Any, preprocess: Any, tokenizer: Any, precision: Precision = "f32"
    ) -> None:
        source = OpenClipSource(bundle.architecture, None, bundle.info.version)
        super().__init__(source, network, preprocess, tokenizer, precision)
        self.bundle = bundle
        self._info = bundle.info

    @property
    def calibration(self) -> ScoreCalibration | None:
        """What its scores are worth; None where nobody has measured it."""
        return self.bundle.calibration


def load_open_clip_bundle(folder: Path, precision: Precision = "f32") -> OpenClipBundleEncoder:
    """Load the bundle in `folder`, to see photos in `precision`.

    Raises ModelError when it is missing, damaged or does not fit its architecture.
    """
    bundle = read_open_clip_bundle(folder)
    try:
        network, _, preprocess = open_clip.create_model_and_transforms(
            bundle.architecture, force_quick_gelu=bundle.quick_gelu, **asdict(bundle.sight)
        )
        state = {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}
        missing, unexpected = network.load_state_dict(state, strict=False)
        tokenizer = open_clip.get_tokenizer(bundle.architecture)
    except ImportError as exc:
        raise ModelError(f"{folder}: needs a package that is not installed; run `pip install {exc.name}`") from exc
    except (OSError, RuntimeError, ValueError, SafetensorError) as exc:
        raise ModelError(f"{folder}: cannot be loaded as open_clip's {bundle.architecture}: {exc}") from exc
    if missing or unexpected:
        raise ModelError(f"{folder}: the weights lack {missing[:3]} and have unknown {unexpected[:3]}")
    return OpenClipBundleEncoder(bundle, network, preprocess, tokenizer, precision)
