"""Where a backbone's weights come from: its library's own, a local file, or nowhere."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from indexer.training.recipes import PRETRAINED, SCRATCH, Recipe
from services.encoders.backbones import load_pretrained, start_backbone
from services.encoders.bundle import read_bundle
from services.encoders.preprocess import IMAGENET_MEAN, IMAGENET_SCALE, Preprocessing
from services.encoders.timm_backbones import TIMM, timm_input
from services.errors import ModelError


def start(network: nn.Module, backbone: str, source: str) -> None:
    """Load the weights that `source` names (a recipe's `start`) into the backbone `network`.

    Raises ModelError when they cannot be had, or are another network's.
    """
    if source == SCRATCH:
        return
    state = load_pretrained(backbone) if source == PRETRAINED else read_weights(Path(source))
    start_backbone(network, backbone, state, source)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors in a `.safetensors` file, or in a `.pth` file of plain tensors. Raises ModelError."""
    if not path.is_file():
        raise ModelError(f"start weights {path}: no such file; `{PRETRAINED}` downloads them, `{SCRATCH}` needs none")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, RuntimeError, EOFError, ValueError) as exc:
        raise ModelError(f"{path}: not a readable file of weights: {exc}") from exc
    # torch.load without code raises UnpicklingError, a bare Exception, for anything that is not plain tensors.
    except Exception as exc:
        raise ModelError(f"{path}: not a file of plain tensors; save it as .safetensors") from exc
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelError(f"{path}: not a file of weights by name")
    return state


def preprocessing_for(recipe: Recipe) -> Preprocessing:
    """The input that the start weights were trained for: torchvision's have ImageNet's mean and scale in front."""
    height, width, backbone = recipe.height, recipe.width, recipe.backbone
    if Path(recipe.start).is_dir():
        return replace(read_bundle(Path(recipe.start))[0].preprocessing, height=height, width=width)
    if backbone.startswith(TIMM):
        return Preprocessing(height, width, *timm_input(backbone.removeprefix(TIMM)))
    if recipe.start == PRETRAINED:
        return Preprocessing(height, width, IMAGENET_MEAN, IMAGENET_SCALE)
    return Preprocessing(height, width)
