"""Drawing a product: its cut-out, and the photo of it that each view takes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PIL import Image

from indexer.sample.backdrop import STANDS_AT, backdrop_for, cast_shadow, ground_shadow, studio
from indexer.sample.kinds import KIND_OF
from indexer.sample.masks import SCALE
from indexer.sample.outline import HEIGHT, WIDTH, Point
from indexer.sample.painter import SIZE, Cloth, cut_out
from indexer.sample.palette import ACCENTS, PALETTE, RGB, dyed, inks_for, mix
from indexer.sample.patterns import cloth

PHOTO_SIZE: Final = (WIDTH, HEIGHT)


@dataclass(frozen=True)
class Look:
    """Everything that decides a product's looks. Equal looks give equal pixels."""

    product_id: str
    category: str
    style: str
    gender: str
    base_colour: str
    pattern: str


@dataclass(frozen=True)
class Layer:
    """Pixels and where they count: RGB and its mask, of one size."""

    image: Image.Image
    alpha: Image.Image


@dataclass(frozen=True)
class Figure:
    """A product ready to be photographed, at twice the photo's size and at the photo's own."""

    large: Layer
    small: Layer
    colour: RGB
    focus: Point
    standing: bool


def figure(look: Look) -> Figure:
    """Draw the product once; its views share the drawing."""
    rng = _luck(f"figure|{look}")
    garment = KIND_OF[look.category].draw(look.style, look.gender)
    base, accent = dyed(look.base_colour, rng), PALETTE[rng.choice(ACCENTS[look.base_colour])]
    if garment.fabric == "denim" and "Blue" in look.base_colour:
        base = mix(base, (104, 112, 126), 0.24)  # washed, as indigo is
    child = look.gender in ("Boys", "Girls")
    stretch = rng.uniform(0.97, 1.02), rng.uniform(0.97, 1.01) * (0.86 if child else 1.0)
    field = cloth(look.pattern, garment.fabric, base, accent, rng)
    image, alpha = cut_out(garment, Cloth(field, inks_for(base, accent), look.pattern == "Solid", stretch), rng)
    small = Layer(image.reduce(SCALE), alpha.reduce(SCALE))
    return Figure(Layer(image, alpha), small, base, garment.focus, garment.standing)


def photograph(subject: Figure, look: Look, view: str) -> Image.Image:
    """The figure as one of `VIEWS` shows it: RGB, `PHOTO_SIZE` pixels."""
    if view not in VIEWS:
        raise ValueError(f"there is no view {view!r}; views are {', '.join(VIEWS)}")
    return VIEWS[view](subject, _luck(f"{view}|{look}"))


def _luck(text: str) -> random.Random:
    """A string seeds Random through SHA-512, not through hash(), so every process draws the same."""
    return random.Random(text)  # noqa: S311 (nothing here is secret)


def front(subject: Figure, rng: random.Random) -> Image.Image:
    """Straight on, before a white studio ground."""
    return _on(studio(), subject.small, subject.standing)


def detail(subject: Figure, rng: random.Random) -> Image.Image:
    """A close-up of the cloth and how it is made."""
    zoom = rng.uniform(1.8, 2.0)
    wide, tall = WIDTH * SCALE / zoom, HEIGHT * SCALE / zoom
    x = subject.focus[0] * SCALE + rng.uniform(-24, 24) - wide / 2
    y = subject.focus[1] * SCALE + rng.uniform(-24, 24) - tall / 2
    left, top = min(max(x, 0), SIZE[0] - wide), min(max(y, 0), SIZE[1] - tall)
    frame = (left, top, left + wide, top + tall)
    image = subject.large.image.resize(PHOTO_SIZE, Image.Resampling.BILINEAR, box=frame)
    alpha = subject.large.alpha.resize(PHOTO_SIZE, Image.Resampling.BILINEAR, box=frame)
    return _on(studio(), Layer(image, alpha), subject.standing)


def styled(subject: Figure, rng: random.Random) -> Image.Image:
    """At an easy angle on coloured paper, or standing before a coloured wall."""
    degrees = rng.uniform(-3, 3) if subject.standing else rng.choice([-1, 1]) * rng.uniform(4, 11)
    scale = rng.uniform(0.84, 0.93)
    x, y = rng.randint(-8, 8), rng.randint(-8, 8)
    if subject.standing:
        feet = (subject.small.alpha.getbbox() or (0, 0, 0, HEIGHT))[3]
        y = round(HEIGHT * STANDS_AT - (HEIGHT / 2 + (feet - HEIGHT / 2) * scale))
    ground = backdrop_for(subject.colour, subject.standing, rng)
    return _on(ground, _turned(subject.small, degrees, scale, (x, y)), subject.standing)


def _turned(layer: Layer, degrees: float, scale: float, shift: tuple[int, int]) -> Layer:
    """The layer turned and scaled about its middle, then shifted; the size stays."""
    cos, sin = math.cos(math.radians(degrees)) / scale, math.sin(math.radians(degrees)) / scale
    x, y = WIDTH / 2 + shift[0], HEIGHT / 2 + shift[1]
    matrix = (cos, sin, WIDTH / 2 - cos * x - sin * y, -sin, cos, HEIGHT / 2 + sin * x - cos * y)
    image = layer.image.transform(PHOTO_SIZE, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    alpha = layer.alpha.transform(PHOTO_SIZE, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return Layer(image, alpha)


def _on(ground: Image.Image, layer: Layer, standing: bool) -> Image.Image:
    shadow = ground_shadow if standing else cast_shadow
    shadow(ground, layer.alpha)
    ground.paste(layer.image, (0, 0), layer.alpha)
    return ground


VIEWS: Final[dict[str, Callable[[Figure, random.Random], Image.Image]]] = {
    "front": front,
    "detail": detail,
    "styled": styled,
}
