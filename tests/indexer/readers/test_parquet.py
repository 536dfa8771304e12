"""Parquet: typed values, photos in the file, small batches, and damage that is told."""

import io
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.readers import Columns, Entry, ImageSpec, open_catalogue
from services.errors import InvalidCatalogue

Read = Callable[..., list[Entry]]


def parquet(table: pa.Table, **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def test_rows_are_numbered_and_values_keep_their_types(read: Read) -> None:
    table = pa.table(
        {"id": ["1", "2"], "image": ["1.jpg|2.jpg", None], "price": [9.5, float("nan")], "sold": [True, None]}
    )
    first, second = read(parquet(table), "a.parquet")
    images = (ImageSpec("1.jpg", file="1.jpg"), ImageSpec("2.jpg", file="2.jpg"))
    assert first == Entry(1, "put", "1", {"price": 9.5, "sold": True}, images)
    assert second == Entry(2, "put", "2", {}, ())


def test_moments_and_decimals_become_text_and_numbers(read: Read) -> None:
    table = pa.table(
        {
            "id": [1],
            "image": ["1.jpg"],
            "day": [date(2026, 3, 1)],
            "moment": [datetime(2026, 3, 1, 10, tzinfo=UTC)],
            "nanos": pa.array([datetime(2026, 3, 1, 10)], pa.timestamp("ns")),
            "hour": [time(10, 30)],
            "price": [Decimal("9.50")],
            "stock": [Decimal("3.00")],
            "colour": pa.array(["red"]).dictionary_encode(),
            "sizes": [[40, 41]],
        }
    )
    (entry,) = read(parquet(table), "a.parquet")
    assert entry.product_id == "1"
    assert entry.attributes == {
        "day": "2026-03-01",
        "moment": "2026-03-01T10:00:00+00:00",
        "nanos": "2026-03-01T10:00:00",
        "hour": "10:30:00",
        "price": 9.5,
        "stock": 3,
        "colour": "red",
        "sizes": [40, 41],
    }
    assert type(entry.attributes["stock"]) is int


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ([b"photo"], (ImageSpec("image-1", data=b"photo"),)),
        ([[b"one", b"two"]], (ImageSpec("image-1", data=b"one"), ImageSpec("image-2", data=b"two"))),
        ([{"bytes": b"photo", "path": "a/1.jpg"}], (ImageSpec("1.jpg", data=b"photo"),)),
        ([[{"bytes": None, "path": "a/1.jpg"}]], (ImageSpec("a/1.jpg", file="a/1.jpg"),)),
        ([["a.jpg", "https://x/b.jpg"]], (ImageSpec("a.jpg", file="a.jpg"), ImageSpec("b.jpg", url="https://x/b.jpg"))),
        ([[{"name": "n", "url": "https://x/b.jpg"}]], (ImageSpec("n", url="https://x/b.jpg"),)),
    ],
)
def test_photos_in_every_form(read: Read, images: list[object], expected: tuple[ImageSpec, ...]) -> None:
    (entry,) = read(parquet(pa.table({"id": ["1"], "image": images})), "a.parquet")
    assert entry.images == expected


def test_a_value_that_cannot_be_read_costs_its_row(read: Read) -> None:
    days = pa.array([0, 2**31 - 1], pa.int32()).cast(pa.date32())
    table = pa.table({"id": ["1", "2"], "image": ["1.jpg", "2.jpg"], "day": days})
    fine, odd = read(parquet(table), "a.parquet")
    assert fine.attributes == {"day": "1970-01-01"}
    assert odd.line == 2
    assert odd.problem is not None
    assert odd.problem.code == "schema"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"id,image\n1,1.jpg\n", b"PAR1" + b"x" * 100 + b"PAR1"])
def test_what_is_no_parquet_is_refused(read: Read, content: bytes) -> None:
    with pytest.raises(InvalidCatalogue, match=r"a\.parquet: no readable Parquet"):
        read(content, "a.parquet")


def test_columns_are_checked(read: Read) -> None:
    with pytest.raises(InvalidCatalogue, match="no column 'id'; it has sku, image"):
        read(parquet(pa.table({"sku": ["1"], "image": ["1.jpg"]})), "a.parquet")
    doubled = pa.table([["1"], ["1.jpg"], ["2.jpg"]], names=["id", "image", "image"])
    with pytest.raises(InvalidCatalogue, match="'image' stand in it more than once"):
        read(parquet(doubled), "a.parquet")
    (entry,) = read(parquet(pa.table({"sku": ["1"], "image": ["1.jpg"]})), "a.parquet", {"id": "sku"})
    assert entry.product_id == "1"


def test_a_file_cut_short_is_refused(read: Read) -> None:
    content = parquet(pa.table({"id": ["1"], "image": ["1.jpg"]}))
    with pytest.raises(InvalidCatalogue, match="no readable Parquet"):
        read(content[:-20], "a.parquet")


def test_damage_further_in_names_the_row_behind_which_it_stands(read: Read) -> None:
    ids = [random.Random(seed).randbytes(20).hex() for seed in range(300)]
    content = bytearray(parquet(pa.table({"id": ids, "image": ids}), row_group_size=128, compression="gzip"))
    begin = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(2).column(0).data_page_offset
    content[begin : begin + 30] = b"\xff" * 30
    with pytest.raises(InvalidCatalogue, match=r"a\.parquet: damaged behind row 256"):
        read(bytes(content), "a.parquet")


def test_more_rows_than_a_file_of_its_size_can_hold_are_refused(read: Read) -> None:
    content = parquet(pa.table({"id": ["1"] * 1_000_000, "image": ["1.jpg"] * 1_000_000}))
    with pytest.raises(InvalidCatalogue, match="claims 1,000,000 rows"):
        read(content, "a.parquet")


def test_a_large_value_that_every_row_repeats_is_not_unpacked_for_all_of_them() -> None:
    titles = pa.array(["x" * 5_000_000]).dictionary_encode().take(pa.array([0] * 200))
    table = pa.table({"id": [str(n) for n in range(200)], "image": ["1.jpg"] * 200, "title": titles})
    content = parquet(table, compression="zstd", store_schema=False)
    del table, titles
    pool, before = pa.default_memory_pool(), pa.total_allocated_bytes()
    peak = 0
    for _ in open_catalogue(io.BytesIO(content), "a.parquet", Columns()):
        peak = max(peak, pool.bytes_allocated() - before)
    assert peak < 200 * 2**20
