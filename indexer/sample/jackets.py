"""Jackets: bombers, truckers, bikers and puffers."""

from __future__ import annotations

from indexer.sample.bodice import (
    body_folds,
    cuffs,
    fronts,
    neck_hole,
    neck_rib,
    ribbed_hem,
    shaped_for,
    shirt_collar,
    sleeves,
)
from indexer.sample.marks import Buttons, Garment, Mark, Part, Stroke, folds, sheen, stitches
from indexer.sample.outline import both, box, path, ribbon, symmetric


def jacket(style: str, gender: str) -> Garment:
    """A jacket: bomber, trucker, biker or puffer."""
    drawings = {"Bomber": _bomber, "Biker": _biker, "Puffer": _puffer}
    return drawings.get(style, _trucker)(gender)


def _zip(x: float, top: float, bottom: float) -> tuple[Mark, ...]:
    teeth = tuple(path(f"M{x - 2.4} {y} L{x + 2.4} {y}") for y in range(round(top), round(bottom), 5))
    tape = box(x - 4.5, top, x + 4.5, bottom)
    pull = box(x - 4, top + 4, x + 4, top + 24, 3)
    return Part(tape, "ink", roundness=0), Stroke(teeth, ink="silver", width=1.7), Part(pull, "silver", lift=1)


def _bomber(gender: str) -> Garment:
    left, right = fronts(shaped_for(gender), 396, "crew")
    pockets = both("M128 330 L158 290")
    return Garment(
        (
            *neck_hole("crew"),
            *sleeves("long"),
            *cuffs("shade", 30),
            Part(left),
            Part(right),
            body_folds(404),
            sheen(*both("M132 140 Q140 220 136 300"), width=12, strength=0.18),
            *(Part(ribbon(line, 10), "shade", lift=1, rim=3) for line in pockets),
            *ribbed_hem(392, 32),
            *neck_rib("crew", 17),
            *_zip(192, 116, 428),
        ),
        fabric="smooth",
        drape=1.4,
    )


def _trucker(gender: str) -> Garment:
    left, right = fronts(shaped_for(gender), 400, "crew")
    yoke = both("M100 166 Q150 178 190 176")
    seams = both("M146 176 L158 398") + both("M174 178 L180 398")
    flaps = both("M124 176 L166 178 L166 192 L145 204 L124 190")
    return Garment(
        (
            *neck_hole("crew"),
            *sleeves("long"),
            *cuffs("cloth", 26),
            Part(left),
            Part(right, lift=1),
            body_folds(400),
            sheen(*both("M124 220 Q128 300 126 380"), width=12, strength=0.16),
            Stroke((*yoke, *seams), width=1.4),
            stitches(*both("M101 170 Q150 182 186 180"), *both("M150 206 L162 396"), ink="stitch"),
            *(Part(flap, lift=1.5, rim=4) for flap in flaps),
            Part(ribbon(path("M108 398 Q192 406 276 398"), 22), lift=1.5, rim=4),
            stitches(path("M110 391 Q192 399 274 391"), ink="stitch"),
            Part(path("M183 124 L201 124 L201 408 L183 408"), lift=1, rim=3),
            *shirt_collar(spread=4),
            Buttons(tuple((192.0, 136.0 + 44 * i) for i in range(7)), 4, "gold"),
            Buttons(((145, 195), (239, 195)), 3, "gold"),
        ),
        fabric="denim",
        focus=(220, 200),
        drape=0.7,
    )


def _biker(gender: str) -> Garment:
    left, right = fronts(shaped_for(gender), 394, "v")
    lapels = both("M148 88 L120 128 L142 142 L136 158 L190 214 Q172 140 148 88")
    return Garment(
        (
            *neck_hole("v"),
            *sleeves("long"),
            *cuffs("cloth", 22),
            Part(left),
            Part(right, lift=1.5),
            body_folds(394),
            sheen(*both("M128 170 Q140 240 130 330"), *both("M72 190 Q58 280 50 360"), width=9, strength=0.3),
            Stroke((*both("M110 206 Q150 226 186 228"), *both("M160 230 L164 396")), width=1.5),
            *(Part(lapel, rim=5, lift=2.5, angle=20) for lapel in lapels),
            Stroke(both("M122 128 L142 142") + both("M142 142 L136 158"), width=1.4),
            Part(ribbon(path("M108 390 Q192 402 276 390"), 18), "shade", lift=1.5, rim=3),
            Part(box(180, 386, 204, 406, 3), "silver", rim=3, lift=1.5),
            Part(box(184, 390, 200, 402, 2), "shade", rim=2),
            Stroke((path("M216 216 L208 384"),), ink="silver", width=3.4),
            Stroke((*both("M124 320 L154 296"), path("M232 250 L264 240")), ink="silver", width=3),
            Buttons(((128, 130), (256, 130), (138, 154), (246, 154)), 2.8, "silver"),
        ),
        fabric="leather",
        focus=(170, 180),
    )


def _puffer(gender: str) -> Garment:
    left, right = fronts(0, 420, "crew")
    rows = range(160, 412, 44)
    channels = tuple(path(f"M104 {y} Q192 {y + 9} 280 {y}") for y in rows)
    arms = tuple(
        line
        for i in range(5)
        for line in both(f"M{72 - i * 8} {160 + i * 46} Q{88 - i * 4} {178 + i * 46} {112 - i * 7} {170 + i * 48}")
    )
    puffs = tuple(path(f"M112 {y + 18} Q192 {y + 27} 272 {y + 18}") for y in rows)
    return Garment(
        (
            *sleeves("long"),
            *cuffs("shade", 16),
            Part(left),
            Part(right),
            sheen(*puffs, width=11, strength=0.26),
            folds(*channels, *arms, width=7, strength=0.42),
            Stroke((*channels, *arms), width=1.3),
            Part(symmetric("M192 62 Q158 62 144 76 L140 108 Q168 122 192 122"), rim=8, lift=2),
            Part(symmetric("M192 62 Q160 62 146 76 Q168 86 192 86"), "lining", rim=4),
            *_zip(192, 84, 424),
        ),
        fabric="smooth",
        focus=(150, 230),
    )
