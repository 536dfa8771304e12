"""Memory does not grow with an import: what the long measurement calls growth, and a short one of reading a file."""

import gc
import tracemalloc
from pathlib import Path

from chaos.residents import Curve
from fakes import platform_of_fakes

from indexer.local_import import LocalFile

SHORT, LONG = 400, 1600


def curve(*held: float) -> Curve:
    """What was held at so many moments, evenly over the work."""
    return Curve([(place / (len(held) - 1), megabytes) for place, megabytes in enumerate(held)])


def test_a_process_that_starts_and_stays_does_not_grow() -> None:
    flat = curve(10, 80, 100, *[100] * 17)
    assert (flat.growth, flat.peak, flat.at(0.05), flat.at(0.5)) == (0, 100, 80, 100)


def test_one_that_keeps_a_little_of_each_row_does() -> None:
    assert curve(*range(100, 300, 2)).growth > 0.15


def test_a_single_outlier_is_no_growth() -> None:
    assert curve(*[100] * 90, 900, *[100] * 9).growth == 0


def left_of_reading(folder: Path, rows: int) -> int:
    """What Python still holds when a file of so many rows has been read into a catalogue of its own."""
    folder.mkdir()
    (folder / "1.jpg").write_bytes(b"a photo")
    lines = [f"p{number},{'a title of some length ' * 10},1.jpg\n" for number in range(rows)]
    (folder / "catalogue.csv").write_text("id,title,image\n" + "".join(lines))
    platform, file = platform_of_fakes(folder / "var"), LocalFile(folder / "catalogue.csv", str(folder))
    import_id = file.begin(platform)
    tracemalloc.start()
    try:
        file.run(platform, lambda ids: None, import_id, lambda read: None)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        platform.close()


def test_a_long_file_leaves_no_more_behind_than_a_short_one(tmp_path: Path) -> None:
    left_of_reading(tmp_path / "first", SHORT)  # what is kept from the first time on
    short, long = (left_of_reading(tmp_path / str(rows), rows) for rows in (SHORT, LONG))
    assert long - short < 50 * (LONG - SHORT), "bytes a row"
