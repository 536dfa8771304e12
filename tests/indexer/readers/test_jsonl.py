"""JSONL: values keep their types, and what is ambiguous costs its line."""

import json
from collections.abc import Callable

import pytest

from indexer.readers import Entry, ImageSpec
from indexer.readers.jsonl import MAX_LINE_CHARS, SAMPLE_OBJECTS
from services.errors import InvalidCatalogue

Read = Callable[..., list[Entry]]
FINE = '{"id": "9", "image": "9.jpg"}\n'


def test_values_keep_their_types_and_null_is_nothing(read: Read) -> None:
    line = '{"id": "1", "image": "1.jpg", "price": 9.5, "stock": 3, "sold": false, "note": null, "size": {"eu": [40]}}'
    (entry,) = read(line, "catalogue.jsonl")
    assert entry == Entry(
        1, "put", "1", {"price": 9.5, "stock": 3, "sold": False, "size": {"eu": [40]}}, (ImageSpec("1.jpg", "1.jpg"),)
    )


def test_a_round_trip(read: Read) -> None:
    rows = [
        {"id": f"{n} \U0001f460\u202e", "title": "Grün\u2028\x85", "price": n / 8, "image": f"{n}.jpg"}
        for n in range(5)
    ]
    content = "".join(json.dumps(row, ensure_ascii=row["price"] == 0) + "\r\n" for row in rows)
    entries = read(content, "catalogue.ndjson")
    assert [entry.line for entry in entries] == [1, 2, 3, 4, 5]
    assert [{"id": e.product_id, **e.attributes, "image": e.images[0].file} for e in entries] == rows


def test_blank_lines_are_passed_over_and_columns_may_be_named(read: Read) -> None:
    (entry,) = read(
        '\n \n{"sku": 7, "photos": ["7.jpg"], "type": "Belt"}\n\n', "a.jsonl", {"id": "sku", "image": "photos"}
    )
    assert (entry.line, entry.product_id, entry.attributes) == (3, "7", {"type": "Belt"})
    assert entry.images == (ImageSpec("7.jpg", file="7.jpg"),)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_mark_at_the_start_tells_the_encoding(read: Read, codec: str) -> None:
    (entry,) = read('{"id": "Grün", "image": "9.jpg"}'.encode(codec), "a.jsonl")
    assert entry.product_id == "Grün"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"id": "1", "title": "Caf\xe9"}', "not UTF-8"),
        (b'{"id": "1", "title": "a\0b"}', "NUL"),
        (b'{"id": "1", "price": NaN}', "NaN is not a number"),
        (b'{"id": "1", "price": -Infinity}', "-Infinity is not a number"),
        (b'{"id": "1", "price": 1e999}', "1e999 is out of range"),
        (b'{"id": "1", "price": ' + b"9" * 5000 + b"}", "more than 20 digits"),
        (b'{"id": "1", "id": "2"}', "key 'id' stands twice"),
        (b'{"id": "1", "size": {"a": 1, "b": 2, "a": 3}}', "key 'a' stands twice"),
        (b'{"id": "1", "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "nested too deeply"),
        (b'{"id": "1", "x": [' + b"0," * 100_001 + b"0]}", "more than 100,000 values"),
        (b'{"id": "1"', "delimiter at character"),
        (b'{"id": "1"} {"id": "2"}', "Extra data at character"),
        (b'["1"]', "it is a list"),
        (b"5", "it is a int"),
        (b'{"image": "1.jpg"}', "no 'id'"),
        (b'{"id": null}', "no 'id'"),
        (b'{"id": "1", "image": {"url": "ftp://a"}}', "http:// or https://"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_and_the_file_goes_on(read: Read, line: bytes, told: str) -> None:
    odd, fine = read(line + b"\n" + FINE.encode(), "catalogue.jsonl")
    assert odd.line == 1
    assert odd.problem is not None
    assert told in odd.problem.detail
    assert (fine.line, fine.product_id, fine.problem) == (2, "9", None)


def test_a_problem_has_the_code_of_its_kind_and_the_id_where_it_is_known(read: Read) -> None:
    unreadable, unusable, _ = read('{"id"\n{"id": "1", "image": 5}\n' + FINE, "catalogue.jsonl")
    assert unreadable.problem is not None
    assert (unreadable.problem.code, unreadable.product_id) == ("schema", None)
    assert unusable.problem is not None
    assert (unusable.problem.code, unusable.product_id) == ("invalid_product", "1")


def test_a_line_that_is_too_long_is_passed_over_piece_by_piece(read: Read) -> None:
    odd, fine = read('{"id": "' + "x" * (MAX_LINE_CHARS + 1) + '"}\n' + FINE, "catalogue.jsonl")
    assert odd.problem is not None
    assert "more than 16,777,216 characters" in odd.problem.detail
    assert (fine.line, fine.product_id) == (2, "9")


@pytest.mark.parametrize("content", ["[\n1,\n2]\n", "not json", "\n5\n", '"id"\n' * 2000])
def test_a_file_without_objects_is_refused(read: Read, content: str) -> None:
    with pytest.raises(InvalidCatalogue, match=r"catalogue\.jsonl: no line is a JSON object"):
        read(content, "catalogue.jsonl")


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_has_no_entries(read: Read, content: str) -> None:
    assert read(content, "catalogue.jsonl") == []


def test_keys_that_no_object_has_refuse_the_file(read: Read) -> None:
    with pytest.raises(InvalidCatalogue, match="no column 'id'; it has sku, image"):
        read('{"sku": "1", "image": "1.jpg"}', "catalogue.jsonl")


def test_keys_may_come_late_in_the_sample_and_not_behind_it(read: Read) -> None:
    late = '{"id": "1", "image": "1.jpg", "type": "Belt"}\n'
    assert len(read(FINE * (SAMPLE_OBJECTS - 1) + late, "a.jsonl", {"category": "type"})) == SAMPLE_OBJECTS
    with pytest.raises(InvalidCatalogue, match="no column 'type'"):
        read(FINE * SAMPLE_OBJECTS + late, "a.jsonl", {"category": "type"})
