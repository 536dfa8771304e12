"""What a catalogue file says, one entry at a time, whatever its format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from services.products import Problem

Action: TypeAlias = Literal["put", "add", "delete"]

UNREADABLE = "schema"
"""The code of the problem of a row that its format does not allow."""


@dataclass(frozen=True)
class ImageSpec:
    """One photo of an entry: its `name` within the product, and exactly one of where it comes from.

    `file` is a path that the images source knows (a folder, a zip archive, an object store), or a full URL such as
    `s3://bucket/a.jpg`. `url` is http or https, to be fetched later. `data` came along in the file itself.
    An entry that deletes photos names them, and says nothing of where they come from.
    """

    name: str
    file: str = ""
    url: str = ""
    data: bytes = b""


@dataclass(frozen=True)
class Entry:
    """One thing that a file asks for.

    `line` counts from 1: the first physical line of the row, or the row's number in a Parquet file. `put` replaces
    the product whole, `add` merges attributes and images into it, `delete` removes it, or only the `images` named.
    `product_id` and `attributes` are as the file has them; ingestion checks them. Where there is a `problem`, the
    entry cannot be used, and the file goes on.
    """

    line: int
    action: Action
    product_id: object = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    images: tuple[ImageSpec, ...] = ()
    problem: Problem | None = None


def unreadable(line: int, reason: str) -> Entry:
    """The entry that stands for a row that cannot be read."""
    return Entry(line, "put", problem=Problem(UNREADABLE, reason))


def plain_id(value: object) -> object:
    """A product id as a file has it; a whole number is its digits, since many shops number their products.

    >>> plain_id(1000), plain_id("A-1")
    ('1000', 'A-1')
    """
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
