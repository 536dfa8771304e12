"""Requests that run: what they send, by operation."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Example:
    """A request. `form` are fields of a multipart body, `files` its files by field.

    `upload` is the name of a file that is the body, of `media_type`. `save` is the name of the file
    that the answer is to be kept in.
    """

    summary: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    form: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    upload: str = ""
    media_type: str = ""
    save: str = ""
