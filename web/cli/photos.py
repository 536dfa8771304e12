"""Photos that commands are given: files, folders and URLs."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from services.errors import BadImage, ImageTooLarge, InvalidRequest, NotFound

if TYPE_CHECKING:
    from PIL import Image

    from services.bootstrap import Platform
    from services.search import Box

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")


def is_url(place: str) -> bool:
    """Whether `place` is an address rather than a path."""
    return place.lower().startswith(("http://", "https://"))


def parse_box(raw: str) -> "Box":
    """`x1,y1,x2,y2` as fractions of the photo. Raises InvalidRequest."""
    from services.search import Box

    try:
        x1, y1, x2, y2 = (float(part) for part in raw.split(","))
    except ValueError as exc:
        raise InvalidRequest(
            f"--box {raw[:50]!r}: write four numbers from 0 to 1, x1,y1,x2,y2, from the upper left corner"
        ) from exc
    return Box(x1, y1, x2, y2)


def places_in(place: str) -> Iterator[str]:
    """The photos of a folder and of the folders in it, by name; anything else is itself.

    Raises NotFound for a folder without photos.
    """
    if is_url(place) or not Path(place).is_dir():
        yield place
        return
    files = sorted(path for path in Path(place).rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not files:
        raise NotFound(f"{place}: no photos in this folder; they end in {', '.join(SUFFIXES)}")
    yield from map(str, files)


def read_photo(platform: "Platform", place: str, box: "Box | None" = None) -> "Image.Image":
    """The photo at a path or URL, cut to `box`.

    Raises NotFound, BadImage and its kinds, InvalidRequest for a box of hardly a pixel, and HostAway.
    """
    from services.search.photos import decode_part

    data = platform.fetcher.fetch(place) if is_url(place) else _read_file(Path(place), platform.limits.max_bytes)
    try:
        return decode_part(data, platform.limits, box)
    except ImageTooLarge as exc:
        raise ImageTooLarge(f"{place}: {exc}") from exc
    except BadImage as exc:
        raise BadImage(f"{place}: {exc}") from exc


def _read_file(path: Path, most: int) -> bytes:
    """A file's bytes. A device or pipe might never end, and so is no photo."""
    try:
        if path.exists() and not path.is_file():
            raise BadImage(f"{path}: not a file")
        with path.open("rb") as file:
            return file.read(most + 1)  # what is one byte too large is refused by its size
    except FileNotFoundError as exc:
        raise NotFound(f"{path}: no such file") from exc
    except (OSError, ValueError) as exc:  # ValueError: a NUL in the name
        raise BadImage(f"{str(path)!r} cannot be read: {exc}") from exc
