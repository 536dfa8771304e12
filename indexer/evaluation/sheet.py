"""Draws a contact sheet: queries at the left, what they found at the right. People see what figures hide."""

from collections.abc import Sequence
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont

from services.images import flatten

Hit: TypeAlias = tuple[Image.Image, str]
SheetRow: TypeAlias = tuple[str, Image.Image | None, Sequence[Hit]]
"""The query's words, its picture where it has one, and its hits with a caption each."""

CELL = (132, 156)
CAPTION_HEIGHT = 34
GAP, MARGIN, DIVIDER = 12, 24, 20
PAPER, CARD, INK, MUTED, ACCENT = "#f6f5f2", "#ffffff", "#22211f", "#6f6b64", "#b4532a"
WORDS_SIZE, CAPTION_SIZE = 16, 12


def contact_sheet(rows: Sequence[SheetRow]) -> Image.Image:
    """Render `rows` as one RGB picture: a line a query, its picture or words at the left, hits in order at the right.

    A query with both shows its words below its picture. Captions take two lines and end in "…" where they are longer.
    """
    most = max((len(hits) for _, _, hits in rows), default=0)
    step = CELL[1] + CAPTION_HEIGHT + GAP
    width = 2 * MARGIN + CELL[0] + DIVIDER + most * (CELL[0] + GAP)
    sheet = Image.new("RGB", (width, 2 * MARGIN + len(rows) * step - GAP * bool(rows)), PAPER)
    for index, (words, picture, hits) in enumerate(rows):
        _draw_row(sheet, MARGIN + index * step, words, picture, hits)
    return sheet


def _draw_row(sheet: Image.Image, top: int, words: str, picture: Image.Image | None, hits: Sequence[Hit]) -> None:
    if picture is None:
        _draw_words(sheet, (MARGIN, top), words)
    else:
        _draw_cell(sheet, (MARGIN, top), picture, words, ACCENT)
    left = MARGIN + CELL[0] + DIVIDER
    if hits:
        middle = left - DIVIDER // 2 - 1
        ImageDraw.Draw(sheet).line((middle, top, middle, top + CELL[1]), fill="#d9d5cc", width=2)
    for place, (image, caption) in enumerate(hits):
        _draw_cell(sheet, (left + place * (CELL[0] + GAP), top), image, caption, None)


def _draw_cell(
    sheet: Image.Image, corner: tuple[int, int], image: Image.Image, caption: str, outline: str | None
) -> None:
    """A white card with `image` whole in it, and the caption below."""
    draw = ImageDraw.Draw(sheet)
    left, top = corner
    draw.rounded_rectangle((left, top, left + CELL[0], top + CELL[1]), 6, fill=CARD, outline=outline, width=2)
    inner = (CELL[0] - 12, CELL[1] - 12)
    ratio = min(inner[0] / image.width, inner[1] / image.height)
    size = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
    fitted = flatten(image).resize(size, Image.Resampling.LANCZOS)
    sheet.paste(fitted, (left + (CELL[0] - size[0]) // 2, top + (CELL[1] - size[1]) // 2))
    font = ImageFont.load_default(CAPTION_SIZE)
    for line, text in enumerate(_wrap(draw, caption, font, CELL[0], 2)):
        draw.text((left + 2, top + CELL[1] + 3 + line * 15), text, font=font, fill=MUTED)


def _draw_words(sheet: Image.Image, corner: tuple[int, int], words: str) -> None:
    """A card with the query's words in the middle of it."""
    draw = ImageDraw.Draw(sheet)
    left, top = corner
    draw.rounded_rectangle((left, top, left + CELL[0], top + CELL[1]), 6, fill=CARD, outline=ACCENT, width=2)
    font = ImageFont.load_default(WORDS_SIZE)
    lines = _wrap(draw, words, font, CELL[0] - 20, 6)
    middle = (left + CELL[0] / 2, top + CELL[1] / 2)
    draw.multiline_text(middle, "\n".join(lines), font=font, fill=INK, anchor="mm", align="center", spacing=5)


def _wrap(
    draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int, most: int
) -> list[str]:
    """Break `text` at spaces into at most `most` lines of `width` pixels."""
    lines: list[str] = []
    for word in text.split():
        if lines and draw.textlength(f"{lines[-1]} {word}", font=font) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [_shorten(draw, line, font, width) for line in lines]


def _shorten(
    draw: ImageDraw.ImageDraw, line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int
) -> str:
    if draw.textlength(line, font=font) <= width:
        return line
    while line and draw.textlength(line + "…", font=font) > width:
        line = line[:-1]
    return line.rstrip() + "…"
