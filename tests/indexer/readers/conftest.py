"""How the tests of readers read a file that stands in the test."""

import io
from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest

from indexer.readers import Columns, Entry, open_catalogue

Read: TypeAlias = Callable[..., list[Entry]]


@pytest.fixture
def read() -> Read:
    """`read(content, name, mapping, kind)` gives all entries, and sees to it that the file is left open."""

    def entries(
        content: bytes | str,
        name: str = "catalogue.csv",
        mapping: Mapping[str, str] | None = None,
        kind: str | None = None,
    ) -> list[Entry]:
        file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
        found = list(open_catalogue(file, name, Columns(mapping or {}), kind))
        assert not file.closed
        return found

    return entries
