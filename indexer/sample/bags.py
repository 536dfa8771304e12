"""Bags: handbags and backpacks."""

from __future__ import annotations

from indexer.sample.marks import Buttons, Garment, Mark, Part, Stroke, folds, sheen, stitches
from indexer.sample.outline import both, box, ellipse, path, ribbon, symmetric


def handbag(style: str, gender: str) -> Garment:
    """A handbag: tote, satchel, bucket or shoulder bag."""
    drawings = {"Satchel": _satchel, "Bucket": _bucket, "Shoulder": _shoulder}
    fabric = "canvas" if style == "Tote" else "leather"
    return Garment(drawings.get(style, _tote)(), fabric=fabric, focus=(192, 290), standing=True, drape=0.4)


def _tote() -> tuple[Mark, ...]:
    body = path("M72 212 L312 212 L330 428 Q332 446 314 446 L70 446 Q52 446 54 428")
    handle = "M130 250 C124 150 140 78 192 76 C244 78 260 150 254 250"
    return (
        Part(ribbon(path("M142 216 C140 130 156 96 192 94 C228 96 244 130 242 216"), 10), "deep", rim=2),
        Part(path("M72 212 Q192 200 312 212 L308 226 L76 226"), "lining", roundness=0),
        Part(body, rim=16),
        folds(path("M110 300 Q128 360 112 430"), path("M276 310 Q262 370 276 430"), width=8, strength=0.16),
        Part(ribbon(path("M68 220 L316 220"), 16), "shade", rim=3),
        Part(ribbon(path(handle), 12), "shade", rim=3, lift=2),
        *(Part(tab, "shade", rim=3, lift=1) for tab in both("M121 240 L139 240 L139 274 L130 282 L121 274")),
        Buttons(((130, 262), (254, 262)), 3.6, "gold"),
        stitches(path("M78 232 L306 232"), path("M60 432 L324 432")),
    )


def _satchel() -> tuple[Mark, ...]:
    body = path(
        "M86 214 Q192 200 298 214 Q318 220 324 250 L336 408 Q336 436 310 438 "
        "L74 438 Q48 436 48 408 L60 250 Q66 220 86 214"
    )
    flap = path(
        "M78 214 Q192 198 306 214 Q324 224 322 270 Q318 330 290 338 Q192 354 94 338 Q66 330 62 270 Q60 224 78 214"
    )
    handle = path("M128 220 C122 140 150 112 192 112 C234 112 262 140 256 220")
    return (
        Part(ribbon(handle, 15), "shade", rim=4),
        sheen(path("M140 168 Q154 126 192 122"), width=3, strength=0.4),
        Part(body, rim=18, roundness=0.36),
        Part(flap, rim=12, lift=3.5),
        stitches(path("M84 222 Q70 240 71 270 Q74 322 98 330 Q192 344 286 330 Q310 322 313 270 Q314 240 300 222")),
        sheen(path("M90 240 Q192 224 294 240"), width=12, strength=0.22),
        Part(box(170, 316, 214, 364, 8), "shade", rim=4, lift=2),
        Part(box(178, 330, 206, 352, 5), "gold", rim=4, lift=1),
        Part(ellipse(192, 341, 4, 5), "ink", roundness=0),
        *(Part(ring, "gold", rim=3, lift=1) for ring in both("M118 206 L138 206 L138 228 L118 228")),
        Buttons(((70, 420), (314, 420)), 3.4, "gold"),
    )


def _bucket() -> tuple[Mark, ...]:
    body = symmetric("M192 208 Q120 208 84 196 C82 280 90 380 104 430 Q108 448 130 450 L192 452")
    strap = path("M96 214 C70 60 314 60 288 214")
    ties = (ribbon(path("M186 236 Q160 290 166 332"), 5), ribbon(path("M198 236 Q228 280 218 322"), 5))
    return (
        Part(ribbon(strap, 11), "shade", rim=3),
        Part(symmetric("M192 182 Q120 182 84 198 Q120 216 192 216"), "lining"),
        Part(body, rim=20, roundness=0.36),
        folds(
            *both("M110 210 Q124 260 118 330"),
            *both("M142 212 Q150 270 146 330"),
            *both("M172 214 Q176 260 174 310"),
            width=7,
            strength=0.34,
        ),
        Part(ribbon(path("M88 232 Q192 252 296 232"), 6), "deep", rim=2),
        Buttons(tuple((104 + 22 * i, 235 + (3.6 - abs(i - 4) * 0.9) * 2) for i in range(9)), 3.2, "gold"),
        *(Part(tie, "deep", rim=1, lift=1) for tie in ties),
        *(Part(ellipse(x, y, 5, 8), "gold", rim=3, lift=1) for x, y in ((166, 336), (218, 326))),
        Part(path("M98 404 Q192 420 286 404 L280 430 Q276 448 254 450 L130 450 Q108 448 104 430"), "shade", rim=8),
        stitches(path("M100 400 Q192 416 284 400")),
        sheen(path("M122 280 Q122 350 134 396"), width=10, strength=0.22),
        *(Part(ellipse(x, 214, 8, 8), "gold", rim=3, lift=1) for x in (97, 287)),
    )


