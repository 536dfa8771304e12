"""Uploaded files, kept until they are read: in a folder, and where the store is away."""

import io
from pathlib import Path

import pytest

from services.errors import NotFound, Unavailable
from services.spool import CATALOGUE, IMAGES, Spool


def test_put_open_remove(tmp_path: Path) -> None:
    spool = Spool(f"file://{tmp_path}/imports")
    assert spool.put("i1", CATALOGUE, io.BytesIO(b"x" * 3_000_000)) == 3_000_000
    with spool.open("i1", CATALOGUE) as file:
        file.seek(-1, 2)
        assert file.read() == b"x"
    with pytest.raises(NotFound, match=r"i1 has no images\.zip"):
        spool.open("i1", IMAGES)
    for _ in range(2):
        spool.remove("i1")
    with pytest.raises(NotFound):
        spool.open("i1", CATALOGUE)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    spool = Spool(f"file://{tmp_path}/file")
    with pytest.raises(Unavailable, match="cannot be written"):
        spool.put("i1", CATALOGUE, io.BytesIO(b"x"))
    spool.remove("i1")


def test_a_protocol_that_is_not_known() -> None:
    with pytest.raises(Unavailable, match="nowhere"):
        Spool("nowhere://bucket")
