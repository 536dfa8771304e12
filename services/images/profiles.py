"""Embedded ICC profiles: what a camera or a print shop meant by its numbers, as the sRGB that encoders know."""

import io
from functools import lru_cache

from PIL import Image, ImageChops, ImageCms

from services.images.colour import eight_bit, flatten, in_bands, is_transparent

# The largest profiles in use, of seven-ink presses, have some 8 MB; none of photos comes near 4.
MAX_PROFILE_BYTES = 4 * 2**20
# Transforms are kept: one for CMYK takes 20 ms and half a megabyte, and a shop's photos share a few.
KEPT_TRANSFORMS = 16
# Profiles that differ from sRGB by no more than their own rounding are sRGB, whatever they call themselves.
ROUNDING = 2
BROKEN = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


def to_srgb(image: Image.Image) -> Image.Image:
    """`image` as RGB, transparent parts on white, its colours as its profile says.

    Without a profile, with that of sRGB, and with one that is broken or for another kind of picture, this is
    `flatten`, to the bit.
    """
    mode = _colour_mode(image.mode)
    profile = image.info.get("icc_profile") or b""
    if not isinstance(profile, bytes) or not 0 < len(profile) <= MAX_PROFILE_BYTES:
        profile = b""
    transform = _transform(profile, mode) if profile or mode == "LAB" else None
    if transform is None:
        return flatten(image)
    return in_bands(image, lambda band: _apply(transform, band, mode))


def _colour_mode(mode: str) -> str:
    """The mode that holds the colours of `mode` alone, in eight bits."""
    if mode in ("CMYK", "LAB"):
        return mode
    return "L" if mode in ("1", "L", "LA", "La") or mode[0] in "IF" else "RGB"


def _apply(transform: ImageCms.ImageCmsTransform, image: Image.Image, mode: str) -> Image.Image:
    image = eight_bit(image)
    rgba = image.convert("RGBA") if is_transparent(image) else None
    converted = transform.apply((rgba or image).convert(mode) if mode == "RGB" else image.convert(mode))
    converted.info.clear()
    if rgba:
        converted.putalpha(rgba.getchannel("A"))
    return flatten(converted)


@lru_cache(KEPT_TRANSFORMS)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from `profile` to sRGB for pictures of `mode`. None where nothing would change, or there is no way."""
    try:
        source = ImageCms.createProfile("LAB") if mode == "LAB" else ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.PERCEPTUAL,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if _changes_nothing(transform, mode) else transform
    except BROKEN:
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether greys and mixtures all over the cube come out as they went in."""
    if mode not in ("L", "RGB"):
        return False
    steps = range(0, 256, 15)
    mixtures = bytes(value for red in steps for green in steps for blue in steps for value in (red, green, blue))
    probe = Image.frombytes("RGB", (len(steps) ** 2, len(steps)), mixtures)
    if mode == "L":
        probe = Image.frombytes("L", (256, 1), bytes(range(256)))
    return max(ImageChops.difference(transform.apply(probe), probe.convert("RGB")).tobytes()) <= ROUNDING
