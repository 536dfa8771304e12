"""Heels: pumps, sandals, block heels and ankle boots, seen from the side with the toe to the left."""

from __future__ import annotations

from indexer.sample.marks import Buttons, Garment, Mark, Part, Stroke, folds, sheen
from indexer.sample.outline import box, ellipse, path, ribbon


def heels(style: str, gender: str) -> Garment:
    """A heeled shoe: a pump, an ankle strap, a block heel or an ankle boot."""
    drawings = {"Ankle Strap": _ankle_strap, "Block": _block, "Ankle Boot": _ankle_boot}
    return Garment(drawings.get(style, _pump)(), fabric="leather", focus=(180, 335), standing=True, drape=0.3)


# Every heeled shoe stands on the same line: flat under the ball, then rising along the arch to the heel.
_ARCH = "C200 398 236 330 300 314 L346 306"
_FOOT = f"M36 400 Q40 412 86 412 L140 408 {_ARCH}"


def _outsole(paint: str = "wood") -> Part:
    return Part(ribbon(path(_FOOT), 7), paint, rim=2, roundness=0.2)


def _stiletto() -> tuple[Mark, ...]:
    heel = path("M348 286 C354 326 340 366 338 408 L325 408 C324 374 314 336 288 316")
    return Part(heel, "shade", rim=5, roundness=0.35), Part(box(323, 407, 340, 414, 1), "ink", roundness=0)


def _block_heel(back: float) -> tuple[Mark, ...]:
    heel = path(f"M346 286 C352 330 {back} 370 {back} 408 L292 408 C292 372 290 340 276 318")
    return Part(heel, "shade", rim=8, roundness=0.3), Part(box(290, 406, back + 2, 414, 1), "ink", roundness=0)


def _court(throat: str = "M36 400 C38 380 72 366 116 352 Q134 348 146 356") -> tuple[Mark, ...]:
    """The low, open upper of a pump, and the lining that shows above it."""
    inside = path("M120 354 C176 346 216 310 258 278 C290 252 318 236 338 232 L336 260 L180 372")
    upper = path(
        f"{throat} C182 366 216 340 252 304 C284 272 314 246 338 230 "
        f"C352 252 354 288 346 310 L300 316 C240 332 204 400 140 410 L86 412 Q40 412 36 400"
    )
    return (
        Part(inside, "lining", rim=5),
        Part(upper, rim=8, roundness=0.3),
        sheen(path("M56 390 Q76 376 108 368"), path("M262 312 Q300 276 332 262"), width=7, strength=0.42),
        Stroke((path("M146 356 C182 366 216 340 252 304 C284 272 314 246 338 230"),), width=1.6, strength=0.7),
    )


def _pump() -> tuple[Mark, ...]:
    return (*_stiletto(), *_court(), _outsole())


def _block() -> tuple[Mark, ...]:
    strap = ribbon(path("M212 342 Q196 312 214 300 Q240 290 262 292"), 9)
    return (
        *_block_heel(352.0),
        *_court(),
        Part(strap, rim=3, lift=1),
        Part(ellipse(112, 364, 14, 9), "gold", rim=4, lift=1),
        Part(ellipse(112, 364, 8, 4.5), "shade", roundness=0),
        Buttons(((212, 338),), 4, "gold"),
        sheen(path("M312 330 L314 396"), width=7, strength=0.3),
        _outsole(),
    )


def _ankle_strap() -> tuple[Mark, ...]:
    counter = path("M296 316 C306 280 314 236 314 176 L336 170 C340 220 352 262 346 308")
    bed = path(
        "M40 396 L86 400 L140 396 C196 386 234 320 300 304 "
        "L340 298 L346 308 L300 316 C236 332 200 400 140 410 L86 412 Q44 412 40 396"
    )
    return (
        *_stiletto(),
        Part(ribbon(path("M318 180 Q284 158 250 176"), 10), "deep", rim=3),
        Part(bed, "tint", rim=4, roundness=0.25),
        Part(counter, rim=8, roundness=0.35),
        Part(ribbon(path("M332 180 Q296 212 254 192 Q242 184 250 175"), 10), rim=3, lift=1),
        Part(box(266, 190, 284, 208, 4), "gold", rim=3, lift=1),
        Part(ribbon(path("M150 400 Q140 352 104 348 Q84 352 74 372"), 15), rim=5, lift=1),
        Part(ribbon(path("M66 406 Q76 362 112 356 Q150 356 172 388"), 18), rim=6, lift=2),
        sheen(path("M78 384 Q92 364 120 362"), path("M322 196 Q322 250 328 290"), width=5, strength=0.4),
        _outsole(),
    )


def _ankle_boot() -> tuple[Mark, ...]:
    upper = path(
        "M36 400 C38 376 76 362 118 348 C160 332 188 296 198 246 C204 210 206 170 204 124 Q262 112 328 124 "
        "C328 180 346 236 346 310 L300 316 C240 332 204 400 140 410 L86 412 Q40 412 36 400"
    )
    gusset = path("M240 124 L276 124 Q290 176 288 226 L250 226 Q252 176 240 124")
    ribs = tuple(path(f"M{245 + i * 5.5} 130 Q{254 + i * 5} 176 {254 + i * 5} 222") for i in range(6))
    return (
        *_block_heel(348.0),
        Part(path("M204 124 Q262 106 328 124 Q262 138 204 124"), "lining"),
        Part(path("M316 106 L328 106 L328 140 L316 140"), "shade", rim=3),
        Part(upper, rim=14, roundness=0.36),
        folds(path("M194 262 Q226 274 258 266"), path("M186 286 Q220 300 252 288"), width=4),
        Part(gusset, "deep", rim=4, roundness=0.25),
        Stroke(ribs, width=1.0, strength=0.6),
        sheen(path("M60 388 Q92 366 128 360"), path("M222 144 Q222 200 212 248"), width=8, strength=0.34),
        sheen(path("M312 144 Q316 210 328 270"), width=8, strength=0.25),
        Stroke((path("M150 330 Q190 360 214 362"),), width=1.3, strength=0.7),
        _outsole("ink"),
    )
