"""Backdrops: studio white, coloured paper, walls, and the shadows that products throw on them."""

from __future__ import annotations

import random
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from indexer.sample.outline import HEIGHT, WIDTH
from indexer.sample.palette import RGB, mix

_COARSE: Final = 4  # soft things are worked out this much smaller
_FINE: Final = 2  # edges are drawn this much larger

STANDS_AT: Final = 0.86  # how far down a photo the feet of standing things are; the floor begins above that

# Quiet colours, so that the product stays the most colourful thing in its photo.
PAPERS: Final[tuple[RGB, ...]] = (
    (226, 214, 200),
    (206, 216, 212),
    (216, 208, 222),
    (232, 208, 200),
    (200, 210, 224),
    (222, 222, 216),
    (198, 200, 204),
    (236, 224, 190),
)


def studio() -> Image.Image:
    """Off-white, a little darker towards the corners."""
    rows = np.linspace(-1, 1, HEIGHT // _COARSE, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, WIDTH // _COARSE, dtype=np.float32)[None, :]
    level = 252 - 4 * (rows * rows + columns * columns) - 2 * rows
    small = np.stack([level, level - 0.8, level - 2.2], axis=-1)
    return Image.fromarray(small.astype(np.uint8)).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)


def backdrop_for(colour: RGB, standing: bool, rng: random.Random) -> Image.Image:
    """A coloured ground on which this colour stands out."""
    ranked = sorted(PAPERS, key=lambda paper: -sum((x - y) ** 2 for x, y in zip(paper, colour, strict=True)))
    paper = rng.choice(ranked[:5])
    draw = _wall if standing else rng.choice([_sheet, _disc])
    large = Image.new("RGB", (WIDTH * _FINE, HEIGHT * _FINE), paper)
    draw(ImageDraw.Draw(large), paper, rng)
    return large.reduce(_FINE)


def _wall(pen: ImageDraw.ImageDraw, paper: RGB, rng: random.Random) -> None:
    """A wall with an arch of a lighter tint, and a floor."""
    wide, tall = WIDTH * _FINE, HEIGHT * _FINE
    arch, floor = mix(paper, (255, 255, 255), 0.42), mix(paper, (96, 82, 70), 0.14)
    left, right, top = wide * 0.12, wide * 0.88, tall * rng.uniform(0.06, 0.12)
    radius = (right - left) / 2
    pen.ellipse((left, top, right, top + 2 * radius), fill=arch)
    pen.rectangle((left, top + radius, right, tall), fill=arch)
    pen.rectangle((0, tall * 0.79, wide, tall), fill=floor)


def _sheet(pen: ImageDraw.ImageDraw, paper: RGB, rng: random.Random) -> None:
    """A second sheet of paper, laid askew."""
    wide, tall = WIDTH * _FINE, HEIGHT * _FINE
    tilt = rng.choice([-1, 1]) * tall * rng.uniform(0.04, 0.1)
    edge = tall * rng.uniform(0.52, 0.7)
    pen.polygon([(0, edge - tilt), (wide, edge + tilt), (wide, tall), (0, tall)], fill=mix(paper, (255, 255, 255), 0.4))


def _disc(pen: ImageDraw.ImageDraw, paper: RGB, rng: random.Random) -> None:
    """A large disc of a lighter tint."""
    radius = WIDTH * _FINE * rng.uniform(0.4, 0.47)
    x, y = WIDTH * _FINE / 2, HEIGHT * _FINE * rng.uniform(0.44, 0.54)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=mix(paper, (255, 255, 255), 0.45))


def cast_shadow(ground: Image.Image, alpha: Image.Image) -> None:
    """The soft shadow of something lying flat, lit from the upper left."""
    _darken(ground, ImageChops.lighter(_soft(alpha, 3.4, 0.3, fall=(1, 2)), _soft(alpha, 1.0, 0.22)))


def ground_shadow(ground: Image.Image, alpha: Image.Image) -> None:
    """The shadow of something standing: dark where it touches the ground, faint around it."""
    around = _soft(alpha, 4.0, 0.18, fall=(1, 1))
    left, _, right, bottom = (value / _COARSE for value in alpha.getbbox() or (0, 0, WIDTH, HEIGHT))
    contact = Image.new("L", around.size, 0)
    ImageDraw.Draw(contact).ellipse((left + 2, bottom - 5, right - 2, bottom + 4), fill=112)
    _darken(ground, ImageChops.lighter(around, contact.filter(ImageFilter.GaussianBlur(2.2))))


def _soft(alpha: Image.Image, radius: float, strength: float, fall: tuple[int, int] = (0, 0)) -> Image.Image:
    shadow = Image.new("L", (WIDTH // _COARSE, HEIGHT // _COARSE), 0)
    shadow.paste(alpha.reduce(_COARSE), fall)
    return shadow.filter(ImageFilter.GaussianBlur(radius)).point([round(value * strength) for value in range(256)])


def _darken(ground: Image.Image, shadow: Image.Image) -> None:
    ground.paste((46, 38, 48), (0, 0), shadow.resize(ground.size, Image.Resampling.BILINEAR))
