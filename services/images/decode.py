"""From untrusted bytes to an upright sRGB picture, or a BadImage that says what is wrong."""

import io
import re
import threading
import warnings
from dataclasses import dataclass

from PIL import Image, ImageFile, UnidentifiedImageError

from services.errors import BadImage, ImageTooLarge
from services.images.bombs import refuse_bombs
from services.images.colour import WHITE, flatten
from services.images.profiles import to_srgb

__all__ = ["WHITE", "DecodeLimits", "decode_image", "flatten"]

WORKING_SIDE = 512
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
ORIENTATION = 0x0112
# By the value of the EXIF tag: how to turn or mirror a photo so that it is upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUIET = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


# However many threads a process has: a photo of the most pixels takes 200 MB while it is decoded.
_AT_ONCE = threading.BoundedSemaphore(8)


@dataclass(frozen=True)
class DecodeLimits:
    """What a photo may weigh: `max_bytes` as received, `max_pixels` once decoded."""

    max_bytes: int = 20 * 2**20
    max_pixels: int = 50_000_000


def decode_image(data: bytes, limits: DecodeLimits, side: int = WORKING_SIDE) -> Image.Image:
    """Decode `data` to an upright sRGB image; of an animation, the first frame.

    The size in the header is checked before any pixel is decoded, so a decompression bomb costs nothing.
    A large JPEG is decoded at the smallest power-of-two fraction that leaves `side` pixels on its shorter side,
    by default more than any encoder takes: several times faster for camera photos. Queries, indexing and training
    all come through here.

    Raises ImageTooLarge over a limit, and BadImage for anything that is not a readable photo.
    """
    if not data:
        raise BadImage("the image is empty (0 bytes)")
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(f"the image has {len(data):,} bytes; at most {limits.max_bytes:,} are allowed")
    refuse_bombs(data, limits.max_pixels)
    _quieten()
    try:
        with _AT_ONCE, Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_pixels(image, limits)
            image.draft("RGB", (side, side))
            return _upright(to_srgb(image), _orientation(image))
    except BadImage:
        raise
    except Image.DecompressionBombError as exc:
        raise ImageTooLarge(f"the image is over {limits.max_pixels:,} pixels") from exc
    except UnidentifiedImageError as exc:
        raise BadImage(f"not a readable {', '.join(FORMATS)} image") from exc
    # Pillow's decoders raise whatever their C code and parsers meet: OSError, SyntaxError, struct.error, ValueError...
    except Exception as exc:
        raise BadImage(f"not a readable image: {_first_line(exc)}") from exc


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    """The picture alone, turned upright, with no metadata and no file."""
    if orientation in UPRIGHT:
        picture = picture.transpose(UPRIGHT[orientation])
    elif isinstance(picture, ImageFile.ImageFile):
        picture = picture.copy()
    picture.info.clear()
    return picture


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation of `image`, which is loaded: some formats keep it behind the pixels."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    # EXIF is written by every camera in its own way; a photo is not worse for what cannot be read there.
    except Exception:
        return 1


def _check_pixels(image: Image.Image, limits: DecodeLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise ImageTooLarge(f"the image is {width}x{height}; at most {limits.max_pixels:,} pixels are allowed")
    if min(width, height) < 1 or max(width, height) > 200 * min(width, height):
        raise BadImage(f"the image is {width}x{height}; no garment is visible in such a strip")


def _quieten() -> None:
    """Have Pillow's notes on odd metadata kept quiet in this process, and its bomb warning: ours is the exact check.

    `warnings.catch_warnings` would switch them off and on for all threads at once, photos being decoded in many.
    """
    if _QUIET not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"PIL\.")


def _first_line(exc: Exception) -> str:
    return (str(exc) or type(exc).__name__).splitlines()[0][:200]
