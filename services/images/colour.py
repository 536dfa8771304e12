"""From each of Pillow's modes to plain RGB: 16 bits to 8, palettes looked up, transparent parts on white."""

from collections.abc import Callable

from PIL import Image

WHITE = (255, 255, 255)
# Four million pixels: larger pictures are converted piece by piece, so that what lies between is never whole.
BAND_PIXELS = 2**22
DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")


def flatten(image: Image.Image) -> Image.Image:
    """Return `image` as RGB, transparent parts on white, as a shop's page would show them."""
    if image.mode == "RGB" and not is_transparent(image):
        image.load()
        return image
    return in_bands(image, _flat)


def is_transparent(image: Image.Image) -> bool:
    """Whether some pixels of `image` may be."""
    return image.mode in TRANSPARENT or "transparency" in image.info


def eight_bit(image: Image.Image) -> Image.Image:
    """Greyscale of 16 bits as 8; anything else as it is."""
    if image.mode not in DEEP:
        return image
    # Pillow's convert() clips at 255 instead of scaling.
    return image.convert("I").point(lambda value: value / 257).convert("L")


def in_bands(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """What `convert`, which makes RGB of each pixel by itself, makes of `image`; a large one in horizontal bands."""
    rows = max(1, BAND_PIXELS // image.width)
    if image.height <= rows:
        return convert(image)
    canvas = Image.new("RGB", image.size)
    for top in range(0, image.height, rows):
        box = (0, top, image.width, min(top + rows, image.height))
        canvas.paste(convert(image.crop(box)), box)
    return canvas


def _flat(image: Image.Image) -> Image.Image:
    image = eight_bit(image)
    if is_transparent(image):
        rgba = image.convert("RGBA")
        canvas = Image.new("RGBA", rgba.size, (*WHITE, 255))
        return Image.alpha_composite(canvas, rgba).convert("RGB")
    return image.convert("RGB")
