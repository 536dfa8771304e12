"""Files of any size take little memory: rows are read, and let go."""

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.readers import Columns, open_catalogue

ROWS = 300_000
FEWER = 60_000
# What a dictionary page of pyarrow, a batch and a block of text take; the files have 4 to 20 MB.
MAX_PEAK_BYTES = 1_500_000
MAX_BLOCKS = 5_000


def write_csv(path: Path, rows: int) -> None:
    path.write_text("id,title,image\n" + "".join(f"{n},Some title of {n},{n}.jpg|{n}b.jpg\n" for n in range(rows)))


def write_jsonl(path: Path, rows: int) -> None:
    path.write_text("".join(f'{{"id": {n}, "title": "Some title", "images": ["{n}.jpg"]}}\n' for n in range(rows)))


def write_parquet(path: Path, rows: int) -> None:
    numbers = [str(n) for n in range(rows)]
    pq.write_table(pa.table({"id": numbers, "title": numbers, "image": numbers}), path)


def write_google(path: Path, rows: int) -> None:
    path.write_text("".join(f'gs://b/{n}.jpg,,set,p{n},apparel-v2,Title,"color=red",\n' for n in range(rows)))


def write_alibaba(path: Path, rows: int) -> None:
    line = '{{"OperationType": "ADD", "ProductId": "{0}", "PicName": "{0}.jpg", "CategoryId": 0}}\n'
    path.write_text("".join(line.format(n) for n in range(rows)))


@pytest.mark.parametrize(
    ("name", "write", "rows"),
    [
        ("a.csv", write_csv, ROWS),
        ("a.jsonl", write_jsonl, FEWER),
        ("a.parquet", write_parquet, FEWER),
        ("google.csv", write_google, FEWER),
        ("increment.meta", write_alibaba, FEWER),
    ],
)
def test_rows_are_let_go(tmp_path: Path, name: str, write: Callable[[Path, int], None], rows: int) -> None:
    """All rows are counted in blocks of memory, which is cheap; the last ones in bytes, which takes its time."""
    write(tmp_path / name, rows)
    blocks = 0
    peak = 0
    with (tmp_path / name).open("rb") as file:
        for count, entry in enumerate(open_catalogue(file, name, Columns()), 1):
            assert entry.problem is None
            if count == 2_000:
                blocks = sys.getallocatedblocks()
            if count == rows - 10_000:
                assert sys.getallocatedblocks() < blocks + MAX_BLOCKS
                tracemalloc.start()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == rows
    assert 0 < peak < MAX_PEAK_BYTES


def test_a_large_row_group_is_read_page_by_page(tmp_path: Path) -> None:
    """There are three copies of a page, of 20 MB here: pyarrow has two, and the one that it is handed is Python's."""
    path = tmp_path / "a.parquet"
    photos = [n.to_bytes(4, "big") * 5_000 for n in range(4_000)]
    pq.write_table(pa.table({"id": range(4_000), "image": photos}), path, compression="none")
    assert path.stat().st_size > 75_000_000
    del photos
    before, peak = pa.total_allocated_bytes(), 0
    tracemalloc.start()
    with path.open("rb") as file:
        for entry in open_catalogue(file, path.name, Columns()):
            assert len(entry.images[0].data) == 20_000
            peak = max(peak, pa.total_allocated_bytes() - before)
    peak += tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < peak < 75_000_000


@pytest.mark.parametrize(
    ("name", "head", "piece", "pieces"),
    [
        ("one-line.jsonl", b'{"id": "', b"x" * 2**20, 60),
        ("one-line.csv", b"id,image\n1,", b"x" * 2**20, 60),
        ("one-quote.csv", b'id,image\n1,"', (b"x" * 1_000 + b"\n") * 1_000, 20),
        ("one-row.csv", b"id,image\n", (b'"' + b"x" * 1_000 + b'\n",') * 1_000, 20),
    ],
)
def test_what_never_ends_is_not_kept(tmp_path: Path, name: str, head: bytes, piece: bytes, pieces: int) -> None:
    with (tmp_path / name).open("wb") as file:
        file.write(head + b"\n" if name.endswith("jsonl") else head)
        for _ in range(pieces):
            file.write(piece)
        file.write(b'\n{"id": "2", "image": "2.jpg"}\n')
    tracemalloc.start()
    with (tmp_path / name).open("rb") as file:
        problems = sum(entry.problem is not None for entry in open_catalogue(file, name, Columns()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert problems > 0
    assert peak < 40 * 2**20
