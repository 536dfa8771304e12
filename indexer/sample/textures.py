"""Textures: the grain of cotton, denim, knit and leather, as small brightness changes over a pattern's tile."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

Grain = npt.NDArray[np.float32]

_SIDE: Final = 256


def textured(tile: Image.Image, fabric: str, rng: random.Random) -> Image.Image:
    """The tile with the fabric's grain; the tile's side must be a multiple of 256."""
    noise = np.random.default_rng(rng.getrandbits(32))
    grain = TEXTURES[fabric](noise)
    repeats = tile.width // _SIDE
    pixels = np.asarray(tile, dtype=np.float32)  # (H, W, 3)
    # Grain shows less on white and black than on the colours between, as it does in a photo.
    level = pixels[..., 1] / np.float32(255)  # (H, W); green is near enough to lightness here
    room = np.float32(0.55) + 2 * level * (1 - level)
    grained = pixels + (np.tile(grain, (repeats, repeats)) * room)[..., None]
    return Image.fromarray(np.clip(grained, 0, 255).astype(np.uint8))


def _speckle(noise: np.random.Generator) -> Grain:
    return noise.standard_normal((_SIDE, _SIDE), dtype=np.float32)


def _grid() -> tuple[Grain, Grain]:
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float32)
    return rows, columns


def cotton(noise: np.random.Generator) -> Grain:
    """A fine, even speckle."""
    return 2.6 * _speckle(noise)


def denim(noise: np.random.Generator) -> Grain:
    """Diagonal twill with pale flecks."""
    rows, columns = _grid()
    twill = 6.0 * np.sin((rows + columns) * np.float32(2 * np.pi / 8))
    slubs = np.repeat(4.5 * _speckle(noise)[: _SIDE // 8], 8, axis=0)
    return np.asarray(twill + slubs + 6 * _speckle(noise), dtype=np.float32)


def knit(noise: np.random.Generator) -> Grain:
    """Columns of V-shaped stitches."""
    rows, columns = _grid()
    across = (columns % 16) / 16
    lean = np.abs(across - 0.5) * 16
    stitch = np.sin((rows - lean) * np.float32(2 * np.pi / 8)) * 8.0
    groove = -13.0 * (np.minimum(across, 1 - across) < 0.09) - 6.0 * (np.abs(across - 0.5) < 0.05)
    return np.asarray(stitch + groove + 2 * _speckle(noise), dtype=np.float32)


def leather(noise: np.random.Generator) -> Grain:
    """Soft, irregular pores."""
    coarse = _speckle(noise)
    rolled = sum(np.roll(coarse, shift, axis) for axis in (0, 1) for shift in (-1, 1, 2))
    return np.asarray(rolled * 1.5, dtype=np.float32)


def canvas(noise: np.random.Generator) -> Grain:
    """A plain weave of visible threads."""
    rows, columns = _grid()
    weave = 4.5 * np.sin(rows * np.float32(np.pi / 2)) * np.sin(columns * np.float32(np.pi / 2) + 0.6)
    return np.asarray(weave + 3 * _speckle(noise), dtype=np.float32)


def smooth(noise: np.random.Generator) -> Grain:
    """Almost nothing: satin, plastic, metal."""
    return 0.9 * _speckle(noise)


TEXTURES: Final[dict[str, Callable[[np.random.Generator], Grain]]] = {
    "cotton": cotton,
    "denim": denim,
    "knit": knit,
    "leather": leather,
    "canvas": canvas,
    "smooth": smooth,
}
