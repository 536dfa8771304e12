"""How a photo becomes the pixels a model sees. Training, indexing and queries all come through here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from services.images.decode import WHITE, flatten

PixelArray = npt.NDArray[np.uint8]
Channels = tuple[float, float, float]

IMAGENET_MEAN: Channels = (123.675, 116.28, 103.53)
IMAGENET_SCALE: Channels = (58.395, 57.12, 57.375)
"""What torchvision's own weights expect (its models' documentation), in bytes."""


class ModelInput(Protocol):
    """What a model sees: the size of its input, the map from bytes to its first layer, and a photo as bytes."""

    @property
    def height(self) -> int:
        """In pixels."""
        ...

    @property
    def width(self) -> int:
        """In pixels."""
        ...

    @property
    def mean(self) -> Channels:
        """Subtracted from bytes, by channel."""
        ...

    @property
    def scale(self) -> Channels:
        """Then divided by, by channel."""
        ...

    def pixels(self, image: Image.Image) -> PixelArray:
        """`image` as the model sees it: uint8 (H, W, 3)."""
        ...


@dataclass(frozen=True)
class Preprocessing:
    """Input size in pixels, and the affine map from bytes to what the first layer expects, by channel."""

    height: int
    width: int
    mean: Channels = (127.5, 127.5, 127.5)
    scale: Channels = (127.5, 127.5, 127.5)

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or len(self.mean) != 3 or len(self.scale) != 3 or 0 in self.scale:
            raise ValueError(f"no input has size {self.width}x{self.height}, mean {self.mean} and scale {self.scale}")

    def pixels(self, image: Image.Image) -> PixelArray:
        """Fit `image` whole into the input, white around it: uint8 (H, W, 3).

        Letterboxing keeps a garment's proportions, which tell trousers from shorts; white is what surrounds
        a studio photo already.
        """
        image = flatten(image)
        ratio = min(self.width / image.width, self.height / image.height)
        size = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
        if image.size != size:
            image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0)
        if size != (self.width, self.height):
            canvas = Image.new("RGB", (self.width, self.height), WHITE)
            canvas.paste(image, ((self.width - size[0]) // 2, (self.height - size[1]) // 2))
            image = canvas
        return np.asarray(image, dtype=np.uint8)

    def batch(self, images: Sequence[Image.Image]) -> PixelArray:
        """Stack N images: uint8 (N, H, W, 3)."""
        return np.stack([self.pixels(image) for image in images])
