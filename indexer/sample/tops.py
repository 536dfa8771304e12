"""Tops: T-shirts, shirts and blouses."""

from __future__ import annotations

from indexer.sample.bodice import (
    body_folds,
    cuffs,
    hem_stitches,
    neck_hole,
    neck_rib,
    neckline,
    shaped_for,
    shirt_collar,
    sleeves,
    strap_loops,
    torso,
)
from indexer.sample.marks import Buttons, Garment, Part, Stroke, folds, stitches
from indexer.sample.outline import both, box, path, ribbon, symmetric


def tshirt(style: str, gender: str) -> Garment:
    """A T-shirt: crew neck, V-neck, polo or long-sleeved."""
    if style == "Polo":
        return _polo(gender)
    neck = "v" if style == "V-Neck" else "crew"
    arms = "long" if style == "Long Sleeve" else "short"
    ends = cuffs("cloth", 14) if arms == "long" else (stitches(*both("M38 206 Q60 224 90 228")),)
    body = torso(neck, shaped_for(gender))
    return Garment((*neck_hole(neck), *sleeves(arms), *ends, Part(body), body_folds(), *neck_rib(neck), hem_stitches()))


def _polo(gender: str) -> Garment:
    placket = box(182, 112, 202, 190, 2)
    trim = both("M35 214 Q58 232 88 236")
    return Garment(
        (
            *neck_hole("crew"),
            *sleeves("short"),
            *(Part(ribbon(line, 9), "shade", rim=3) for line in trim),
            Part(torso("crew", shaped_for(gender))),
            body_folds(),
            Part(placket, lift=1, rim=4),
            stitches(path("M185 118 L185 187 L199 187 L199 118")),
            *shirt_collar("shade"),
            Buttons(((192, 134), (192, 154), (192, 174))),
            hem_stitches(),
        ),
        fabric="canvas",
    )


def shirt(style: str, gender: str) -> Garment:
    """A buttoned shirt with a collar, long-sleeved unless the style says otherwise."""
    short = style == "Short Sleeve"
    placket = path("M182 112 L202 112 L202 434 L182 434")
    pocket = path("M216 186 L264 186 L264 232 L240 246 L216 232")
    ends = (stitches(*both("M38 206 Q60 224 90 228")),) if short else cuffs("cloth", 34)
    links = () if short else (Buttons(((62, 380), (322, 380)), 2.6),)
    seams = stitches(path("M219 196 L261 196"), path("M219 190 L219 231 L240 243 L261 231 L261 190"))
    chest = () if gender == "Women" else (Part(pocket, lift=1, rim=4), seams)
    return Garment(
        (
            *neck_hole("crew"),
            *sleeves("short" if short else "long"),
            *ends,
            *links,
            Part(torso("crew", shaped_for(gender), hem=440, tail=26)),
            body_folds(),
            *chest,
            Part(placket, lift=1, rim=3, roundness=0.2),
            stitches(path("M185 120 L185 432"), path("M199 120 L199 432")),
            *shirt_collar(spread=6 if style == "Casual" else 0),
            stitches(*both("M141 110 L161 136 L187 114")),
            Buttons(tuple((192.0, 134.0 + 42 * i) for i in range(7))),
        ),
        focus=(208, 190),
    )


def top(style: str, gender: str) -> Garment:
    """A women's top: a camisole, a peplum or a puff-sleeved blouse."""
    return {"Camisole": _camisole, "Peplum": _peplum}.get(style, _blouse)()


def _camisole() -> Garment:
    body = symmetric("M192 176 Q166 160 138 142 Q126 176 112 204 C126 260 122 300 100 416 Q146 430 192 430")
    back = symmetric("M192 170 Q160 168 138 150 L140 190 L192 200")
    return Garment(
        (
            Part(back, "lining"),
            *strap_loops(142, 148, 5),
            Part(body),
            folds(*both("M150 190 Q140 280 130 410"), *both("M176 240 Q172 320 168 424"), strength=0.22),
            Stroke((path("M140 146 Q166 164 192 179 Q218 164 244 146"),), width=2.4),
            stitches(path("M102 408 Q192 430 282 408")),
        ),
        fabric="smooth",
    )


def _peplum() -> Garment:
    bodice = symmetric(
        "M192 146 C166 146 150 122 144 90 L102 106 C98 140 102 178 110 206 C122 250 126 280 126 308 Q160 314 192 314"
    )
    skirt = symmetric("M192 304 L128 300 C118 340 98 380 84 412 Q140 436 192 432")
    return Garment(
        (
            *neck_hole("scoop"),
            *sleeves("cap"),
            Part(skirt),
            folds(*both("M140 306 Q126 360 116 418"), *both("M168 308 Q160 370 158 428"), width=6, strength=0.35),
            Part(bodice, lift=1),
            Part(ribbon(path("M126 304 Q192 318 258 304"), 9), "shade", rim=3),
            Stroke((neckline("scoop"),), width=2.5),
        )
    )


def _blouse() -> Garment:
    body = torso("v", 12, hem=410, flare=8)
    tie = (ribbon(path("M192 160 Q176 186 172 224"), 4, 7), ribbon(path("M192 160 Q206 190 214 216"), 4, 7))
    return Garment(
        (
            *neck_hole("v"),
            *sleeves("puff"),
            *(Part(ribbon(band, 7), "shade", rim=2) for band in both("M70 205 Q88 210 106 200")),
            Part(body),
            folds(*both("M150 160 Q142 280 136 400"), *both("M174 190 Q168 300 166 408"), strength=0.2),
            Stroke((neckline("v"),), width=3),
            *(Part(end, "shade", rim=2, lift=1) for end in tie),
            hem_stitches(402, 8),
        ),
        fabric="smooth",
    )
