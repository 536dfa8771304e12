"""Ways in which a shopper's photo is worse than the shop's own: pure functions of a picture, and one table of them."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image
from scipy import ndimage

THUMBNAIL = (60, 80)
JPEG_QUALITY = 30
ANGLE = 15
GREY, WHITE = (128, 128, 128), (255, 255, 255)
CENTRE = 0.7
NEAR_WHITE = 240


def thumbnail(image: Image.Image) -> Image.Image:
    """Shrink to fit 60x80 pixels, as in a list of results; a photo that fits already stays as it is."""
    small = image.convert("RGB")
    small.thumbnail(THUMBNAIL, Image.Resampling.LANCZOS)
    return small


def low_quality_jpeg(image: Image.Image) -> Image.Image:
    """Compress to JPEG of quality 30, as messengers do."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=JPEG_QUALITY)
    with Image.open(buffer, formats=["JPEG"]) as decoded:
        return decoded.convert("RGB")


def rotated(image: Image.Image) -> Image.Image:
    """Turn by 15 degrees on white, whole: a phone held askew."""
    turned = image.convert("RGB")
    return turned.rotate(ANGLE, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=WHITE)


def on_grey(image: Image.Image) -> Image.Image:
    """Put a mid-grey background where the studio's is: all that is near white and joined to the picture's edge.

    White parts inside of a garment stay white, unless they touch the edge of the background themselves.
    """
    source = image.convert("RGB")
    paper = source.convert("L").point(lambda value: 255 if value >= NEAR_WHITE else 0)
    return Image.composite(Image.new("RGB", source.size, GREY), source, _joined_to_edge(paper))


def centre(image: Image.Image) -> Image.Image:
    """Crop to the central 70 % of width and height: a close-up, or a box drawn too small."""
    width, height = image.size
    side = (1 - CENTRE) / 2
    box = (round(width * side), round(height * side), round(width * (1 - side)), round(height * (1 - side)))
    return image.convert("RGB").crop((box[0], box[1], max(box[2], box[0] + 1), max(box[3], box[1] + 1)))


@dataclass(frozen=True, slots=True)
class Degradation:
    """One way to spoil a picture. `says` ends the sentence "photos, ..."."""

    says: str
    apply: Callable[[Image.Image], Image.Image]


DEGRADATIONS: Mapping[str, Degradation] = MappingProxyType(
    {
        "thumbnail": Degradation("shrunk to fit 60x80 pixels", thumbnail),
        "jpeg": Degradation("compressed to JPEG quality 30", low_quality_jpeg),
        "rotated": Degradation("rotated by 15 degrees", rotated),
        "grey": Degradation("with a grey background in the place of white", on_grey),
        "centre": Degradation("cropped to the central 70 %", centre),
    }
)
"""All ways, by the ending that their figures bear."""


def _joined_to_edge(paper: Image.Image) -> Image.Image:
    """Of the white (255) parts of a mask, those that reach the edge of the picture, as a mask."""
    # One white pixel around joins all of them into the part of the corner. Pillow's own flood fill takes a second.
    framed = np.pad(np.asarray(paper) > 0, 1, constant_values=True)  # (H + 2, W + 2)
    parts = ndimage.label(framed)[0]
    return Image.fromarray(np.where(parts == parts[0, 0], 255, 0).astype(np.uint8)[1:-1, 1:-1])
