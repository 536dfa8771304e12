"""Trousers of every length: jeans, trousers and shorts."""

from __future__ import annotations

from indexer.sample.marks import Buttons, Garment, Mark, Part, Stroke, folds, sheen, stitches
from indexer.sample.outline import Outline, both, box, path, ribbon, symmetric

# From hip to hem: knee (outer, inner) and hem (outer, inner) x of the left leg.
_LEGS = {
    "Skinny": ((128, 176), (140, 176)),
    "Slim": ((124, 180), (132, 182)),
    "Straight": ((118, 182), (116, 184)),
    "Wide Leg": ((100, 184), (82, 184)),
    "Flared": ((126, 178), (100, 190)),
}


def _legs(cut: str, hem: float = 478.0) -> Outline:
    (knee_out, knee_in), (hem_out, hem_in) = _LEGS[cut]
    return symmetric(
        f"M192 60 Q160 60 130 54 C122 100 112 140 110 172 C112 230 {knee_out} 270 {knee_out} 318 "
        f"L{hem_out} {hem} Q{(hem_out + hem_in) / 2} {hem + 7} {hem_in} {hem + 2} L{knee_in} 318 L190 196 L192 194"
    )


def _waist(paint: str = "cloth") -> tuple[Mark, ...]:
    inside = symmetric("M192 50 Q160 50 130 44 L130 64 L192 70")
    band = ribbon(path("M129 56 Q192 72 255 56"), 19)
    return Part(inside, "lining"), Part(band, paint, rim=4, lift=1.5)


def _loops(ink: str) -> tuple[Mark, ...]:
    left = (box(148, 50, 154, 74, 1.5), box(174, 55, 180, 78, 1.5))
    return tuple(Part(side, ink, rim=2, lift=1) for loop in left for side in (loop, _flip(loop)))


def _flip(outline: Outline) -> Outline:
    return tuple((384 - x, y) for x, y in outline)


def jeans(style: str, gender: str) -> Garment:
    """Five-pocket jeans with contrast stitching, rivets and worn thighs."""
    inside, band = _waist()
    (_, _), (hem_out, hem_in) = _LEGS[style]
    pocket = both("M138 72 Q142 106 116 118")
    return Garment(
        (
            inside,
            Part(_legs(style)),
            sheen(*both("M148 170 Q150 220 154 280"), width=20, strength=0.24),
            sheen(*both("M154 330 L156 400"), width=12, strength=0.12),
            folds(*both("M188 190 Q166 192 146 182"), *both("M188 204 Q166 210 150 206")),
            folds(*both("M136 318 Q152 326 174 320"), path("M192 196 L192 230"), width=4),
            Stroke((*pocket, path("M192 76 L192 196"), *both("M190 198 L186 300")), width=1.5),
            stitches(
                *both("M142 74 Q146 112 117 124"),
                path("M184 78 L184 146"),
                path("M179 78 Q178 144 192 152"),
                ink="stitch",
            ),
            stitches(*both(f"M{hem_out + 1} 468 Q{(hem_out + hem_in) / 2} 474 {hem_in} 470"), ink="stitch"),
            band,
            stitches(path("M131 52 Q192 67 253 52"), path("M131 63 Q192 79 253 63"), ink="stitch"),
            *_loops("cloth"),
            Buttons(((192, 66),), 5, "gold"),
            Buttons(((140, 78), (120, 114), (244, 78), (264, 114)), 2.2, "gold"),
        ),
        fabric="denim",
        focus=(170, 120),
        drape=0.7,
    )


def trousers(style: str, gender: str) -> Garment:
    """Pressed trousers with slant pockets and a crease down each leg."""
    inside, band = _waist("shade")
    (knee_out, knee_in), (hem_out, hem_in) = _LEGS[style]
    mid = (hem_out + hem_in) / 2
    crease = both(f"M158 100 Q154 200 {(knee_out + knee_in) / 2} 318 L{mid} 478")
    return Garment(
        (
            inside,
            Part(_legs(style)),
            folds(*both("M188 196 Q168 196 150 186"), path("M192 198 L192 230"), *both("M188 212 Q170 220 156 218")),
            Stroke(crease, width=1.4, strength=0.7),
            sheen(
                *both(f"M152 120 Q148 200 {(knee_out + knee_in) / 2 - 6} 318 L{mid - 6} 470"), width=5, strength=0.16
            ),
            Stroke((*both("M146 72 L120 128"), path("M192 76 L192 196")), width=1.6),
            stitches(path("M180 78 Q178 142 192 150"), *both("M150 74 L124 130")),
            band,
            *_loops("shade"),
            Buttons(((192, 67),), 4),
        ),
        fabric="canvas",
        focus=(170, 130),
        drape=0.8,
    )


def shorts(style: str, gender: str) -> Garment:
    """Shorts: tailored chinos, or sports shorts with a drawstring."""
    if style == "Sports":
        return _sports()
    legs = symmetric("M192 118 Q150 118 118 112 C104 170 90 260 80 352 Q130 370 186 364 L190 268 L192 264")
    inside = symmetric("M192 104 Q150 104 117 100 L117 122 L192 130")
    return Garment(
        (
            Part(inside, "lining"),
            Part(legs),
            folds(*both("M188 268 Q160 266 132 250"), *both("M130 356 Q136 310 128 260"), width=6),
            Part(ribbon(path("M80 352 Q130 370 186 362"), 20), angle=4, lift=1.5, rim=4),
            Part(_flip(ribbon(path("M80 352 Q130 370 186 362"), 20)), angle=-4, lift=1.5, rim=4),
            Stroke((*both("M136 136 L104 204"), path("M192 136 L192 266")), width=1.6),
            stitches(path("M178 138 Q176 206 192 214"), *both("M141 138 L109 206")),
            Part(ribbon(path("M116 112 Q192 132 268 112"), 22), "shade", lift=1.5, rim=4),
            *(Part(box(x, 108, x + 7, 136, 1.5), "shade", rim=2, lift=1) for x in (142, 235)),
            Buttons(((192, 124),), 4.5),
        ),
        fabric="canvas",
        focus=(150, 200),
    )


def _sports() -> Garment:
    legs = symmetric(
        "M192 116 Q150 116 118 110 C106 170 88 250 70 330 Q84 352 128 352 Q160 352 184 346 L190 258 L192 254"
    )
    stripe = both("M116 124 C104 180 92 250 78 334")
    ribs = tuple(path(f"M{x} {114 - abs(192 - x) / 10} L{x} {134 - abs(192 - x) / 10}") for x in range(128, 262, 9))
    return Garment(
        (
            Part(symmetric("M192 102 Q150 102 117 98 L117 120 L192 128"), "lining"),
            Part(legs),
            *(Part(ribbon(line, 9), "white", rim=2, roundness=0.15) for line in stripe),
            folds(
                *both("M188 256 Q160 256 132 236"),
                *both("M130 344 Q136 300 128 250"),
                *both("M160 140 Q156 180 158 210"),
            ),
            Part(ribbon(path("M116 110 Q192 130 268 110"), 24), lift=1.5, rim=4),
            Stroke(ribs, strength=0.5),
            Part(ribbon(path("M188 128 Q176 160 180 190"), 4), "white", rim=1, lift=1),
            Part(ribbon(path("M196 128 Q208 156 202 182"), 4), "white", rim=1, lift=1),
            stitches(*both("M74 338 Q90 344 128 344 Q160 344 183 338")),
        ),
        fabric="smooth",
        focus=(150, 220),
    )
