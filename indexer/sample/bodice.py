"""The bodice: torso, sleeves, necklines and collars that tops, dresses and coats share."""

from __future__ import annotations

from indexer.sample.marks import Mark, Part, Stroke, folds, stitches
from indexer.sample.outline import Outline, both, mirror, path, ribbon, symmetric

# Left halves of necklines, from the middle of the chest up to the shoulder.
NECKS = {
    "crew": "M192 118 C172 118 156 110 148 88",
    "scoop": "M192 146 C166 146 150 122 144 90",
    "v": "M192 160 Q164 130 148 88",
    "high": "M192 100 C176 100 162 98 154 88",
    "boat": "M192 108 C166 108 144 102 128 94",
}


def shaped_for(gender: str) -> float:
    """How far the waist is drawn in: more for women's cuts."""
    return {"Women": 15.0, "Girls": 8.0}.get(gender, 3.0)


def torso(neck: str, waist: float = 4.0, hem: float = 430.0, flare: float = 0.0, tail: float = 0.0) -> Outline:
    """A torso from the neckline to the hem; `flare` widens the hem, and `tail` rounds it like a shirt's."""
    left = 106 - flare
    side = 110 + waist
    return symmetric(
        f"{NECKS[neck]} L102 106 C98 140 102 178 110 206 C{side} 262 {side} 300 {left + 2} {hem - 60} "
        f"L{left} {hem - tail} Q{left + 30} {hem + 4} 150 {hem + 4} L192 {hem + 4 - tail * 0.2}"
    )


def neck_hole(neck: str, depth: float = 164.0) -> tuple[Mark, ...]:
    """The inside of the back, seen through the neck down to `depth`, with the maker's label."""
    edge, top = path(NECKS[neck])[-1]
    outline = symmetric(f"M192 {top + 10} Q{edge + 14} {top + 8} {edge} {top - 1} L{edge + 6} 130 L192 {depth}")
    hole = Part(outline, "lining")
    if neck == "boat":
        return (hole,)
    return hole, Part(path("M182 101 L202 101 L202 110 L182 110"), "white", roundness=0.0)


def neckline(neck: str) -> Outline:
    """The line of the front of the neck, from shoulder to shoulder."""
    left = path(NECKS[neck])
    return tuple(reversed(left)) + mirror(left)[1:]


def neck_rib(neck: str, width: float = 8.0, paint: str = "shade") -> tuple[Mark, ...]:
    """A ribbed band around the neck, behind and in front."""
    edge, top = path(NECKS[neck])[-1]
    back = path(f"M{edge} {top} Q192 {top + 20} {384 - edge} {top}")
    return (
        Part(ribbon(back, width), paint, roundness=0.15, rim=3),
        Part(ribbon(neckline(neck), width), paint, roundness=0.25, rim=3, lift=1.0),
    )


SLEEVES = {
    "cap": "M104 104 C88 112 78 130 74 152 Q90 166 110 168 L112 190 C112 160 108 130 104 104",
    "short": "M104 104 C86 112 70 132 60 156 L34 216 Q58 234 88 238 L112 196 C114 160 110 130 104 104",
    "elbow": "M104 104 C86 112 72 136 64 162 L34 262 Q56 276 82 276 L112 206 C114 160 110 130 104 104",
    "long": "M104 104 C86 112 72 140 64 184 L34 388 Q52 398 72 396 L112 224 C116 176 112 136 104 104",
    "puff": "M104 104 C76 100 56 136 58 178 Q60 196 70 204 Q88 208 104 200 L112 190 C114 160 110 130 104 104",
}
_TILT = {"cap": 14.0, "short": 22.0, "elbow": 16.0, "long": 9.0, "puff": 10.0}


