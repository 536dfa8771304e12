"""The numbers that every recipe has. Each is a flag of `lookalike train`, and each is recorded in the model card."""

from dataclasses import dataclass, field
from typing import TypeVar

from services.errors import InvalidRequest

Value = TypeVar("Value")

PRETRAINED, SCRATCH = "imagenet", "scratch"


def number(default: Value, meaning: str) -> Value:
    """A number of a recipe: its default, and what it means, which is the help text of its flag."""
    value: Value = field(default=default, metadata={"help": meaning})
    return value


@dataclass(frozen=True)
class Recipe:
    """What recipes have in common. A recipe adds its own numbers, and may have other defaults."""

    backbone: str = number("mobilenet_v2", "CNN, by torchvision's name for it, or `timm:` and timm's.")
    start: str = number(
        PRETRAINED, "Start weights: `imagenet` downloads the library's; a file, a bundle's folder, or `scratch`."
    )
    height: int = number(128, "Input height in pixels.")
    width: int = number(96, "Input width in pixels.")
    dimensions: int = number(256, "Length of an embedding.")

    epochs: float = number(8.0, "Passes over the photos.")
    batch_size: int = number(128, "Photos a step.")
    accumulate: int = number(1, "Steps whose gradients are summed before the weights move.")
    backbone_lr: float = number(6e-4, "Highest learning rate of the CNN.")
    head_lr: float = number(2e-3, "Highest learning rate of everything else.")
    weight_decay: float = number(0.02, "AdamW's, on matrices only.")
    warmup: float = number(0.1, "Share of the steps in which the learning rates rise; then they fall as a cosine.")
    clip_norm: float = number(5.0, "Longest gradient.")
    ema: float = number(0.0, "Decay of the moving average of the weights that is kept as the model; 0 keeps the last.")
    patience: int = number(0, "Stop after so many epochs without a better score on `val`; 0 never does.")
    precision: str = number("auto", "`32`, `bf16` or `16`; `auto` is bf16 on a GPU that has it, else 32.")

    balance: float = number(0.0, "0 draws photos evenly, 1 draws rare and common classes alike.")
    small_share: float = number(0.0, "Share of the epochs that see smaller photos.")
    small_scale: float = number(0.75, "How much smaller.")
    zoom: float = number(0.25, "Photos are shrunk by up to half of it, and magnified by up to all of it.")
    shift: float = number(0.08, "Photos are moved by up to this share of half their side.")
    thumbnails: float = number(0.1, "Share of photos that are seen as if they had been 60x80 pixels.")
    erase: float = number(0.0, "Share of photos with a rectangle hidden.")
    seed: int = number(7, "Of everything random.")

    def __post_init__(self) -> None:
        """Raise InvalidRequest for a number that no training can run with."""
        for name in ("batch_size", "accumulate"):
            if getattr(self, name) < 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}: must be 1 or more")
        for name in (
            "epochs",
            "backbone_lr",
            "head_lr",
            "height",
            "width",
            "dimensions",
            "weight_decay",
            "patience",
            "seed",
        ):
            if not getattr(self, name) >= 0:  # written so that NaN fails as well
                raise InvalidRequest(f"{name} {getattr(self, name)}: must not be negative")
        for name in ("warmup", "ema", "balance", "small_share", "thumbnails", "erase"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidRequest(f"{name} {getattr(self, name)}: must lie between 0 and 1")
