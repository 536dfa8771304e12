"""Fine-tunes an open_clip model and writes it as a bundle."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from PIL import Image
from torch import Tensor, nn

from indexer.datasets import Dataset
from indexer.datasets.dataset import TRAIN
from indexer.training.batches import BatchSource
from indexer.training.card import model_card
from indexer.training.loop import CHECKPOINT, Run, fit
from indexer.training.objectives.clip import ClipObjective
from indexer.training.photos import Report, load_photos
from indexer.training.provenance import described
from indexer.training.recipes import SCRATCH, Clip
from indexer.training.run import TRAINING, caption_of, facts_of
from services.encoders.open_clip_bundle import OpenClipBundle, sight_of, write_open_clip_bundle
from services.encoders.open_clip_encoder import create, find_source
from services.encoders.preprocess import Channels, PixelArray
from services.encoders.protocol import ModelInfo
from services.errors import InvalidCatalogue


@dataclass(frozen=True)
class ClipPixels:
    """An open_clip preprocessing as bytes, so that photos are kept as bytes and augmented like all others."""

    preprocess: Callable[[Image.Image], Tensor]
    height: int
    width: int
    mean: Channels
    scale: Channels

    def pixels(self, image: Image.Image) -> PixelArray:
        """What the model sees of `image`, before its normalisation: uint8 (H, W, 3)."""
        seen = self.preprocess(image).permute(1, 2, 0).numpy() * np.array(self.scale) + np.array(self.mean)
        return np.asarray(seen.round().clip(0, 255), np.uint8)


def train_clip(
    dataset: Dataset,
    recipe: Clip,
    out: Path,
    report: Report,
    limit: int | None = None,
    name: str = "lookalike-clip",
    version: str = "1",
    command: str | None = None,
) -> OpenClipBundle:
    """Fine-tune on split `train` (its first `limit` rows) and write the bundle to `out`, not yet measured.

    Raises InvalidCatalogue for data without titles and labels, ModelError for a model that cannot be had.
    """
    began = time.monotonic()
    rows = dataset.rows(TRAIN, limit)
    if not any(row.title.strip() for row in rows) and not dataset.label_fields:
        raise InvalidCatalogue(f"{dataset.name}: no titles and no labels, so there are no words to learn from")
    torch.manual_seed(recipe.seed)
    network, preprocess, tokenizer, quick_gelu = open_trainable(recipe)
    sight = clip_pixels(network, preprocess)
    photos = load_photos(dataset, rows, {}, sight, report)
    source = BatchSource(photos, recipe, sight, None, caption_of(photos, recipe))
    fit(ClipObjective(network, tokenizer), Run(recipe, source, out / TRAINING, report))
    facts = {**facts_of(dataset, recipe, len(photos), limit, began), "command": command}
    dimensions = int(network.encode_text(tokenizer(["a garment"]).to(next(network.parameters()).device)).shape[1])
    info = ModelInfo(name, version, "", dimensions)
    bundle = OpenClipBundle(info, recipe.backbone, quick_gelu, sight_of(network), facts=facts)
    bundle = replace(bundle, facts=described(bundle))
    written = write_open_clip_bundle(out, bundle, network.state_dict(), model_card)
    (out / TRAINING / CHECKPOINT).unlink(missing_ok=True)
    return written


def open_trainable(recipe: Clip) -> tuple[Any, Callable[[Image.Image], Tensor], Any, bool]:
    """The model that `recipe` starts from: network, preprocessing, tokenizer, and whether it uses QuickGELU."""
    if recipe.start == SCRATCH:
        network, _, preprocess = open_clip.create_model_and_transforms(recipe.backbone)
        return network, preprocess, open_clip.get_tokenizer(recipe.backbone), False
    source = find_source(f"{recipe.backbone}:{recipe.start}")
    network, preprocess, tokenizer = create(source)
    return network, preprocess, tokenizer, source.quick_gelu


def clip_pixels(network: nn.Module, preprocess: Callable[[Image.Image], Tensor]) -> ClipPixels:
    """How `network` sees photos, as a preprocessing of bytes."""
    sight = sight_of(network)
    _, height, width = preprocess(Image.new("RGB", (64, 64))).shape
    return ClipPixels(preprocess, height, width, _in_bytes(sight.image_mean), _in_bytes(sight.image_std))


def _in_bytes(channels: Channels) -> Channels:
    red, green, blue = channels
    return 255 * red, 255 * green, 255 * blue