def sleeves(kind: str, paint: str = "cloth") -> tuple[Mark, ...]:
    """Both sleeves, with the cloth's pattern turned to follow the arm."""
    left, right = both(SLEEVES[kind])
    tilt = _TILT[kind]
    arms: tuple[Mark, ...] = (Part(left, paint, angle=tilt), Part(right, paint, angle=-tilt))
    if kind == "long":
        creases = both("M84 250 Q70 262 56 262") + both("M88 266 Q74 284 54 286")
        return (*arms, folds(*creases))
    if kind == "puff":
        return (*arms, folds(*both("M78 116 Q66 150 72 196"), *both("M92 112 Q80 150 88 198"), width=3))
    return (*arms, folds(*both("M108 190 Q90 186 76 194")))


def cuffs(paint: str = "shade", depth: float = 26.0) -> tuple[Mark, ...]:
    """Bands at the ends of long sleeves."""
    top = 392 - depth
    left, right = both(f"M{37 + depth * 0.1} {top} Q56 {top + 9} {77 + depth * 0.12} {top + 5} L74 398 Q52 402 33 391")
    return (Part(left, paint, angle=9, rim=4, lift=1.5), Part(right, paint, angle=-9, rim=4, lift=1.5))


def hem_stitches(y: float = 422.0, flare: float = 0.0) -> Stroke:
    """A line of stitches above the hem."""
    left = 107 - flare
    return stitches(path(f"M{left} {y} Q192 {y + 8} {384 - left} {y}"))


def body_folds(hem: float = 430.0) -> Stroke:
    """The creases that a lying top has at the armpits and waist."""
    return folds(
        *both("M112 208 Q134 226 142 258"),
        *both("M114 232 Q124 270 120 318"),
        *both(f"M140 {hem - 10} Q150 {hem - 60} 144 {hem - 110}"),
        strength=0.2,
    )


def shirt_collar(paint: str = "cloth", spread: float = 0.0) -> tuple[Mark, ...]:
    """A turned-down collar with its stand."""
    stand = symmetric("M192 82 Q166 80 148 88 L160 108 Q174 98 192 98")
    left, right = both(f"M150 84 Q140 92 {136 - spread} 112 L{162 - spread} 142 L192 116 Q166 108 150 84")
    return (
        Part(stand, paint, roundness=0.3, rim=5),
        Part(left, paint, angle=-38, rim=5, lift=2.5),
        Part(right, paint, angle=38, rim=5, lift=2.5),
    )


def strap_loops(x: float, y: float, width: float) -> tuple[Mark, ...]:
    """Thin straps from (x, y) and its mirror, with the length that runs down the back showing behind."""
    behind = both(f"M{x + 12} {y - 64} Q{x + 18} {y - 20} {x + 13} {y + 22}")
    before = both(f"M{x} {y + 4} Q{x + 3} {y - 36} {x + 12} {y - 64}")
    return (
        *(Part(ribbon(line, width), "deep", rim=1) for line in behind),
        *(Part(ribbon(line, width), "shade", rim=1) for line in before),
    )


def ribbed_hem(y: float = 406.0, depth: float = 26.0, left: float = 106.0) -> tuple[Mark, ...]:
    """A ribbed band at the hem."""
    low = y + depth
    band = path(f"M{left} {y} Q192 {y + 8} {384 - left} {y} L{376 - left} {low} Q192 {low + 8} {left + 8} {low}")
    lines = tuple(path(f"M{x} {y + 7} L{x} {low + 2}") for x in range(round(left) + 12, 378 - round(left), 7))
    return Part(band, "shade", rim=4, lift=1.5), Stroke(lines, width=1.0, strength=0.4)


def fronts(waist: float, hem: float, neck: str) -> tuple[Outline, Outline]:
    """The two halves of a garment that opens down the front."""
    side = 110 + waist
    return both(
        f"M196 {hem + 4} L196 160 {'L' + NECKS[neck].removeprefix('M')} L102 106 C98 140 102 178 110 206 "
        f"C{side} 262 {side} 300 108 {hem - 60} L106 {hem} Q140 {hem + 4} 196 {hem + 4}"
    )
