"""Runs any open_clip model: its own architecture, weights, tokenizer and preprocessing, behind the encoder seam."""

import difflib
import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from PIL import Image
from torch import Tensor, nn

from services.arrays import FloatArray, unit_rows
from services.encoders.protocol import ModelInfo, TextEncoder
from services.errors import ModelError
from services.images import flatten
from services.precision import Precision

BATCH = 32
HUB = "hf-hub:"
WEIGHT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")


@dataclass(frozen=True)
class OpenClipSource:
    """Where a model's architecture and weights come from.

    `architecture` is open_clip's name for it, or `hf-hub:OWNER/NAME`, which brings its own weights; else `weights`
    is a tag that open_clip knows or the path of a local file.
    """

    architecture: str
    weights: str | None
    version: str
    quick_gelu: bool = False

    @property
    def name(self) -> str:
        """The model's name without its version."""
        return self.architecture.removeprefix(HUB)


class OpenClipEncoder:
    """An open_clip model. Stateless after loading but for the tokenizer, which is locked, so threads may share it."""

    def __init__(
        self,
        source: OpenClipSource,
        network: nn.Module,
        preprocess: Callable[[Image.Image], Tensor],
        tokenizer: Callable[[list[str]], Tensor],
        precision: Precision = "f32",
    ) -> None:
        self._precision = precision
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network: Any = network.eval().to(self._device)  # open_clip's classes share no typed base
        self._preprocess, self._tokenizer = preprocess, tokenizer
        self._tokenizer_lock = threading.Lock()  # tokenizers cache as they go, and fast ones refuse two callers
        dimensions = self.encode_texts(["a garment"]).shape[1]
        self._info = ModelInfo(source.name, source.version, fingerprint(network), dimensions)

    @property
    def model(self) -> ModelInfo:
        """What identifies this model."""
        return self._info

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        """Embed N images: float32 (N, D), unit rows."""
        if not images:
            return np.empty((0, self.model.dimensions), np.float32)
        rows = [self._embed_images(images[i : i + BATCH]) for i in range(0, len(images), BATCH)]
        return unit_rows(np.concatenate(rows))

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """Embed N texts: float32 (N, D), unit rows, in the space of the images."""
        if not texts:
            return np.empty((0, self.model.dimensions), np.float32)
        rows = [self._embed_texts(list(texts[i : i + BATCH])) for i in range(0, len(texts), BATCH)]
        return unit_rows(np.concatenate(rows))

    def _embed_images(self, images: Sequence[Image.Image]) -> FloatArray:
        # Flattened first: open_clip's own conversion to RGB would turn transparent parts black.
        batch = torch.stack([self._preprocess(flatten(image)) for image in images])  # (B, 3, H, W)
        half = torch.autocast(self._device.type, torch.bfloat16, enabled=self._precision == "bf16")
        with torch.inference_mode(), half:
            rows: FloatArray = self._network.encode_image(batch.to(self._device)).float().cpu().numpy()  # (B, D)
        return rows

    def _embed_texts(self, texts: list[str]) -> FloatArray:
        with self._tokenizer_lock:
            ids = self._tokenizer(texts)  # (B, context)
        with torch.inference_mode():
            rows: FloatArray = self._network.encode_text(ids.to(self._device)).float().cpu().numpy()  # (B, D)
        return rows


def load_open_clip(spec: str, precision: Precision = "f32") -> TextEncoder:
    """Load the open_clip model `spec`: `NAME`, `NAME:TAG`, `NAME:FILE` or `hf-hub:OWNER/NAME`.

    A name alone means the first weights that open_clip lists for it. Weights that are not on this machine are
    downloaded. `precision` is what photos are seen in. Raises ModelError for an unknown name or tag, a missing or
    unfit file, and a failed download.
    """
    source = find_source(spec)
    return OpenClipEncoder(source, *create(source), precision)


