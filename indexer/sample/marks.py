"""Marks: what a garment is made of, as data: filled parts, strokes and buttons, in painting order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from indexer.sample.outline import Outline, Point, placed

CLOTH = "cloth"


@dataclass(frozen=True)
class Part:
    """A filled piece. `paint` is an ink's name, or "cloth" for the product's patterned cloth."""

    outline: Outline
    paint: str = CLOTH
    angle: float = 0.0  # degrees by which the cloth's pattern is turned, as it is on a sleeve
    roundness: float = 0.28  # how much darker the piece is at its edges
    rim: float = 9.0  # how far in that darkness reaches
    lift: float = 0.0  # how far above the pieces below it; it throws a soft shadow on them


@dataclass(frozen=True)
class Stroke:
    """Lines of one ink: seams, stitches (dashed), and soft folds and highlights (blurred)."""

    lines: tuple[Outline, ...]
    ink: str = "seam"
    width: float = 1.2
    strength: float = 1.0
    dashed: bool = False
    blur: float = 0.0


@dataclass(frozen=True)
class Buttons:
    """Round buttons, rivets or studs of one size."""

    centres: tuple[Point, ...]
    radius: float = 3.4
    ink: str = "button"


Mark = Part | Stroke | Buttons


@dataclass(frozen=True)
class Garment:
    """A drawing before it has colours: marks from back to front, and how the thing behaves in a photo."""

    marks: tuple[Mark, ...]
    fabric: str = "cotton"
    focus: Point = (192.0, 256.0)  # where a close-up looks
    standing: bool = False  # stands on the ground (shoes, bags) rather than lying flat
    drape: float = 1.0  # how visibly the material folds


def moved(marks: tuple[Mark, ...], dx: float, dy: float, scale: float = 1.0, degrees: float = 0.0) -> tuple[Mark, ...]:
    """The marks somewhere else: the second shoe of a pair."""

    def put(outline: Outline) -> Outline:
        return placed(outline, dx, dy, scale, degrees)

    def shift(mark: Mark) -> Mark:
        match mark:
            case Part():
                return replace(mark, outline=put(mark.outline), angle=mark.angle + degrees)
            case Stroke():
                return replace(mark, lines=tuple(put(line) for line in mark.lines))
            case Buttons():
                return replace(mark, centres=put(mark.centres), radius=mark.radius * scale)

    return tuple(shift(mark) for mark in marks)


def folds(*lines: Outline, width: float = 5.0, strength: float = 0.28) -> Stroke:
    """Soft dark creases in cloth."""
    return Stroke(lines, ink="deep", width=width, strength=strength, blur=4.0)


def sheen(*lines: Outline, width: float = 6.0, strength: float = 0.3) -> Stroke:
    """Soft highlights, on leather or satin."""
    return Stroke(lines, ink="white", width=width, strength=strength, blur=5.0)


def stitches(*lines: Outline, ink: str = "topstitch", width: float = 1.1) -> Stroke:
    """A dashed line of topstitching."""
    return Stroke(lines, ink=ink, width=width, dashed=True, strength=0.85)
