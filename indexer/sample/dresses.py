"""Dresses and skirts."""

from __future__ import annotations

from indexer.sample.bodice import NECKS, neck_hole, neckline, sleeves, strap_loops
from indexer.sample.marks import Buttons, Garment, Mark, Part, Stroke, folds, moved, stitches
from indexer.sample.outline import Outline, both, path, ribbon, symmetric


def dress(style: str, gender: str) -> Garment:
    """A dress: A-line, shift, wrap, maxi or slip."""
    drawings = {"Shift": _shift, "Wrap": _wrap, "Maxi": _maxi, "Slip": _slip}
    # Drawn with its shoulders where a top has them; a whole dress is longer, and sits higher and a little smaller.
    marks = moved(drawings.get(style, _a_line)(), 0, -20, 0.91)
    return Garment(marks, fabric="smooth" if style in ("Slip", "Maxi") else "cotton")


def _upper(neck: str, bottom: float) -> Outline:
    return symmetric(
        f"{NECKS[neck]} L104 104 C104 140 112 170 122 196 C132 230 140 250 140 {bottom} "
        f"Q166 {bottom + 6} 192 {bottom + 6}"
    )


def _a_line() -> tuple[Mark, ...]:
    skirt = symmetric("M192 268 L141 266 C126 330 88 400 68 478 Q130 502 192 502")
    return (
        *neck_hole("scoop"),
        *sleeves("cap"),
        Part(skirt),
        folds(
            *both("M148 274 Q122 370 100 484"),
            *both("M166 276 Q150 380 142 492"),
            *both("M184 278 Q180 390 182 498"),
            width=8,
            strength=0.34,
        ),
        Part(_upper("scoop", 268), lift=1),
        folds(*both("M124 200 Q142 214 150 240"), strength=0.2),
        Part(ribbon(path("M140 266 Q192 280 244 266"), 12), "shade", rim=3, lift=1),
        Stroke((neckline("scoop"),), width=2.5),
    )


def _shift() -> tuple[Mark, ...]:
    body = symmetric(
        "M192 108 C166 108 144 102 128 94 L104 104 C106 150 114 180 122 204 C126 280 114 360 104 452 Q150 462 192 462"
    )
    return (
        *neck_hole("boat"),
        *sleeves("elbow"),
        stitches(*both("M37 254 Q58 268 84 268")),
        Part(body),
        folds(*both("M124 210 Q140 230 146 262"), *both("M136 448 Q146 380 142 300"), strength=0.2),
        Stroke((neckline("boat"),), width=2.5),
        Stroke((path("M192 112 L192 190"),), width=1.0, strength=0.5),
        stitches(path("M105 442 Q192 456 279 442")),
    )


def _wrap() -> tuple[Mark, ...]:
    skirt = symmetric("M192 268 L141 264 C122 320 106 390 96 462 Q150 480 192 476")
    flap = path("M141 264 L244 264 C262 320 276 390 286 462 Q250 476 214 474 Q150 400 141 264")
    sash = (ribbon(path("M150 270 Q140 310 148 356"), 8, 12), ribbon(path("M148 270 Q126 300 122 344"), 8, 12))
    left = path("M148 88 L104 104 C104 140 112 170 122 196 C132 230 140 250 140 268 L192 274 L214 250 Q160 160 148 88")
    right = path("M236 88 L280 104 C280 140 272 170 262 196 C252 230 244 250 244 268 L150 272 Q210 190 236 88")
    return (
        *neck_hole("v", 210),
        *sleeves("elbow"),
        Part(skirt),
        Part(flap, angle=-8, lift=2.5),
        folds(*both("M160 276 Q140 380 128 466"), path("M190 280 Q214 380 232 470"), width=7, strength=0.3),
        Part(left, angle=-10, lift=1),
        Part(right, angle=10, lift=2.5),
        Stroke((path("M236 88 Q210 190 152 268"),), width=2),
        Part(ribbon(path("M140 266 Q192 278 244 266"), 13), "shade", rim=3, lift=1),
        *(Part(end, "shade", rim=3, lift=1.5) for end in sash),
    )


def _maxi() -> tuple[Mark, ...]:
    skirt = symmetric("M192 190 L146 186 C134 270 112 400 96 520 Q140 532 192 530")
    ruffle = symmetric("M192 446 Q146 446 108 436 C104 466 94 504 86 524 Q138 542 192 536")
    upper = symmetric("M192 106 Q164 104 146 86 Q136 116 130 142 C138 164 146 174 146 192 L192 198")
    return (
        Part(symmetric("M192 98 Q164 100 147 92 L148 130 L192 150"), "lining"),
        *(Part(ribbon(strap, 8), "shade", rim=2) for strap in both("M150 94 Q152 68 160 42")),
        Part(skirt),
        Part(ruffle, lift=2),
        folds(
            *both("M154 200 Q140 360 122 520"),
            *both("M170 200 Q162 370 154 526"),
            *both("M185 202 Q182 380 184 528"),
            width=7,
            strength=0.32,
        ),
        Part(upper, lift=1),
        Part(ribbon(path("M146 189 Q192 202 238 189"), 10), "shade", rim=3),
        Stroke((path("M147 90 Q166 106 192 108 Q218 106 237 90"),), width=2.4),
    )


