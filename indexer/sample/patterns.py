"""Patterns and textures of cloth: each pattern paints a square that repeats seamlessly in every direction."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw

from indexer.sample.palette import RGB, mix
from indexer.sample.textures import textured

TILE: Final = 256  # pixels of the double-size canvas; every period below divides it
FIELD: Final = 1280  # the double-size canvas's diagonal: cloth that covers it at any angle
_FINE: Final = 2  # tiles are drawn this much larger and reduced, for smooth edges

Painter = Callable[[RGB, RGB, random.Random], Image.Image]


def cloth(pattern: str, fabric: str, base: RGB, accent: RGB, rng: random.Random) -> Image.Image:
    """A field of patterned, textured cloth, `FIELD` pixels square."""
    tile = textured(PATTERNS[pattern](base, accent, rng), fabric, rng)
    if tile.width == FIELD:
        return tile
    field = Image.new("RGB", (FIELD, FIELD))
    for x in range(0, FIELD, TILE):
        for y in range(0, FIELD, TILE):
            field.paste(tile, (x, y))
    return field


def solid(base: RGB, accent: RGB, rng: random.Random) -> Image.Image:
    """One colour."""
    return Image.new("RGB", (TILE, TILE), base)


def striped(base: RGB, accent: RGB, rng: random.Random) -> Image.Image:
    """Horizontal stripes; always more base than accent."""
    return _stripes(base, accent, rng.choice([(32, 0.3), (64, 0.28), (64, 0.44), (42.666, 0.4)]))


def _stripes(base: RGB, accent: RGB, weave: tuple[float, float]) -> Image.Image:
    period, share = weave
    tile, pen = _blank(base)
    for row in range(round(TILE / period)):
        top = (row + 0.3) * period * _FINE
        pen.rectangle((0, top, TILE * _FINE, top + period * share * _FINE - 1), fill=accent)
    return tile.reduce(_FINE)


def checked(base: RGB, accent: RGB, rng: random.Random) -> Image.Image:
    """Woven bands in both directions, darker where they cross, with a fine overcheck."""
    period = rng.choice([32, 64, 64])
    half = mix(base, accent, 0.5)
    tile, pen = _blank(base)
    starts = [start * _FINE for start in range(period // 4, TILE, period)]
    width, side = period * 0.33 * _FINE, TILE * _FINE
    for start in starts:
        pen.rectangle((0, start, side, start + width - 1), fill=half)
        pen.rectangle((start, 0, start + width - 1, side), fill=half)
    for x in starts:
        for y in starts:
            pen.rectangle((x, y, x + width - 1, y + width - 1), fill=mix(base, accent, 0.85))
    return tile.reduce(_FINE)


def dotted(base: RGB, accent: RGB, rng: random.Random) -> Image.Image:
    """Polka dots on a staggered grid."""
    period, radius = rng.choice([(32, 5.0), (64, 9.0), (64, 13.0)])
    tile, pen = _blank(base)
    for row in range(2 * TILE // period):
        for column in range(TILE // period):
            x = (column + 0.25 + 0.5 * (row % 2)) * period
            y = (row + 0.5) * period / 2
            _disc(pen, x, y, radius, accent)
    return tile.reduce(_FINE)


def floral(base: RGB, accent: RGB, rng: random.Random) -> Image.Image:
    """Small five-petalled flowers with leaves, scattered so that none touch."""
    tile, pen = _blank(base)
    leaf = mix(mix(base, (70, 120, 70), 0.6), (0, 0, 0), 0.08)
    heart = (236, 190, 80) if accent[2] > 110 else (250, 244, 230)
    step = TILE / 4
    for row in range(4):
        for column in range(4):
            x = (column + 0.25 + 0.5 * (row % 2) + rng.uniform(-0.1, 0.1)) * step
            y = (row + 0.5 + rng.uniform(-0.12, 0.12)) * step
            size = rng.uniform(0.75, 1.2) if (row + column) % 3 else 0.55
            _flower(pen, (x, y), size, rng.uniform(0, math.tau), (accent, heart, leaf))
    return tile.reduce(_FINE)


def colour_block(base: RGB, accent: RGB, rng: random.Random) -> Image.Image:
    """A broad panel of the accent below, with a narrow one above it; not a repeat, so it fills the whole field."""
    field = Image.new("RGB", (FIELD, FIELD), base)
    pen = ImageDraw.Draw(field)
    edge = FIELD // 2 + rng.choice([100, 130, 160])
    pen.rectangle((0, edge, FIELD, FIELD), fill=accent)
    pen.rectangle((0, edge - 46, FIELD, edge - 22), fill=mix(base, accent, 0.5))
    return field


def _blank(base: RGB) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    tile = Image.new("RGB", (TILE * _FINE, TILE * _FINE), base)
    return tile, ImageDraw.Draw(tile)


def _disc(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: RGB) -> None:
    """A disc, drawn again one tile over on every side, so that one which crosses the edge comes back in."""
    for dx in (-TILE, 0, TILE):
        for dy in (-TILE, 0, TILE):
            cx, cy, r = (x + dx) * _FINE, (y + dy) * _FINE, radius * _FINE
            pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=colour)


def _flower(
    pen: ImageDraw.ImageDraw, at: tuple[float, float], size: float, turn: float, inks: tuple[RGB, RGB, RGB]
) -> None:
    petal, heart, leaf = inks
    x, y = at
    for angle in (turn + 0.3, turn + 2.6):
        for reach in (15.0, 19.0, 22.5):
            spot = reach * size
            _disc(pen, x + spot * math.cos(angle), y + spot * math.sin(angle), (5.6 - reach / 7) * size + 1, leaf)
    for i in range(5):
        angle = turn + i * math.tau / 5
        _disc(pen, x + 8.4 * size * math.cos(angle), y + 8.4 * size * math.sin(angle), 6.2 * size, petal)
    _disc(pen, x, y, 4.2 * size, heart)


PATTERNS: Final[dict[str, Painter]] = {
    "Solid": solid,
    "Striped": striped,
    "Checked": checked,
    "Dotted": dotted,
    "Floral": floral,
    "Colour-block": colour_block,
}
