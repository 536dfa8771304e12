"""From untrusted bytes to an upright RGB picture, or a BadImage that says what is wrong."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from services.errors import BadImage, ImageTooLarge

WORKING_SIZE = (512, 512)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
WHITE = (255, 255, 255)


@dataclass(frozen=True)
class DecodeLimits:
    """What a photo may weigh: `max_bytes` as received, `max_pixels` once decoded."""

    max_bytes: int = 20 * 2**20
    max_pixels: int = 50_000_000


def decode_image(data: bytes, limits: DecodeLimits) -> Image.Image:
    """Decode `data` to an upright RGB image.

    The size in the header is checked before any pixel is decoded, so a decompression bomb costs nothing.
    A large JPEG is decoded at the smallest power-of-two fraction that still covers WORKING_SIZE, above any
    encoder's input: several times faster for camera photos. Queries, indexing and training all come through here.

    Raises ImageTooLarge over a limit, and BadImage for anything that is not a readable photo.
    """
    if not data:
        raise BadImage("the image is empty (0 bytes)")
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(f"the image has {len(data):,} bytes; at most {limits.max_bytes:,} are allowed")
    try:
        with warnings.catch_warnings():
            # Pillow's own bomb warning is replaced by the exact check below; its notes on odd EXIF are noise here.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check_pixels(image, limits)
                image.draft("RGB", WORKING_SIZE)
                return flatten(ImageOps.exif_transpose(image))
    except BadImage:
        raise
    except Image.DecompressionBombError as exc:
        raise ImageTooLarge(f"the image is over {limits.max_pixels:,} pixels") from exc
    # Pillow's decoders raise whatever their C code and parsers meet: OSError, SyntaxError, struct.error, ValueError...
    except Exception as exc:
        raise BadImage(f"not a readable {', '.join(FORMATS)} image: {_first_line(exc)}") from exc


def flatten(image: Image.Image) -> Image.Image:
    """Return `image` as RGB, transparent parts on white, as a shop's page would show them."""
    if image.mode == "RGB":
        image.load()
        return image
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        # 16-bit greyscale: Pillow's convert() clips at 255 instead of scaling.
        image = image.convert("I").point(lambda value: value / 257).convert("L")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        canvas = Image.new("RGBA", rgba.size, (*WHITE, 255))
        return Image.alpha_composite(canvas, rgba).convert("RGB")
    return image.convert("RGB")


def _check_pixels(image: Image.Image, limits: DecodeLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise ImageTooLarge(f"the image is {width}x{height}; at most {limits.max_pixels:,} pixels are allowed")
    if min(width, height) < 1 or max(width, height) > 200 * min(width, height):
        raise BadImage(f"the image is {width}x{height}; no garment is visible in such a strip")


def _first_line(exc: Exception) -> str:
    return (str(exc) or type(exc).__name__).splitlines()[0][:200]