def _slip() -> tuple[Mark, ...]:
    body = symmetric(
        "M192 176 Q164 160 140 138 Q130 170 120 194 C128 240 130 262 122 300 C112 360 106 420 102 486 Q150 496 192 496"
    )
    return (
        Part(symmetric("M192 168 Q160 164 140 146 L142 190 L192 200"), "lining"),
        *strap_loops(143, 144, 4),
        Part(body),
        folds(
            *both("M140 210 Q150 250 140 300"), *both("M134 480 Q146 400 150 320"), path("M186 300 Q176 400 180 488")
        ),
        Stroke((both("M160 200 Q164 330 146 470")[0],), ink="white", width=9, strength=0.2, blur=6),
        Stroke((path("M142 142 Q164 162 192 179 Q220 162 242 142"),), width=2.2),
    )


def skirt(style: str, gender: str) -> Garment:
    """A skirt: pencil, A-line, pleated or denim-like button-front."""
    drawings = {"Pencil": _pencil, "Pleated": _pleated, "Button Front": _button_front}
    return Garment(drawings.get(style, _flared)(), focus=(192, 290))


def _waistband(top: float = 96.0, half: float = 62.0) -> tuple[Mark, ...]:
    band = ribbon(path(f"M{192 - half} {top} Q192 {top + 10} {192 + half} {top}"), 20)
    back = symmetric(f"M192 {top - 4} Q160 {top - 6} {192 - half} {top - 10} L{192 - half} {top + 8} L192 {top + 12}")
    return Part(back, "lining"), Part(band, "shade", rim=4, lift=1.5)


def _flared() -> tuple[Mark, ...]:
    body = symmetric("M192 104 L130 98 C116 180 76 320 46 404 Q120 440 192 440")
    back, band = _waistband()
    creases = (
        *both("M144 110 Q118 260 84 412"),
        *both("M162 112 Q146 270 128 426"),
        *both("M182 114 Q176 280 172 434"),
    )
    hem = stitches(path("M49 394 Q120 430 192 430 Q264 430 335 394"))
    return back, Part(body), folds(*creases, width=8, strength=0.34), band, hem


def _pencil() -> tuple[Mark, ...]:
    body = symmetric("M192 104 L130 98 C112 150 104 190 104 230 C106 320 116 380 122 432 Q160 442 192 442")
    back, band = _waistband()
    darts = both("M158 108 Q152 140 152 168")
    slit = path("M192 372 L186 442 L198 442")
    creases = (*both("M110 220 Q136 236 160 232"), *both("M116 280 Q140 300 150 300"))
    return back, Part(body), Part(slit, "deep", roundness=0), Stroke(darts), folds(*creases, strength=0.2), band


def _pleated() -> tuple[Mark, ...]:
    body = symmetric("M192 104 L130 98 C114 190 86 310 66 416 L96 426 L116 420 L140 430 L164 422 L192 432")
    back, band = _waistband()
    tops, ends = (138, 148, 159, 170, 181), (82, 104, 128, 150, 172)
    pleats = tuple(
        line for t, e in zip(tops, ends, strict=True) for line in both(f"M{t} 108 Q{(t + e) / 2 + 4} 260 {e} 424")
    )
    return back, Part(body), folds(*pleats, width=6, strength=0.36), Stroke(pleats, width=1.1, strength=0.7), band


def _button_front() -> tuple[Mark, ...]:
    body = symmetric("M192 104 L130 98 C112 170 86 270 74 356 Q130 378 192 378")
    back, band = _waistband()
    pockets = both("M122 138 L158 138 Q168 170 156 190 L110 188")
    placket = path("M182 108 L202 108 L202 376 L182 376")
    return (
        back,
        Part(body),
        folds(*both("M140 200 Q122 280 110 360"), *both("M166 200 Q156 290 150 370"), width=6, strength=0.24),
        *(Part(pocket, lift=1, rim=4) for pocket in pockets),
        stitches(*both("M124 146 L158 146")),
        Part(placket, lift=1, rim=3, roundness=0.2),
        stitches(path("M185 112 L185 374"), path("M199 112 L199 374")),
        band,
        Buttons(tuple((192.0, 104.0 + 44 * i) for i in range(7)), 4.2),
        stitches(path("M76 346 Q130 368 192 368 Q254 368 308 346")),
    )
