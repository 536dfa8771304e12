"""Outlines: smooth vector paths written like SVG's, flattened to points on a 384 x 512 canvas."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

Point = tuple[float, float]
Outline = tuple[Point, ...]

WIDTH: Final = 384
HEIGHT: Final = 512
CENTRE_X: Final = WIDTH / 2

_TOKEN = re.compile(r"[MLQC]|-?\d+(?:\.\d+)?")
_POINTS_TAKEN: Final = {"M": 1, "L": 1, "Q": 2, "C": 3}
_STEPS: Final = 20  # segments a curve: smooth at twice the output's size, and quick


def path(text: str) -> Outline:
    """Points along an SVG-like path of absolute `M`, `L`, `Q` and `C` commands; it closes by itself when filled."""
    points: list[Point] = []
    for command, given in _commands(text):
        if command in "ML":
            points.append(given[0])
        else:
            points.extend(_bezier((points[-1], *given)))
    return tuple(points)


def _commands(text: str) -> Iterator[tuple[str, list[Point]]]:
    command, numbers = "M", list[float]()
    for token in _TOKEN.findall(text):
        if token.isalpha():
            command = token
            continue
        numbers.append(float(token))
        if len(numbers) == 2 * _POINTS_TAKEN[command]:
            yield command, list(zip(numbers[::2], numbers[1::2], strict=True))
            numbers = []


def _bezier(controls: tuple[Point, ...]) -> Iterator[Point]:
    degree = len(controls) - 1
    for step in range(1, _STEPS + 1):
        t = step / _STEPS
        weights = [math.comb(degree, i) * t**i * (1 - t) ** (degree - i) for i in range(degree + 1)]
        yield (
            sum(weight * x for weight, (x, _) in zip(weights, controls, strict=True)),
            sum(weight * y for weight, (_, y) in zip(weights, controls, strict=True)),
        )


def mirror(outline: Outline) -> Outline:
    """The same outline on the other side of the canvas's vertical middle."""
    return tuple((2 * CENTRE_X - x, y) for x, y in outline)


def both(text: str) -> tuple[Outline, Outline]:
    """A path and its mirror image."""
    left = path(text)
    return left, mirror(left)


def symmetric(text: str) -> Outline:
    """A whole outline from its left half: the half runs from the top middle to the bottom middle."""
    left = path(text)
    return left + tuple(reversed(mirror(left)))


def ellipse(cx: float, cy: float, rx: float, ry: float) -> Outline:
    """An ellipse around a centre."""
    turns = [2 * math.pi * i / 48 for i in range(48)]
    return tuple((cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in turns)


def box(left: float, top: float, right: float, bottom: float, radius: float = 0.0) -> Outline:
    """A rectangle with rounded corners."""
    r = radius
    return path(
        f"M{left + r} {top} L{right - r} {top} Q{right} {top} {right} {top + r} L{right} {bottom - r} "
        f"Q{right} {bottom} {right - r} {bottom} L{left + r} {bottom} Q{left} {bottom} {left} {bottom - r} "
        f"L{left} {top + r} Q{left} {top} {left + r} {top}"
    )


def ribbon(line: Outline, width: float, end_width: float | None = None) -> Outline:
    """A band of cloth along a line, as an outline; it may taper towards its end."""
    last = width if end_width is None else end_width
    left: list[Point] = []
    right: list[Point] = []
    for i, (x, y) in enumerate(line):
        (x0, y0), (x1, y1) = line[max(i - 1, 0)], line[min(i + 1, len(line) - 1)]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        half = (width + (last - width) * i / max(len(line) - 1, 1)) / 2
        nx, ny = -(y1 - y0) / length * half, (x1 - x0) / length * half
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return tuple(left + right[::-1])


def grown(outline: Outline, margin: float) -> Outline:
    """The outline made larger about its own middle, so that it reaches `margin` further on every side."""
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    cx, cy = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    across, down = 1 + margin / (max(xs) - cx), 1 + margin / (max(ys) - cy)
    return tuple((cx + (x - cx) * across, cy + (y - cy) * down) for x, y in outline)


def placed(outline: Outline, dx: float = 0.0, dy: float = 0.0, scale: float = 1.0, degrees: float = 0.0) -> Outline:
    """The outline turned and scaled about the canvas's middle, then moved."""
    cos, sin = math.cos(math.radians(degrees)) * scale, math.sin(math.radians(degrees)) * scale
    cx, cy = CENTRE_X, HEIGHT / 2
    return tuple(
        (cx + dx + (x - cx) * cos - (y - cy) * sin, cy + dy + (x - cx) * sin + (y - cy) * cos) for x, y in outline
    )
