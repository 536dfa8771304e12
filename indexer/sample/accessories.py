"""Accessories: caps, belts, sunglasses and ties."""

from __future__ import annotations

from indexer.sample.marks import Buttons, Garment, Part, Stroke, folds, sheen, stitches
from indexer.sample.outline import Point, both, box, ellipse, grown, mirror, path, ribbon, symmetric


def cap(style: str, gender: str) -> Garment:
    """A baseball cap, or a flat-brimmed snapback, from the front."""
    crown = symmetric("M192 134 C110 134 70 198 66 300 Q120 330 192 330")
    flat = style == "Snapback"
    low, wide = (362.0, 38.0) if flat else (384.0, 50.0)
    brim = symmetric(
        f"M192 292 C140 292 92 296 68 302 C{wide} 318 {wide - 4} 346 {wide + 8} {low - 8} "
        f"C110 {low - 26} 150 {low - 30} 192 {low - 30}"
    )
    under = symmetric(
        f"M192 {low - 34} C150 {low - 34} 104 {low - 28} {wide + 6} {low - 12} "
        f"Q{wide + 8} {low + 4} {wide + 16} {low} C110 {low - 20} 150 {low - 24} 192 {low - 24}"
    )
    panels = (path("M192 136 L192 300"), *both("M188 136 C140 168 122 230 120 312"))
    rows = tuple(
        line for y in (302, 311, 320) for line in both(f"M192 {y} C146 {y} 104 {y + 6} {64 - (y - 302) / 3} {y + 16}")
    )
    return Garment(
        (
            Part(crown, rim=22, roundness=0.36),
            sheen(path("M104 216 Q124 168 168 152"), width=18, strength=0.2),
            Stroke(panels, width=1.5),
            stitches(*both("M184 140 C136 172 117 232 115 310"), path("M188 140 L188 298"), path("M196 140 L196 298")),
            Buttons(tuple((x, y) for x, y in ((128, 200), (256, 200), (160, 168), (224, 168))), 3, "seam"),
            Part(ellipse(192, 135, 9, 6), "shade", rim=3, lift=1),
            Part(under, "deep", rim=3),
            Part(brim, "accent" if flat else "cloth", rim=12, roundness=0.3, lift=3),
            stitches(*rows),
            Part(ellipse(192, 238, 27, 27), "white", rim=4, roundness=0.12, lift=1),
            Part(symmetric("M192 220 L178 250 L192 243"), "base", rim=2, roundness=0.1),
        ),
        fabric="canvas",
        focus=(160, 240),
        drape=0.4,
    )


def belt(style: str, gender: str) -> Garment:
    """A belt, rolled up with its buckle in front."""
    metal = "gold" if gender == "Women" else "silver"
    back = path("M46 236 C46 178 338 178 338 236 L338 274 C338 224 46 224 46 274")
    front = path("M46 236 C46 304 338 304 338 236 L338 296 C338 366 46 366 46 296")
    tail = path("M150 286 C110 282 70 268 46 236 L46 296 C70 330 110 342 150 346 Q176 342 178 316 Q176 290 150 286")
    frame, hollow = box(146, 272, 240, 360, 14), box(162, 288, 224, 344, 8)
    holes = tuple((262.0 + 17 * i, 312.0 - 3.6 * i - 0.7 * i * i) for i in range(4))
    braids = tuple((_on_belt(i / 26, i % 2 == 0), _on_belt((i + 2) / 26, i % 2 == 1)) for i in range(25))
    edges = (path("M50 250 C70 306 314 306 334 250"), path("M50 292 C70 352 314 352 334 292"))
    return Garment(
        (
            Part(back, "shade", rim=14, roundness=0.42),
            Part(front, rim=10, roundness=0.38),
            sheen(path("M70 282 C130 316 254 316 314 282"), width=10, strength=0.26),
            Buttons(holes, 2.6, "ink"),
            Part(tail, rim=6, lift=2),
            Stroke(braids, width=2.2, strength=0.6) if style == "Braided" else stitches(*edges),
            Part(frame, metal, rim=6, roundness=0.3, lift=3),
            Part(hollow, "shade", rim=6, roundness=0.45),
            Stroke((path("M160 312 L238 318"),), ink=metal, width=6),
            Stroke((path("M160 310.5 L236 316"),), ink="white", width=1.4, strength=0.6),
            sheen(path("M152 280 L152 350"), width=3, strength=0.6),
            Part(ribbon(path("M110 270 L108 352"), 16), "shade", rim=4, lift=1.5),
        ),
        fabric="leather",
        focus=(190, 316),
        drape=0.2,
    )