def create(source: OpenClipSource) -> tuple[Any, Callable[[Image.Image], Tensor], Callable[[list[str]], Tensor]]:
    """The network of `source` with its weights, its preprocessing and its tokenizer.

    Raises ModelError when the weights cannot be had, or do not fit.
    """
    if source.weights is not None and Path(source.weights).is_file():
        _refuse_code(Path(source.weights))
    try:
        # The loader that demands weights: the others go on with random ones where a download fails.
        network, preprocess = open_clip.create_model_from_pretrained(
            source.architecture,
            pretrained=source.weights,
            force_quick_gelu=source.quick_gelu,
            weights_only=True,
        )
        tokenizer = open_clip.get_tokenizer(source.architecture)
    except ImportError as exc:
        raise ModelError(
            f"open_clip:{source.architecture} needs a package that is not installed; run `pip install {exc.name}`"
        ) from exc
    # Whatever open_clip, the hub's client, its HTTP library, torch and the tokenizers raise.
    except Exception as exc:
        spec = ":".join(part for part in (source.architecture, source.weights) if part)
        raise ModelError(f"open_clip:{spec} cannot be loaded; {_remedy(source)} ({_first_line(exc)})") from exc
    return network, preprocess, tokenizer


def find_source(spec: str) -> OpenClipSource:
    """Resolve `spec` as far as this machine knows, touching no network. Raises ModelError for unknown parts."""
    if spec.startswith(HUB):
        if spec.removeprefix(HUB).count("/") != 1:
            raise ModelError(f"open_clip:{spec}: write hf-hub:OWNER/NAME")
        return OpenClipSource(spec, None, "hf-hub")
    name, _, weights = spec.partition(":")
    known = open_clip.list_models()
    if name not in known:
        raise ModelError(f"open_clip has no model {name!r}{_close(name, known)}")
    tags = open_clip.list_pretrained_tags_by_model(name)
    if not weights and not tags:
        raise ModelError(f"open_clip has no weights for {name}; name a local file of them: open_clip:{name}:FILE")
    return _weights_source(name, weights or tags[0], tags)


def fingerprint(network: nn.Module) -> str:
    """SHA-256 of the weights by name, type, shape and bytes: the same on every machine and in every file format."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().data if flat.numel() else b"")
    return digest.hexdigest()


def _weights_source(name: str, weights: str, tags: list[str]) -> OpenClipSource:
    config = open_clip.get_pretrained_cfg(name, weights)
    if config:
        # Some weights were trained with another activation than the architecture's; open_clip only warns of it.
        return OpenClipSource(name, weights, weights, bool(config.get("quick_gelu", False)))
    path = Path(weights).expanduser()
    if not path.is_file():
        raise ModelError(
            f"open_clip:{name}: {weights!r} is not a tag of its weights{_close(weights, tags)}, nor a file"
        )
    if path.suffix not in WEIGHT_SUFFIXES:
        raise ModelError(f"{path}: not a weights file; allowed are {', '.join(WEIGHT_SUFFIXES)}")
    return OpenClipSource(name, str(path), path.stem)


def _refuse_code(path: Path) -> None:
    """Raise ModelError unless torch can read `path` as plain tensors: a pickle may run whatever its author likes.

    open_clip asks torch for the same, but asks again without the guard when torch answers with a TypeError.
    """
    if path.suffix == ".safetensors":
        return
    try:
        torch.load(path, map_location="cpu", weights_only=True)
    # A file that is no checkpoint fails in any way that torch's unpickler and archive reader can.
    except Exception as exc:
        raise ModelError(f"{path}: not a file of plain tensors ({_first_line(exc)}); save it as .safetensors") from exc


def _remedy(source: OpenClipSource) -> str:
    if source.weights is not None and Path(source.weights).is_file():
        return f"is {source.weights} a file of weights of {source.architecture}?"
    if source.architecture.startswith(HUB):
        return "it is downloaded the first time it is used: check its name and the network"
    return (
        "it is downloaded the first time it is used: check the network, "
        f"or name a local file of weights: open_clip:{source.architecture}:FILE"
    )


def _close(name: str, known: Sequence[str]) -> str:
    """The known names most like `name`, as a part of a sentence."""
    lowered = {candidate.lower(): candidate for candidate in known}
    close = [lowered[match] for match in difflib.get_close_matches(name.lower(), lowered, n=5, cutoff=0.5)]
    return f" (close to it: {', '.join(close or known[:5])})" if known else ""


def _first_line(exc: Exception) -> str:
    return (str(exc) or type(exc).__name__).splitlines()[0][:300]
