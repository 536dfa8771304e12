"""Contact sheets of what was found: one HTML file with its photos inside, or a PNG."""

import base64
import io
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.errors import InvalidRequest, LookalikeError

if TYPE_CHECKING:
    from PIL import Image

    from services.bootstrap import Platform

THUMBNAIL_PX = 320
PNG_COLUMNS = 5


@dataclass(frozen=True)
class Card:
    """A photo, or none, with a title and a few lines below it."""

    title: str
    lines: Sequence[str] = ()
    picture: "Image.Image | None" = None


def thumbnail(platform: "Platform", digest: str | None) -> "Image.Image | None":
    """A stored photo, small; None where it cannot be had: a sheet with a gap is better than none."""
    from PIL import Image

    if not digest:
        return None
    try:
        return Image.open(io.BytesIO(platform.thumbnails.get(digest, THUMBNAIL_PX)))
    except LookalikeError:
        return None


def write_sheet(target: Path | None, heading: str, asked: Sequence[Card], found: Sequence[Card]) -> Path:
    """Write a sheet to `target`, as PNG where its name ends so, or to a new temporary file; returns where it is.

    Raises InvalidRequest where it cannot be written.
    """
    try:
        if target is None:
            handle, name = tempfile.mkstemp(prefix="lookalike-", suffix=".html")
            os.close(handle)
            target = Path(name)
        if target.suffix.lower() == ".png":
            _draw(asked, found).save(target, "PNG")
        else:
            target.write_text(_html(heading, asked, found), "utf-8", "replace")
    except OSError as exc:
        raise InvalidRequest(f"--sheet {target}: cannot be written: {exc}") from exc
    return target


def show(sheet: Path, opens: bool) -> None:
    """Say where a sheet is, and open it where it is to be opened and there is a display."""
    click.echo(f"contact sheet: {sheet}", err=True)
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if opens and (display or sys.platform in ("win32", "darwin")):
        click.launch(str(sheet.resolve()))


def _html(heading: str, asked: Sequence[Card], found: Sequence[Card]) -> str:
    from jinja2 import Environment, PackageLoader

    template = Environment(loader=PackageLoader("web"), autoescape=True).get_template("sheet.html")
    return template.render(heading=heading, asked=asked, found=found, data_url=_data_url)


def _data_url(picture: "Image.Image") -> str:
    from services.images import flatten

    small = flatten(picture).copy()
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _draw(asked: Sequence[Card], found: Sequence[Card]) -> "Image.Image":
    """As the sheets of evaluations are drawn: what was asked at the left, hits in lines at the right."""
    from PIL import Image

    from indexer.evaluation.sheet import contact_sheet

    blank = Image.new("RGB", (THUMBNAIL_PX, THUMBNAIL_PX), "#e8e5de")
    hits = [(card.picture or blank, " ".join((card.title, *card.lines))) for card in found]
    lines = [hits[start : start + PNG_COLUMNS] for start in range(0, len(hits), PNG_COLUMNS)]
    several = max(len(lines), len(asked))
    left = [(card.title, card.picture) for card in asked] + [("", None)] * (several - len(asked))
    right = lines + [[]] * (several - len(lines))
    return contact_sheet([(words, picture, row) for (words, picture), row in zip(left, right, strict=True)])
