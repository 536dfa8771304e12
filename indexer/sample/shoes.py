"""Shoes, seen from the side with the toe to the left; casual shoes come as a pair."""

from __future__ import annotations

from indexer.sample.marks import Buttons, Garment, Mark, Part, Stroke, folds, moved, sheen, stitches
from indexer.sample.outline import ellipse, path, ribbon


def casual_shoes(style: str, gender: str) -> Garment:
    """A pair of trainers: low tops, high tops or slip-ons."""
    shoe = {"High Top": _high_top, "Slip-On": _slip_on}.get(style, _low_top)()
    far = moved(shoe, 26, -62, 0.9)
    near = moved(shoe, -14, 40, 0.96)
    return Garment((*far, *near), fabric="canvas", focus=(170, 270), standing=True, drape=0.4)


def _sole(thick: float = 26.0, paint: str = "rubber") -> tuple[Mark, ...]:
    top, low = 300.0, 300.0 + thick
    outline = path(
        f"M40 {top - 8} C30 {top + 4} 32 {low} 52 {low + 2} C120 {low + 6} 280 {low + 6} "
        f"334 {low} C350 {low - 4} 350 {top - 4} 344 {top - 14} L200 {top + 4}"
    )
    line = path(f"M36 {top + thick * 0.45} C120 {top + thick * 0.62} 280 {top + thick * 0.62} 347 {top + thick * 0.3}")
    tread = path(f"M46 {low + 1} C120 {low + 7} 280 {low + 7} 338 {low - 1}")
    return (
        Part(outline, paint, rim=7, roundness=0.22),
        Stroke((line,), ink="accent", width=1.8, strength=0.7),
        Stroke((tread,), ink="steel", width=3, strength=0.6),
    )


def _laces(rows: tuple[tuple[float, float], ...], reach: float = 26.0) -> tuple[Mark, ...]:
    lines = (path(f"M{x - reach * 0.4} {y + 8} Q{x + 4} {y - 6} {x + reach} {y + 5}") for x, y in rows)
    laces = (Part(ribbon(line, 6.5), "white", rim=2, roundness=0.2, lift=1) for line in lines)
    return (*laces, Buttons(tuple((x + reach + 3, y + 6) for x, y in rows), 2.2, "silver"))


def _low_top() -> tuple[Mark, ...]:
    upper = path(
        "M38 298 C34 268 58 252 96 244 C130 236 150 214 176 190 L214 180 C232 196 262 204 296 190 "
        "C306 184 326 186 332 196 C344 230 348 270 344 294 Q200 312 38 298"
    )
    tongue = path("M150 214 C160 188 176 168 204 160 Q222 160 226 176 L214 196 L170 226")
    toe = path("M38 298 C34 268 58 252 96 244 C104 262 106 282 104 302")
    heel = path("M306 186 Q328 184 333 198 C344 230 348 270 344 294 L314 298 C318 260 316 220 306 186")
    swoosh = path("M150 290 C190 280 236 256 262 212 L286 210 C262 262 220 288 186 294")
    return (
        Part(path("M204 178 Q250 208 316 186 L300 224 L220 226"), "lining"),
        Part(tongue, "shade", rim=5),
        Part(upper, rim=12, roundness=0.35),
        sheen(path("M56 272 Q76 258 100 254"), width=8, strength=0.35),
        Part(toe, "shade", rim=5, roundness=0.25),
        Part(heel, "shade", rim=5, roundness=0.25),
        Part(swoosh, "accent", rim=4, roundness=0.2),
        stitches(path("M108 246 C112 262 112 284 110 300"), path("M150 230 C170 240 196 222 218 190")),
        *_laces(((134, 222), (150, 207), (166, 193), (183, 180))),
        *_sole(),
    )


def _high_top() -> tuple[Mark, ...]:
    upper = path(
        "M38 298 C36 272 60 256 98 248 C138 240 166 220 184 190 C196 170 202 150 206 130 "
        "Q260 118 316 130 C318 166 326 196 336 226 C346 256 346 276 344 294 Q200 312 38 298"
    )
    toe = path("M38 300 C36 268 62 254 88 251 C108 260 116 280 114 304")
    strip = path(
        "M304 128 L316 130 C318 166 326 196 336 226 C346 256 346 276 344 294 L322 298 C324 240 308 190 304 128"
    )
    star = "M268 176 L272 187 L283 187 L274 194 L278 205 L268 198 L258 205 L262 194 L253 187 L264 187"
    rows = ((150, 222), (164, 206), (176, 188), (185, 170), (191, 152), (196, 134))
    return (
        Part(path("M202 118 Q256 106 314 118 L316 136 L206 140"), "lining"),
        Part(path("M178 196 Q196 150 196 116 Q212 108 228 118 L220 150 L196 214"), "shade", rim=5),
        Part(upper, rim=12, roundness=0.32),
        Part(toe, "rubber", rim=6, roundness=0.22),
        Part(strip, "shade", rim=4, roundness=0.2),
        Part(ellipse(268, 190, 22, 22), "white", rim=4, roundness=0.15),
        Part(path(star), "accent", roundness=0),
        stitches(path("M156 246 C190 228 214 180 222 136"), path("M212 138 Q260 126 310 137")),
        folds(path("M200 262 Q230 248 258 258"), width=4),
        *_laces(rows, 21),
        *_sole(24),
    )


def _slip_on() -> tuple[Mark, ...]:
    upper = path(
        "M38 298 C34 268 60 250 104 240 C136 232 158 222 178 212 Q240 244 316 208 Q330 202 334 218 "
        "C342 248 348 272 344 294 Q200 312 38 298"
    )
    gore = path("M166 217 Q184 250 206 268 L226 229 Q192 224 172 214")
    ribs = tuple(path(f"M{174 + i * 6} {224 + i * 7} L{196 + i * 5} {226 + i * 2}") for i in range(6))
    return (
        Part(path("M176 212 Q250 190 320 204 L306 236 L206 240"), "lining"),
        Part(upper, rim=12, roundness=0.34),
        Part(gore, "ink", rim=4, roundness=0.2),
        Stroke(ribs, ink="steel", width=1.2, strength=0.6),
        stitches(path("M112 242 C144 256 162 278 166 302"), path("M182 220 Q244 250 318 214")),
        sheen(path("M60 276 Q84 258 118 250"), width=8, strength=0.28),
        *_sole(28),
    )
