"""Masks: smooth-edged and soft shapes in black and white, through which the painter paints."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

from indexer.sample.outline import CENTRE_X, HEIGHT, Outline, Point

SCALE: Final = 2  # a cut-out against the output: close-ups are crops of it at full sharpness
_FINE: Final = 2  # masks are drawn this much larger and reduced: what makes edges smooth
_COARSE: Final = 4  # blurred things are worked out this much smaller
_DASH: Final = (5.0 * SCALE * _FINE, 3.0 * SCALE * _FINE)  # of a stitch, and of the gap after it

Box = tuple[int, int, int, int]


def on_canvas(outline: Outline, stretch: tuple[float, float]) -> list[Point]:
    """The outline in a cut-out's pixels, stretched (across, down) about the canvas's middle."""
    across, down = stretch
    middle = HEIGHT / 2
    return [((CENTRE_X + (x - CENTRE_X) * across) * SCALE, (middle + (y - middle) * down) * SCALE) for x, y in outline]


def bounds(points: list[Point], margin: int) -> Box:
    """The pixels that these points touch, and a margin around them."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top = math.floor(min(xs)) - margin, math.floor(min(ys)) - margin
    return left, top, math.ceil(max(xs)) + margin, math.ceil(max(ys)) + margin


def filled(box: Box, outline: list[Point]) -> Image.Image:
    """The mask of a filled outline within `box`."""
    large, pen = _blank(box)
    pen.polygon(_within(box, outline), fill=255)
    return large.reduce(_FINE)


def stroked(box: Box, lines: list[list[Point]], width: float, dashed: bool) -> Image.Image:
    """The mask of lines of a width (in the output's pixels) within `box`."""
    large, pen = _blank(box)
    for line in lines:
        whole = _within(box, line)
        for piece in _dashes(whole) if dashed else [whole]:
            pen.line(piece, fill=255, width=max(1, round(width * SCALE * _FINE)), joint="curve")
    return large.reduce(_FINE)


def blurred(mask: Image.Image, radius: float) -> Image.Image:
    """The mask blurred, worked out at a quarter of the size: nobody can see the difference, and it is far quicker."""
    small = mask.reduce(_COARSE)
    padded = Image.new("L", (small.width + 4, small.height + 4), 0)
    padded.paste(small, (2, 2))
    soft = padded.filter(ImageFilter.GaussianBlur(radius / _COARSE)).crop((2, 2, small.width + 2, small.height + 2))
    return soft.resize(mask.size, Image.Resampling.BILINEAR)


def _blank(box: Box) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    large = Image.new("L", ((box[2] - box[0]) * _FINE, (box[3] - box[1]) * _FINE), 0)
    return large, ImageDraw.Draw(large)


def _within(box: Box, points: list[Point]) -> list[Point]:
    return [((x - box[0]) * _FINE, (y - box[1]) * _FINE) for x, y in points]


def _dashes(line: list[Point]) -> list[list[Point]]:
    """The line cut into dashes of even length, whatever the lengths of its segments."""
    on, period = _DASH[0], sum(_DASH)
    pieces: list[list[Point]] = []
    travelled = 0.0
    for (x0, y0), (x1, y1) in pairwise(line):
        length = math.hypot(x1 - x0, y1 - y0)
        at = 0.0
        while at < length:
            phase = (travelled + at) % period
            step = min((on if phase < on else period) - phase + 1e-6, length - at)
            if phase < on:
                ends = at / length, (at + step) / length
                pieces.append([(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for share in ends])
            at += step
        travelled += length
    return pieces
