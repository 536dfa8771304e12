"""The part of a photo that a query is about, decoded, and no larger than any model has use for."""

import math

from PIL import Image

from services.images import DecodeLimits, decode_image
from services.images.decode import WORKING_SIDE
from services.search.boxes import Box, crop

MAX_PIXELS = 1_000_000
"""A request may bring a hundred photos of fifty million pixels; all are held until the model takes them."""
MAX_SIDE = 4 * WORKING_SIDE


def decode_part(data: bytes, limits: DecodeLimits, box: Box | None = None) -> Image.Image:
    """Decode `data`, cut it to `box`, and make what is left small enough to have about MAX_PIXELS at most.

    Of a large JPEG as much detail is decoded as leaves the part what a whole photo has. Raises what `decode_image`
    does, and InvalidRequest for a part of hardly a pixel.
    """
    share = min(box.x2 - box.x1, box.y2 - box.y1) if box else 1.0
    side = min(math.ceil(WORKING_SIDE / share), MAX_SIDE)
    part = crop(decode_image(data, limits, side), box)
    factor = math.ceil(math.sqrt(part.width * part.height / MAX_PIXELS))
    # A strip may be narrower than the factor.
    factor = min(factor, part.width, part.height)
    return part.reduce(factor) if factor > 1 else part
