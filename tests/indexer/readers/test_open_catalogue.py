"""Which kind a file is: by its name, by its first line, or because somebody says so; packed or not."""

import gzip
import io
from collections.abc import Callable

import pytest

from indexer.readers import KINDS, Columns, Entry, ImageSpec, open_catalogue
from services.errors import InvalidCatalogue

Read = Callable[..., list[Entry]]
CSV = "id,title,image\n1,Belt,1.jpg\n"
JSONL = '{"id": "1", "title": "Belt", "image": "1.jpg"}\n'
GOOGLE = "gs://b/1.jpg,,set,1,apparel-v2,Belt,,\n"
ALIBABA = '{"OperationType": "ADD", "ProductId": "1", "PicName": "1.jpg"}\n'
BELT = {"title": "Belt"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("A.CSV", CSV),
        ("s3://bucket/a.csv", CSV),
        ("a.tsv", CSV.replace(",", "\t")),
        ("a.tab", CSV.replace(",", "\t")),
        ("a.jsonl", JSONL),
        ("a.ndjson", JSONL),
    ],
)
def test_a_name_tells_the_kind(read: Read, name: str, content: str) -> None:
    (entry,) = read(content, name)
    assert (entry.action, entry.product_id, entry.attributes) == ("put", "1", BELT)
    assert entry.images == (ImageSpec("1.jpg", file="1.jpg"),)
    assert read(gzip.compress(content.encode()), name + ".gz") == [entry]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", GOOGLE), ("a.csv", "\ufeff" + GOOGLE), ("a.jsonl", ALIBABA), ("increment.meta", ALIBABA)],
)
def test_the_first_line_tells_the_formats_of_others(read: Read, name: str, content: str) -> None:
    (entry,) = read(content, name)
    assert (entry.action, entry.product_id) == ("add", "1")
    assert read(gzip.compress(content.encode()), name + ".gz") == [entry]


@pytest.mark.parametrize(
    ("name", "content", "mapping"),
    [
        ("a.csv", "image-uri,id,title,image,x\ngs://b/1.jpg,1,Belt,1.jpg,\n", None),
        ("a.csv", 'id,image,a,b,c,d,e,f\n1,gs://b/1.jpg,,,,,"a=b",\n', None),
        ("a.jsonl", ALIBABA, {"id": "ProductId", "image": "PicName"}),
        ("a.jsonl", '{"operator": "ADD", "id": "1", "image": "1.jpg"}\n', None),
    ],
)
def test_what_only_resembles_them_is_a_table(
    read: Read, name: str, content: str, mapping: dict[str, str] | None
) -> None:
    (entry,) = read(content, name, mapping)
    assert (entry.action, entry.product_id) == ("put", "1")


@pytest.mark.parametrize(
    ("kind", "content"),
    [("csv", CSV), ("tsv", CSV.replace(",", "\t")), ("jsonl", JSONL), ("google", GOOGLE), ("alibaba", ALIBABA)],
)
def test_a_kind_that_is_said_counts_whatever_the_name(read: Read, kind: str, content: str) -> None:
    (entry,) = read(content, "upload", None, kind)
    assert entry.product_id == "1"


def test_an_unknown_kind_is_refused_at_once() -> None:
    for name in ("table.xlsx", "catalogue", "a.gz", "a.json", "a.parquet.gz"):
        with pytest.raises(InvalidCatalogue, match=rf"{name}: unknown kind.*\.csv.*google"):
            open_catalogue(io.BytesIO(CSV.encode()), name, Columns())
    with pytest.raises(InvalidCatalogue, match=", ".join(KINDS)):
        open_catalogue(io.BytesIO(CSV.encode()), "a.csv", Columns(), "xml")


def test_a_table_that_lacks_a_column_is_refused(read: Read) -> None:
    with pytest.raises(InvalidCatalogue, match="no column 'id'"):
        read("sku,image\n1,1.jpg\n")


def test_a_header_alone_has_no_entries(read: Read) -> None:
    assert read("id,image\n") == []


def test_a_bad_row_says_why_and_the_file_goes_on(read: Read) -> None:
    short, fine = read("id,image\n1\n2,2.jpg\n")
    assert short.problem is not None
    assert (short.line, short.problem.code, short.problem.detail) == (2, "schema", "1 cells where the header has 2")
    assert (fine.line, fine.problem) == (3, None)


def test_ids_may_hold_any_character(read: Read) -> None:
    ids = ["\u202eabc", "\U0001f460", "e\u0301", "a/b?c#d", "'; drop table", "0001", " 1 "]
    entries = read("id,image\n" + "".join(f"{product_id},1.jpg\n" for product_id in ids))
    assert [entry.product_id for entry in entries] == ids


def test_the_file_is_read_from_its_start_wherever_it_stands() -> None:
    file = io.BytesIO(CSV.encode())
    file.seek(7)
    assert [entry.product_id for entry in open_catalogue(file, "a.csv", Columns())] == ["1"]


def test_entries_that_nobody_reads_on_leave_the_file_open() -> None:
    file = io.BytesIO(CSV.encode() * 2)
    entries = open_catalogue(file, "a.csv", Columns())
    next(entries)
    del entries
    assert not file.closed


def test_a_packed_file_may_have_several_parts_and_zeros_behind_them(read: Read) -> None:
    content = gzip.compress(b"id,image\n1,1.jpg\n") + gzip.compress(b"2,2.jpg\n") + b"\0" * 100
    assert [entry.product_id for entry in read(content, "a.csv.gz")] == ["1", "2"]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda packed: packed[:-9], "ends in the middle"),
        (lambda packed: packed + b"more", "damaged"),
        (lambda packed: packed[:20] + b"\xff" * 20 + packed[40:], "damaged"),
        (lambda packed: b"id,image\n", "damaged"),
        (lambda packed: b"", "ends in the middle"),
    ],
)
def test_a_damaged_packed_file_is_refused(read: Read, damage: Callable[[bytes], bytes], told: str) -> None:
    rows = "".join(f"{number},{number * 7919 % 104729}.jpg\n" for number in range(500))
    packed = gzip.compress(b"id,image\n" + rows.encode())
    with pytest.raises(InvalidCatalogue, match=rf"a\.csv\.gz: the gzip stream.*{told}"):
        read(damage(packed), "a.csv.gz")


def test_a_packed_file_that_unpacks_like_a_bomb_is_stopped(read: Read) -> None:
    content = gzip.compress(b'id,image\n1,"' + b"x" * 40_000_000)
    assert len(content) < 50_000
    with pytest.raises(InvalidCatalogue, match="unpacks to more than 200 times its size"):
        read(content, "a.csv.gz")


class Failing(io.BytesIO):
    """A remote file whose connection breaks."""

    def read1(self, size: int | None = -1, /) -> bytes:
        raise OSError("connection reset")


def test_a_file_that_cannot_be_read_on_is_told() -> None:
    with pytest.raises(InvalidCatalogue, match=r"a\.csv: line 1 cannot be read: connection reset"):
        list(open_catalogue(Failing(CSV.encode()), "a.csv", Columns()))
