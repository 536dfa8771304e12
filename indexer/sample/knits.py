"""Knits: sweaters and sweatshirts."""

from __future__ import annotations

from indexer.sample.bodice import (
    body_folds,
    cuffs,
    fronts,
    neck_hole,
    neck_rib,
    ribbed_hem,
    shaped_for,
    sleeves,
    torso,
)
from indexer.sample.marks import Buttons, Garment, Mark, Part, Stroke, stitches
from indexer.sample.outline import both, path, ribbon, symmetric


def sweater(style: str, gender: str) -> Garment:
    """A knitted sweater: crew neck, turtleneck or cardigan."""
    if style == "Cardigan":
        return _cardigan(gender)
    turtle = style == "Turtleneck"
    neck = "high" if turtle else "crew"
    roll = Part(symmetric("M192 58 Q164 58 152 66 Q146 84 148 100 Q168 116 192 116"), "shade", rim=6, lift=2)
    crease = Stroke((path("M150 84 Q192 98 234 84"),), width=1.4, strength=0.7)
    opening = Part(symmetric("M192 60 Q166 60 154 67 Q168 76 192 76"), "lining")
    collar: tuple[Mark, ...] = (roll, opening, crease) if turtle else neck_rib("crew", 13)
    return Garment(
        (
            *neck_hole(neck),
            *sleeves("long"),
            *cuffs("shade", 28),
            Part(torso(neck, shaped_for(gender), hem=412)),
            body_folds(424),
            *ribbed_hem(),
            *collar,
        ),
        fabric="knit",
    )


def _cardigan(gender: str) -> Garment:
    left, right = fronts(shaped_for(gender), 410, "v")
    edge = both("M148 88 Q164 130 190 176 L190 432")
    return Garment(
        (
            *neck_hole("v"),
            *sleeves("long"),
            *cuffs("shade", 28),
            Part(left),
            Part(right),
            body_folds(424),
            *ribbed_hem(),
            Part(ribbon(edge[0], 14), "shade", rim=4, lift=1),
            Part(ribbon(edge[1], 14), "shade", rim=4, lift=2),
            Buttons(tuple((194.0, 200.0 + 44 * i) for i in range(6)), 4.6),
            *(Part(patch, lift=1, rim=4) for patch in both("M124 330 L170 334 L170 382 L122 380")),
            Stroke(both("M124 338 L170 342"), width=4, strength=0.5),
        ),
        fabric="knit",
        focus=(206, 230),
    )


def sweatshirt(style: str, gender: str) -> Garment:
    """A sweatshirt: with a hood and pocket, or with a crew neck."""
    return _hoodie(gender) if style == "Hooded" else _crew(gender)


def _crew(gender: str) -> Garment:
    notch = path("M178 124 L206 124 L192 148")
    return Garment(
        (
            *neck_hole("crew"),
            *sleeves("long"),
            *cuffs("shade", 30),
            Part(torso("crew", shaped_for(gender), hem=410)),
            body_folds(424),
            *ribbed_hem(404, 30),
            Part(notch, "shade", rim=2),
            stitches(path("M178 124 L192 149 L206 124")),
            *neck_rib("crew", 13),
        ),
        drape=1.2,
    )


def _hoodie(gender: str) -> Garment:
    hood = symmetric("M192 36 Q146 36 134 74 Q130 96 140 116 L192 140")
    inside = symmetric("M192 54 Q160 54 152 82 Q150 104 170 122 L192 138")
    rim = both("M192 46 Q152 46 143 82 Q142 112 192 146")
    pocket = symmetric("M192 300 L152 300 L124 352 L124 396 Q160 402 192 402")
    cords = (ribbon(path("M172 124 Q168 170 172 214"), 4), ribbon(path("M212 124 Q218 164 210 202"), 4))
    return Garment(
        (
            *sleeves("long"),
            *cuffs("shade", 30),
            Part(torso("crew", shaped_for(gender), hem=410)),
            body_folds(424),
            Part(hood, lift=2),
            Part(inside, "lining", rim=8),
            *(Part(ribbon(edge, 17), rim=6, lift=1) for edge in rim),
            Part(pocket, lift=1.5, rim=6),
            stitches(*both("M153 305 L127 354 L127 396"), path("M153 304 L231 304")),
            *(Part(cord, "white", rim=1, lift=1) for cord in cords),
            Buttons(((172, 124), (212, 124)), 3, "silver"),
            *ribbed_hem(404, 30),
        ),
        drape=1.2,
    )
