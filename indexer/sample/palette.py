"""The sample catalogue's colours: twelve retail names, what each looks like, and what goes with it."""

from __future__ import annotations

import random
from typing import Final

RGB = tuple[int, int, int]

# Chosen far apart from each other, so that jitter and shading never turn one name into another. Black is not (0, 0, 0)
# and white is not (255, 255, 255): both need room for shadows and highlights.
PALETTE: Final[dict[str, RGB]] = {
    "Black": (34, 34, 38),
    "White": (243, 242, 238),
    "Blue": (62, 118, 198),
    "Navy Blue": (30, 42, 92),
    "Red": (198, 38, 46),
    "Green": (52, 132, 84),
    "Yellow": (242, 202, 66),
    "Pink": (240, 156, 182),
    "Purple": (120, 70, 156),
    "Orange": (238, 124, 44),
    "Brown": (120, 78, 48),
    "Grey": (146, 148, 153),
}

# The second colour of a pattern. The first name is the classic; every one reads clearly against its base.
ACCENTS: Final[dict[str, tuple[str, ...]]] = {
    "Black": ("White", "Grey", "Red", "Pink"),
    "White": ("Navy Blue", "Black", "Red", "Blue", "Green"),
    "Blue": ("White", "Navy Blue", "Yellow"),
    "Navy Blue": ("White", "Red", "Yellow", "Pink"),
    "Red": ("White", "Navy Blue", "Black"),
    "Green": ("White", "Yellow", "Navy Blue"),
    "Yellow": ("White", "Navy Blue", "Brown"),
    "Pink": ("White", "Red", "Purple"),
    "Purple": ("White", "Yellow", "Pink"),
    "Orange": ("White", "Brown", "Navy Blue"),
    "Brown": ("White", "Orange", "Yellow"),
    "Grey": ("White", "Black", "Navy Blue", "Yellow"),
}

# Colours that belong to a material and not to the product's colour.
FIXED_INKS: Final[dict[str, RGB]] = {
    "gold": (206, 166, 92),
    "silver": (190, 194, 200),
    "steel": (120, 124, 132),
    "white": (250, 250, 248),
    "rubber": (240, 238, 232),
    "gum": (196, 150, 104),
    "ink": (26, 26, 30),
    "stitch": (214, 160, 84),
    "wood": (150, 112, 78),
}


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """The colour `share` of the way from `a` to `b`."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def lightness(colour: RGB) -> float:
    """Perceived lightness, 0 to 255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def dyed(name: str, rng: random.Random) -> RGB:
    """The named colour as one batch of cloth took it: a little lighter or darker, a little warmer or cooler."""
    lift = rng.uniform(-7, 7)
    warmth = rng.uniform(-4, 4)
    red, green, blue = PALETTE[name]
    clipped = [max(0, min(250, round(value))) for value in (red + lift + warmth, green + lift, blue + lift - warmth)]
    return clipped[0], clipped[1], clipped[2]


def nearest_name(colour: RGB) -> str:
    """The palette's name for the colour closest to this one."""
    return min(PALETTE, key=lambda name: sum((x - y) ** 2 for x, y in zip(PALETTE[name], colour, strict=True)))


def inks_for(base: RGB, accent: RGB) -> dict[str, RGB]:
    """Every named ink of one product: its own colour in several depths, its accent, and the fixed materials."""
    dark = lightness(base) < 70
    return {
        **FIXED_INKS,
        "base": base,
        "accent": accent,
        "shade": mix(base, (0, 0, 0), 0.16),
        "deep": mix(base, (0, 0, 0), 0.5),
        "lining": mix(base, (20, 18, 24), 0.42),
        "tint": mix(base, (255, 255, 255), 0.22),
        # A seam on dark cloth shows as a lighter ridge, on light cloth as a darker groove.
        "seam": mix(base, (255, 255, 255), 0.2) if dark else mix(base, (10, 8, 16), 0.3),
        "topstitch": mix(base, (255, 255, 255), 0.42) if dark else mix(base, (10, 8, 16), 0.22),
        "button": mix(base, (255, 255, 255), 0.62) if lightness(base) < 150 else mix(base, (30, 24, 20), 0.45),
    }
