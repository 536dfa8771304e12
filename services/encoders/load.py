"""One way to get an encoder: the shipped bundle, a bundle's folder, or the name of an open_clip model."""

from pathlib import Path

from services.encoders.protocol import Encoder
from services.errors import ModelError
from services.precision import Precision

SHIPPED = Path(__file__).parent / "bundles" / "lookalike-efficientnet-lite2"


def load_encoder(model: str = "", cache: Path | None = None, precision: Precision = "f32") -> Encoder:
    """Load a model.

    `model` is empty for the bundle that ships with the package, else the path of a bundle's folder, or
    `open_clip:NAME` with an optional `:PRETRAINED` (a tag, or the path of a local weights file), or
    `open_clip:hf-hub:OWNER/NAME`, which open_clip downloads.

    `cache` is a folder where what is costly to prepare may be kept for the next process. `precision` is what photos
    are seen in; words always in single precision.

    Raises ModelError when there is no such model, or it is damaged. Model libraries are imported here, not before.
    """
    if model.startswith("open_clip:"):
        from services.encoders.open_clip_encoder import load_open_clip

        return load_open_clip(model.removeprefix("open_clip:"), precision)
    folder = Path(model).expanduser() if model else SHIPPED
    if not folder.is_dir():
        raise ModelError(f"model {model!r}: no such bundle folder; to use an open_clip model, write open_clip:NAME")
    from services.encoders.bundle import kind_of

    if kind_of(folder) == "open_clip":
        from services.encoders.open_clip_bundle import load_open_clip_bundle

        return load_open_clip_bundle(folder, precision)
    from services.encoders.bundle_encoder import load_bundle

    return load_bundle(folder, cache, precision)
