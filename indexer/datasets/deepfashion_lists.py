"""The files that DeepFashion is published in: lists with a count, a header and aligned columns, and the photos.

Liu, Luo, Qiu, Wang and Tang, "DeepFashion: Powering Robust Clothes Recognition and Retrieval with Rich Annotations",
CVPR 2016. The layouts are those of the README that comes with each benchmark.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from indexer.datasets.photos import FilePhotos, open_photos
from services.errors import InvalidCatalogue


def read_list(path: Path, header: Sequence[str], columns: int | None = None) -> Iterator[tuple[str, list[str]]]:
    """Yield each record of a list as (place, cells); `place` is "file: line n", for messages about it.

    The first line holds the number of records, the second the column names `header`, and each further line a record
    of `columns` cells (as many as the header has, unless given). Cells are split at white space from the right, so
    that the first may contain blanks, as attribute names do. Reads as a stream. Raises InvalidCatalogue with the
    line's number for whatever does not fit, and for a list that ends before its count.
    """
    columns = columns or len(header)
    with lines_of(path) as lines:
        count = _count(path, lines.readline())
        found = lines.readline().split()
        if found != list(header):
            raise InvalidCatalogue(f"{path}: line 2: the header is {' '.join(found)!r}, not {' '.join(header)!r}")
        records = 0
        for number, line in enumerate(lines, start=3):
            if line.isspace():
                continue
            cells = line.rstrip().rsplit(None, columns - 1)
            if len(cells) != columns:
                raise InvalidCatalogue(f"{path}: line {number}: {len(line.split())} cells, not {columns}")
            records += 1
            yield f"{path}: line {number}", cells
    if records != count:
        raise InvalidCatalogue(f"{path}: line 1 announces {count:,} records, and {records:,} follow; is it complete?")


@contextmanager
def lines_of(path: Path) -> Iterator[TextIO]:
    """Open the text file `path`. Raises InvalidCatalogue, also while it is read, if it is missing or not UTF-8."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield file
    except OSError as exc:
        raise InvalidCatalogue(f"{path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise InvalidCatalogue(f"{path}: not UTF-8 ({exc.reason} at byte {exc.start})") from exc


def find_file(root: Path, name: str, folders: Sequence[str]) -> Path:
    """The file `name` in the first of `folders` below `root` that has it, or in `root`. Raises InvalidCatalogue."""
    places = [root / folder / name for folder in (*folders, "")]
    for path in places:
        if path.is_file():
            return path
    raise InvalidCatalogue(f"{root}: no {' or '.join(str(path.relative_to(root)) for path in places)}")


def find_photos(root: Path, images: Path | None) -> FilePhotos:
    """The photos that the lists call `img/...`: in `images`, else unpacked in `root` or `root/Img`, else in img.zip.

    Raises InvalidCatalogue where there are none.
    """
    if images is not None:
        return open_photos(images)
    for folder in (root / "Img", root):
        if (folder / "img").is_dir():
            return open_photos(folder)
    for archive in (root / "Img" / "img.zip", root / "img.zip"):
        if archive.is_file():
            return open_photos(archive)
    raise InvalidCatalogue(
        f"{root}: no photos: no Img/img/, img/, Img/img.zip or img.zip; --images names another place"
    )


def _count(path: Path, line: str) -> int:
    try:
        return int(line)
    except ValueError as exc:
        raise InvalidCatalogue(f"{path}: line 1: {line.strip()[:80]!r} is not a number of records") from exc
