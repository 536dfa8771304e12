"""The painter: turns a garment's marks into pixels, shaded and cut out, at twice the output's size."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageChops

from indexer.sample.marks import CLOTH, Buttons, Garment, Mark, Part, Stroke
from indexer.sample.masks import SCALE, Box, blurred, bounds, filled, on_canvas, stroked
from indexer.sample.outline import HEIGHT, WIDTH, ellipse
from indexer.sample.palette import RGB, mix
from indexer.sample.patterns import FIELD

SIZE: Final = (WIDTH * SCALE, HEIGHT * SCALE)


@dataclass(frozen=True)
class Cloth:
    """What the painter dips into: the patterned field, the inks by name, and how the figure is stretched."""

    field: Image.Image
    inks: dict[str, RGB]
    plain: bool = False  # without a pattern that could show which way the cloth lies
    stretch: tuple[float, float] = (1.0, 1.0)


def cut_out(garment: Garment, cloth: Cloth, rng: random.Random) -> tuple[Image.Image, Image.Image]:
    """The garment's colours (RGB) and where it is (L), both `SIZE` pixels; around it the colours mean nothing."""
    # Starting from the garment's own colour, edges stay clean when the image is scaled apart from its mask.
    image = Image.new("RGB", SIZE, cloth.inks["shade"])
    alpha = Image.new("L", SIZE, 0)
    for mark in garment.marks:
        _paint(mark, image, alpha, cloth)
    _light(image, alpha.getbbox() or (0, 0, *SIZE), garment.drape, rng)
    return image, alpha


def _paint(mark: Mark, image: Image.Image, alpha: Image.Image, cloth: Cloth) -> None:
    match mark:
        case Part():
            _fill(mark, image, alpha, cloth)
        case Stroke():
            _draw_lines(mark, image, cloth)
        case Buttons():
            _sew_on(mark, image, cloth)


def _fill(part: Part, image: Image.Image, alpha: Image.Image, cloth: Cloth) -> None:
    points = on_canvas(part.outline, cloth.stretch)
    box = bounds(points, margin=2)
    mask = filled(box, points)
    if part.lift:
        _throw_shadow(image, mask, box, part.lift)
    if part.paint == CLOTH:
        piece = _cut_from(cloth.field, box, 0.0 if cloth.plain else part.angle)
    else:
        piece = Image.new("RGB", mask.size, cloth.inks[part.paint])
    colour = cloth.inks["base" if part.paint == CLOTH else part.paint]
    image.paste(_rounded(piece, mask, part, colour), box[:2], mask)
    alpha.paste(255, box, mask)


def _rounded(piece: Image.Image, mask: Image.Image, part: Part, colour: RGB) -> Image.Image:
    """The piece, darker towards its edges, as if it curved away from the light."""
    if not part.roundness:
        return piece
    inner = blurred(mask, part.rim * SCALE)
    brightest = max(colour)
    # Shaded cloth grows deeper in its own colour, not greyer: the channels that it lacks fall faster.
    curves = (_falling(part.roundness * (1.25 - 0.5 * channel / brightest)) for channel in colour)
    return ImageChops.multiply(piece, Image.merge("RGB", [inner.point(curve) for curve in curves]))


def _falling(depth: float) -> list[int]:
    """A blurred mask is half bright at its own edge, so the upper half of its range is the way inwards."""
    bottom = round(255 * (1 - depth))
    ramp = [bottom + (255 - bottom) * step // 135 for step in range(136)]
    return [bottom] * 110 + ramp + [255] * 10


def _throw_shadow(image: Image.Image, mask: Image.Image, box: Box, lift: float) -> None:
    reach = round(lift * SCALE)
    pad = 3 * reach
    grown = Image.new("L", (mask.width + 2 * pad, mask.height + 2 * pad), 0)
    grown.paste(mask, (pad, pad))
    soft = blurred(grown, reach).point([v * 2 // 5 for v in range(256)])
    image.paste((12, 10, 18), (box[0] - pad, box[1] - pad + reach), soft)


def _draw_lines(stroke: Stroke, image: Image.Image, cloth: Cloth) -> None:
    lines = [on_canvas(line, cloth.stretch) for line in stroke.lines]
    everything = [point for line in lines for point in line]
    box = bounds(everything, margin=math.ceil((stroke.width + 3 * stroke.blur) * SCALE) + 2)
    mask = stroked(box, lines, stroke.width, stroke.dashed)
    if stroke.blur:
        mask = blurred(mask, stroke.blur * SCALE)
    if stroke.strength < 1:
        mask = mask.point([round(v * stroke.strength) for v in range(256)])
    image.paste(cloth.inks[stroke.ink], box[:2], mask)


def _sew_on(buttons: Buttons, image: Image.Image, cloth: Cloth) -> None:
    ink = cloth.inks[buttons.ink]
    # A shadow that falls a little low, the button, and its hollow: each a disc of so many radii.
    rings = ((1.25, 0.35, mix(ink, (0, 0, 0), 0.6)), (1.0, 0.0, ink), (0.55, 0.0, mix(ink, (0, 0, 0), 0.16)))
    for x, y in on_canvas(buttons.centres, cloth.stretch):
        for share, fall, colour in rings:
            r = buttons.radius * SCALE * share
            disc = list(ellipse(x, y + fall * r, r, r))
            box = bounds(disc, margin=1)
            image.paste(colour, box[:2], filled(box, disc))


def _light(image: Image.Image, box: Box, drape: float, rng: random.Random) -> None:
    """Studio light from the upper left, broken by the soft folds that cloth has."""
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 1, (9, 7)).astype(np.float32)
    waves = Image.fromarray(noise).resize((SIZE[0] // 8, SIZE[1] // 8), Image.Resampling.BICUBIC)
    rows = np.linspace(-1, 1, SIZE[1] // 8, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, SIZE[0] // 8, dtype=np.float32)[None, :]
    level = np.asarray(waves) * np.float32(0.34 * drape) - 0.35 * columns - 0.45 * rows
    # Hard light: below 128 it darkens by multiplying, above it lightens by screening, so that black shines too.
    lamp = Image.fromarray((127.5 + np.clip(np.where(level < 0, 17, 9) * level, -48, 24)).astype(np.uint8))
    left, top, right, bottom = box
    under_box = (left / 8, top / 8, right / 8, bottom / 8)
    glow = lamp.resize((right - left, bottom - top), Image.Resampling.BILINEAR, box=under_box)
    image.paste(ImageChops.hard_light(image.crop(box), Image.merge("RGB", (glow, glow, glow))), box)


def _cut_from(field: Image.Image, box: Box, angle: float) -> Image.Image:
    """The piece of cloth that lies under `box`, with the pattern turned about the canvas's middle."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    dx, dy = box[0] - SIZE[0] / 2, box[1] - SIZE[1] / 2
    if not angle:
        left, top = round(FIELD / 2 + dx), round(FIELD / 2 + dy)
        return field.crop((left, top, left + box[2] - box[0], top + box[3] - box[1]))
    matrix = (cos, sin, FIELD / 2 + cos * dx + sin * dy, -sin, cos, FIELD / 2 - sin * dx + cos * dy)
    size = (box[2] - box[0], box[3] - box[1])
    return field.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
