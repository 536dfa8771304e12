"""Tables as shops really write them: what can be read is read, and what cannot is named by its line."""

from pathlib import Path

import pytest

from indexer.readers import TableRow, read_table
from indexer.readers.table import MAX_CELL_CHARS
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
    (row,) = read_table(written(tmp_path, 'id,title\n1,"Red, ""big""\nbelt"\n'))
    assert row == TableRow(3, {"id": "1", "title": 'Red, "big"\nbelt'})


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
        (b"id,title\n1,Caf\xe9\n", "not UTF-8"),
        ("id,title\n1,Belt\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(InvalidCatalogue, match=rf"(?s)catalogue\.csv.*{told}"):
        list(read_table(written(tmp_path, content)))


def test_rows_before_a_byte_that_is_not_utf8_have_arrived(tmp_path: Path) -> None:
    good = "".join(f"{i},Belt\n" for i in range(20_000))
    rows = read_table(written(tmp_path, b"id,title\n" + good.encode() + b"x,\xff\n"))
    assert next(rows).cells["id"] == "0"
    with pytest.raises(InvalidCatalogue, match="save it as UTF-8"):
        list(rows)


@pytest.mark.parametrize("name", ["missing.csv", "table.xlsx"])
def test_a_missing_file_and_an_unknown_kind_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidCatalogue, match=name):
        list(read_table(tmp_path / name))


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidCatalogue, match=r"folder\.csv"):
        list(read_table(tmp_path / "folder.csv"))
