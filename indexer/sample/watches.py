"""Watches, face on."""

from __future__ import annotations

import math

from indexer.sample.marks import Buttons, Garment, Part, Stroke, stitches
from indexer.sample.outline import Outline, both, box, ellipse, path, symmetric


def watch(style: str, gender: str) -> Garment:
    """A wrist watch: a plain analogue one, a chronograph, or a square one."""
    square = style == "Square"
    metal = "gold" if gender == "Women" else "silver"
    strap = symmetric(
        "M192 34 Q160 32 154 44 C152 100 146 150 140 196 L140 316 C146 362 152 412 154 468 Q160 480 192 480"
    )
    case: Outline = box(110, 176, 274, 336, 26) if square else ellipse(192, 256, 92, 92)
    face: Outline = box(122, 188, 262, 324, 18) if square else ellipse(192, 256, 79, 79)
    lugs = both("M132 168 L156 164 L156 190 L128 196") + both("M128 316 L156 322 L156 350 L132 344")
    return Garment(
        (
            Part(strap, rim=12, roundness=0.36),
            stitches(*both("M160 48 C158 100 154 140 150 180"), *both("M150 332 C154 372 158 412 160 464")),
            Buttons(tuple((192.0, 396.0 + 16 * i) for i in range(5)), 2.6, "deep"),
            *(Part(lug, metal, rim=4) for lug in lugs),
            Part(box(276, 245, 293, 267, 3), metal, rim=4),
            *(Part(box(268, y, 288, y + 14, 3), metal, rim=3) for y in ((200, 298) if style == "Chronograph" else ())),
            Part(case, metal, rim=9, roundness=0.42, lift=4),
            Part(face, "ink" if style == "Chronograph" else "white", rim=7, roundness=0.22),
            *_dial(style),
            Stroke((path("M140 220 Q160 192 196 186"),), ink="white", width=10, strength=0.28, blur=4),
        ),
        fabric="leather",
        focus=(192, 256),
        drape=0.2,
    )


def _dial(style: str) -> tuple[Part | Stroke | Buttons, ...]:
    dark = style == "Chronograph"
    ink, metal = ("white", "silver") if dark else ("ink", "steel")
    hours = tuple(_tick(hour * 30, 58, 68) for hour in range(12))
    minutes = tuple(_tick(minute * 6, 66, 69) for minute in range(60))
    small: tuple[Part | Stroke, ...] = ()
    if dark:
        places = ((164, 256), (220, 256), (192, 290))
        pointers = tuple(path(f"M{x} {y} L{x + 6} {y - 9}") for x, y in places)
        small = (
            *(Part(ellipse(x, y, 17, 17), "steel", rim=4) for x, y in places),
            Stroke(pointers, ink="white", width=1.4),
        )
    hands = Stroke((_hand(-58, 38), _hand(54, 56)), ink=ink, width=4)
    return (
        Stroke(minutes, ink=metal, width=1),
        Stroke(hours, ink=ink, width=2.8),
        *small,
        hands,
        Stroke((_hand(200, 58),), ink="accent" if dark else "base", width=1.6),
        Buttons(((192, 256),), 4.4, metal),
    )


def _hand(degrees: float, length: float) -> Outline:
    turn = math.radians(degrees)
    return ((192.0, 256.0), (192 + length * math.sin(turn), 256 - length * math.cos(turn)))


def _tick(degrees: float, inner: float, outer: float) -> Outline:
    return (_hand(degrees, inner)[1], _hand(degrees, outer)[1])