def _shoulder() -> tuple[Mark, ...]:
    body = path(
        "M64 268 Q192 246 320 268 Q340 290 338 360 Q336 420 296 430 Q192 444 88 430 Q48 420 46 360 Q44 290 64 268"
    )
    flap = path("M64 268 Q192 246 320 268 Q338 284 332 322 Q300 372 192 384 Q84 372 52 322 Q46 284 64 268")
    links = tuple(
        (192 - 118 * (1 - 2 * t), 268 - 190 * (1 - (1 - 2 * t) ** 2) ** 0.8) for t in [i / 34 for i in range(35)]
    )
    return (
        *(Part(ellipse(x, y, 6.5, 5), "gold", rim=3) for x, y in links),
        Part(body, rim=18, roundness=0.36),
        Part(flap, rim=12, lift=3.5),
        stitches(path("M60 318 Q96 364 192 374 Q288 364 324 318")),
        sheen(path("M84 284 Q192 264 300 284"), width=10, strength=0.26),
        Part(ellipse(192, 368, 22, 18), "gold", rim=5, lift=2),
        Part(ellipse(192, 368, 13, 10), "shade", rim=3, roundness=0.2),
        *(Part(ellipse(x, 270, 8, 8), "gold", rim=3, lift=1) for x in (74, 310)),
    )


def backpack(style: str, gender: str) -> Garment:
    """A backpack: a rounded daypack, or a roll-top."""
    marks = _roll_top() if style == "Roll-Top" else _daypack()
    return Garment(marks, fabric="canvas", focus=(192, 240), standing=True, drape=0.5)


def _pocket_and_base() -> tuple[Mark, ...]:
    return (
        *(Part(side, "shade", rim=6) for side in both("M72 330 Q54 340 56 380 L58 420 Q64 436 84 436 L84 326")),
        Part(symmetric("M192 300 L112 300 Q98 302 98 320 L96 400 Q98 420 120 420 L192 420"), rim=9, lift=2.5),
        Part(ribbon(path("M100 326 L284 326"), 6), "deep", rim=1),
        Part(box(262, 324, 270, 350, 3), "silver", rim=2, lift=1),
        stitches(path("M106 338 L278 338")),
    )


def _daypack() -> tuple[Mark, ...]:
    body = symmetric("M192 84 Q112 84 90 140 Q74 190 72 300 L72 420 Q76 448 104 450 L192 450")
    arch = path("M92 254 C92 150 120 112 192 112 C264 112 292 150 292 254")
    return (
        *(Part(ribbon(strap, 20), "deep", rim=4) for strap in both("M104 130 Q48 200 62 330")),
        Part(ribbon(path("M160 92 C158 44 226 44 224 92"), 11), "shade", rim=3),
        Part(body, rim=22, roundness=0.36),
        sheen(path("M112 150 Q98 200 100 280"), width=16, strength=0.2),
        Part(ribbon(arch, 7), "deep", rim=1, lift=1),
        Stroke((arch,), ink="silver", width=1.6, strength=0.7),
        Part(box(276, 236, 284, 268, 3), "silver", rim=2, lift=1),
        *_pocket_and_base(),
        Part(box(158, 196, 226, 240, 5), "wood", rim=4, lift=1.5),
        stitches(box(162, 200, 222, 236, 3), ink="stitch"),
        Part(symmetric("M192 426 L73 424 Q76 448 104 450 L192 450"), "shade", rim=5),
    )


def _roll_top() -> tuple[Mark, ...]:
    body = symmetric("M192 150 L100 146 Q82 220 74 300 L72 420 Q76 448 104 450 L192 450")
    roll = symmetric("M192 86 L112 82 Q92 86 92 116 Q92 150 104 160 L192 164")
    return (
        *(Part(ribbon(strap, 20), "deep", rim=4) for strap in both("M104 170 Q50 230 62 340")),
        Part(body, rim=22, roundness=0.34),
        Part(roll, rim=14, lift=3),
        folds(path("M98 122 Q192 132 286 122"), width=5, strength=0.4),
        *(Part(ribbon(strap, 13), "wood", rim=3, lift=2) for strap in both("M136 84 Q128 150 138 268")),
        *(Part(buckle, "gold", rim=3, lift=1) for buckle in both("M124 208 L146 208 L146 230 L124 230")),
        *(Part(hole, "wood", rim=1) for hole in both("M128 212 L142 212 L142 226 L128 226")),
        *_pocket_and_base(),
        sheen(path("M104 200 Q96 250 94 300"), width=12, strength=0.2),
        Part(symmetric("M192 426 L73 424 Q76 448 104 450 L192 450"), "shade", rim=5),
    )
