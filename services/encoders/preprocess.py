"""How a photo becomes the pixels a model sees. Training, indexing and queries all come through here."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from services.images.decode import WHITE, flatten

PixelArray = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Preprocessing:
    """Input size in pixels, and the affine map from bytes to what the first layer expects."""

    height: int
    width: int
    mean: float = 127.5
    scale: float = 127.5

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