def _on_belt(t: float, low: bool) -> Point:
    """A point of the front strap's upper or lower edge, `t` of the way from left to right."""
    x = 46 + 292 * t * t * (3 - 2 * t)
    return (x, 296 + 210 * t * (1 - t)) if low else (x, 236 + 204 * t * (1 - t))


_LENSES = {
    "Round": (ellipse(112, 262, 60, 60), 13.0),
    "Aviator": (path("M60 226 Q108 212 160 226 Q176 250 162 288 Q142 330 104 334 Q66 326 54 280 Q50 244 60 226"), 6.0),
    "Wayfarer": (
        path("M50 226 Q108 212 166 226 Q172 262 156 298 Q138 314 102 314 Q68 310 58 286 Q48 254 50 226"),
        14.0,
    ),
}


def sunglasses(style: str, gender: str) -> Garment:
    """Folded sunglasses from the front: wayfarers, rounds or aviators."""
    lens, thick = _LENSES[style]
    lenses = (lens, mirror(lens))
    bridge = ribbon(path("M160 242 Q192 222 224 242"), thick)
    folded = (path("M60 244 Q192 262 322 286"), path("M324 244 Q192 266 62 290"))
    tints = tuple(path(f"M{x} 296 L{x + 76} 292") for x in (74, 234))
    glints = tuple(path(f"M{x} 252 L{x + 34} 230") for x in (80, 240))
    return Garment(
        (
            *(Part(ribbon(arm, 10), "shade", rim=2) for arm in folded),
            *((Part(ribbon(path("M110 218 Q192 212 274 218"), 7), rim=2),) if style == "Aviator" else ()),
            Part(bridge, rim=4, roundness=0.3),
            *(Part(grown(shape, thick), rim=5, roundness=0.3, lift=1) for shape in lenses),
            sheen(*both("M58 216 Q108 204 160 214"), width=3, strength=0.45),
            *(Part(shape, "ink", rim=10, roundness=0.2) for shape in lenses),
            Stroke(tints, ink="base", width=40, strength=0.62, blur=10),
            Stroke(glints, ink="white", width=9, strength=0.35, blur=2),
        ),
        fabric="smooth",
        focus=(130, 262),
        drape=0.1,
    )


def tie(style: str, gender: str) -> Garment:
    """A necktie, knotted, slim or classic."""
    w = 26.0 if style == "Slim" else 36.0
    blade = symmetric(
        f"M192 104 L{192 - w * 0.4} 104 C{192 - w * 0.6} 220 {192 - w} 320 {192 - w} 420 L192 {420 + w * 1.25}"
    )
    tail = symmetric(f"M192 100 L{192 - w * 0.4} 104 L{192 - w * 0.72} 400 L192 420")
    knot = symmetric(f"M192 52 L{192 - w * 0.92} 56 Q{192 - w * 0.8} 84 {192 - w * 0.42} 112 Q192 120 192 120")
    loop = both(f"M{192 - w * 0.7} 62 C146 52 104 16 140 15 Q166 12 192 13")
    return Garment(
        (
            *(Part(ribbon(line, 15), "shade", angle=20, rim=4) for line in loop),
            Part(tuple((x + 10, y - 4) for x, y in tail), "shade", rim=4),
            Part(blade, angle=38, rim=9, roundness=0.34, lift=2),
            folds(path("M192 122 Q188 160 192 200"), width=5, strength=0.4),
            Part(knot, angle=-38, rim=8, roundness=0.36, lift=2.5),
            sheen(path(f"M{192 - w * 0.3} 200 L{192 - w * 0.5} 400"), width=7, strength=0.2),
        ),
        fabric="smooth",
        focus=(192, 330),
        drape=0.3,
    )
