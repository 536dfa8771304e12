"""Tables as shops really write them: what can be read is read, and what cannot is named by its line."""

from pathlib import Path

import pytest

from indexer.readers import TableRow, read_table
from indexer.readers.delimited import MAX_CELL_CHARS
from services.errors import InvalidCatalogue


def written(folder: Path, content: bytes | str, name: str = "catalogue.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_rows_carry_their_line_and_cells_as_written(tmp_path: Path) -> None:
    rows = list(read_table(written(tmp_path, "id,title,usage\n1, Red ,NA\n2,,\n")))
    assert rows == [
        TableRow(2, {"id": "1", "title": " Red ", "usage": "NA"}),
        TableRow(3, {"id": "2", "title": "", "usage": ""}),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (row,) = read_table(written(tmp_path, b"\xef\xbb\xbfid,title\r\n1,Caf\xc3\xa9\r\n"))
    assert row.cells == {"id": "1", "title": "Café"}


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    rows = list(read_table(written(tmp_path, "id\n\n1\n\n\n2\n")))
    assert [(row.line, row.cells["id"]) for row in rows] == [(3, "1"), (6, "2")]


@pytest.mark.parametrize(("line", "cells"), [("1", 1), ("1,2,3", 3)])
def test_a_row_that_does_not_fit_is_told_and_the_rest_goes_on(tmp_path: Path, line: str, cells: int) -> None:
    odd, fine = read_table(written(tmp_path, f"id,title\n{line}\n2,Belt\n"))
    assert odd.problem == f"{cells} cells where the header has 2"
    assert odd.cells == {}
    assert fine == TableRow(3, {"id": "2", "title": "Belt"})


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    wide, plain = read_table(written(tmp_path, 'id,title\n1,"Red, ""big""\nbelt"\n2,Belt\n'))
    assert wide == TableRow(2, {"id": "1", "title": 'Red, "big"\nbelt'})
    assert plain.line == 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_system_ends_them(tmp_path: Path, end: str) -> None:
    first, second = read_table(written(tmp_path, f"id,title{end}1,Belt{end}2,Hat"))
    assert first == TableRow(2, {"id": "1", "title": "Belt"})
    assert second == TableRow(3, {"id": "2", "title": "Hat"})


def test_a_cell_beyond_the_limit_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    odd, fine = read_table(written(tmp_path, f"id\n{'x' * (MAX_CELL_CHARS + 1)}\n2\n"))
    assert odd.problem is not None
    assert "unreadable row" in odd.problem
    assert fine.cells == {"id": "2"}


@pytest.mark.parametrize("name", ["catalogue.tsv", "catalogue.tab", "CATALOGUE.TSV"])
def test_tab_separated_tables_keep_their_commas(tmp_path: Path, name: str) -> None:
    (row,) = read_table(written(tmp_path, "id\ttitle\n1\tRed, big\n", name))
    assert row.cells == {"id": "1", "title": "Red, big"}


def test_header_names_are_stripped(tmp_path: Path) -> None:
    (row,) = read_table(written(tmp_path, " id , title\n1,Belt\n"))
    assert row.cells == {"id": "1", "title": "Belt"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "must be a header"),
        (b",,\n1,2,3\n", "must be a header"),
        (b"id,title,id\n1,2,3\n", "'id' more than once"),
        (b"x" * 1_100_000, "header cannot be read"),
        (b"id,titl\xe9\n1,Belt\n", "header cannot be read.*not UTF-8"),
        ("id,title\n1,Belt\n".encode("utf-16-le"), "header cannot be read.*NUL"),
        (b"id,title\n1,Belt\n".replace(b"i", b"i\0"), "header cannot be read.*NUL"),
        (b"\xff\xfei\0d", "truncated|no rows|header"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "header cannot be read"),
        (b"," * 20_000, "must be a header"),
        (b"a" + b",b" * 20_000, "20,001 columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(InvalidCatalogue, match=rf"(?s)catalogue\.csv.*{told}"):
        list(read_table(written(tmp_path, content)))


def test_columns_without_a_name_may_stand_at_the_end(tmp_path: Path) -> None:
    (row,) = read_table(written(tmp_path, "id,title,,\n1,Belt,,\n"))
    assert row.cells == {"id": "1", "title": "Belt", "": ""}


def test_bytes_that_are_not_utf8_cost_their_row(tmp_path: Path) -> None:
    first, odd, last = read_table(written(tmp_path, b"id,title\n1,Gr\xc3\xbcn\n2,Caf\xe9\n3,Belt\n"))
    assert first.cells["title"] == "Grün"
    assert last == TableRow(4, {"id": "3", "title": "Belt"})
    assert odd.line == 3
    assert odd.cells == {}
    assert odd.problem is not None
    assert "not UTF-8" in odd.problem


def test_a_nul_character_costs_its_row(tmp_path: Path) -> None:
    odd, fine = read_table(written(tmp_path, "id,title\n1,Be\0lt\n2,Belt\n"))
    assert odd == TableRow(2, {}, "unreadable row: it holds a NUL character")
    assert fine.cells["id"] == "2"


@pytest.mark.parametrize("codec", ["utf-16", "utf-8-sig"])
def test_a_mark_at_the_start_tells_the_encoding(tmp_path: Path, codec: str) -> None:
    (row,) = read_table(written(tmp_path, "id,title\n\U0001f460,\u202eGrün\u202c\n".encode(codec)))
    assert row == TableRow(2, {"id": "\U0001f460", "title": "\u202eGrün\u202c"})


def test_utf16_with_the_high_byte_first(tmp_path: Path) -> None:
    (row,) = read_table(written(tmp_path, b"\xfe\xff" + "id,title\n1,Grün\n".encode("utf-16-be")))
    assert row.cells["title"] == "Grün"


def test_half_a_surrogate_pair_in_utf16_costs_its_row(tmp_path: Path) -> None:
    odd, fine = read_table(written(tmp_path, "id,title\n1,\ud83d\n2,Belt\n".encode("utf-16", "surrogatepass")))
    assert odd.problem is not None
    assert fine.cells["id"] == "2"


def test_utf16_that_ends_in_the_middle_of_a_character_is_cut_short(tmp_path: Path) -> None:
    rows = read_table(written(tmp_path, "id,title\n1,Belt\n2,Hat\n".encode("utf-16")[:-1]))
    assert next(rows).cells["id"] == "1"
    with pytest.raises(InvalidCatalogue, match="truncated"):
        list(rows)


def test_a_title_of_ten_megabytes_costs_its_row(tmp_path: Path) -> None:
    odd, fine = read_table(written(tmp_path, f"id,title\n1,{'x' * 10_000_000}\n2,Belt\n"))
    assert odd.line == 2
    assert odd.problem is not None
    assert "more than 4,194,304 characters" in odd.problem
    assert fine == TableRow(3, {"id": "2", "title": "Belt"})


def test_a_quote_that_is_never_closed_is_told_with_the_lines_it_took(tmp_path: Path) -> None:
    fine, odd = read_table(written(tmp_path, 'id,title\n1,Belt\n2,"Hat\n3,Shoe\n4,Sock\n'))
    assert fine.cells["id"] == "1"
    assert odd == TableRow(3, {}, "unreadable row: a quote is opened and never closed (lines 3 to 5 are lost)")


def test_a_quote_that_is_never_closed_takes_no_more_than_a_cell_may_hold(tmp_path: Path) -> None:
    many = "".join(f"{number},{'x' * 990}\n" for number in range(3_000))
    odd, *rest = read_table(written(tmp_path, f'id,title\n1,"Hat\n{many}'))
    assert odd.problem is not None
    assert "lines 2 to" in odd.problem
    assert 1_900 < len(rest) < 2_100
    assert [row.problem for row in rest] == [None] * len(rest)
    assert rest[-1].line == 3_002


def test_a_row_of_many_long_cells_has_an_end(tmp_path: Path) -> None:
    cell = f'"{"x" * 900_000}\n",'
    odd, fine = read_table(written(tmp_path, f"id,title\n{cell * 4}{'y' * 700_000}\n2,Belt\n"))
    assert odd.problem is not None
    assert "the row has more than 4,194,304 characters (lines 2 to 6 are lost)" in odd.problem
    assert fine.cells == {"id": "2", "title": "Belt"}


@pytest.mark.parametrize("name", ["missing.csv", "table.xlsx"])
def test_a_missing_file_and_an_unknown_kind_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidCatalogue, match=name):
        list(read_table(tmp_path / name))


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidCatalogue, match=r"folder\.csv"):
        list(read_table(tmp_path / "folder.csv"))
