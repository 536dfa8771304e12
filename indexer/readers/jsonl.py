"""Reads JSONL, one object a line, as strictly as its authors would want: what is ambiguous is refused by its line."""

import json
import math
from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO, Never

from indexer.readers.columns import Columns
from indexer.readers.entry import Entry
from indexer.readers.lines import Lines, LineTooLong, flaw
from indexer.readers.rows import Row, row_entries
from services.errors import InvalidCatalogue

MAX_LINE_CHARS = 16 * 2**20
"""Photos in base64 count: 16 million characters hold about 12 MB of them."""

# A line full of brackets takes twenty times its size once it is parsed.
MAX_VALUES = 100_000
MAX_DIGITS = 20
SAMPLE_OBJECTS = 1_000
SAMPLE_CHARS = 4 * 2**20


def json_entries(file: BinaryIO, name: str, columns: Columns) -> Iterator[Entry]:
    """Yield the objects of a JSONL file as entries.

    Objects may leave keys out, so the columns are sought in the first SAMPLE_OBJECTS together. Raises
    InvalidCatalogue when none of those is an object, none has a key that is needed, or reading fails.
    """
    keys = leading_keys(file, name)
    if keys:
        columns.check(keys)
    with closing(Lines(file, name, MAX_LINE_CHARS)) as lines:
        yield from row_entries(json_rows(lines), columns)


def leading_keys(file: BinaryIO, name: str) -> dict[str, None]:
    """The keys that the first objects of a file have, in their order; none for an empty file.

    Raises InvalidCatalogue when there are lines, and none of the first is an object.
    """
    keys: dict[str, None] = {}
    problems: list[Row] = []
    count = 0
    with closing(Lines(file, name, MAX_LINE_CHARS)) as lines:
        for count, row in enumerate(json_rows(lines), 1):
            keys.update(dict.fromkeys(row.cells))
            if row.problem is not None:
                problems.append(row)
            if count >= SAMPLE_OBJECTS or (keys and lines.chars > SAMPLE_CHARS):
                break
    if problems and len(problems) == count:
        raise InvalidCatalogue(f"{name}: no line is a JSON object (line {problems[0].line}: {problems[0].problem})")
    return keys


def json_rows(lines: Lines) -> Iterator[Row]:
    """Yield the objects of `lines`, without blank lines; a line that is none has a problem."""
    while True:
        try:
            text = next(lines)
            if text.strip():
                yield Row(lines.number, parsed_object(text))
        except StopIteration:
            return
        except LineTooLong as exc:
            yield Row(lines.number, problem=str(exc))
        except ValueError as exc:
            yield Row(lines.number, problem=f"no usable JSON object: {exc}")


def parsed_object(text: str) -> dict[str, object]:
    """The JSON object in `text`.

    Raises ValueError, with a reason, for anything else, and for what JSON readers disagree on: a key that stands
    twice, NaN and Infinity, numbers out of range.
    """
    if reason := flaw(text):
        raise ValueError(reason)
    if text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise ValueError(f"it has more than {MAX_VALUES:,} values")
    try:
        value: object = _DECODER.decode(text)
    except json.JSONDecodeError as exc:
        raise ValueError(f"{exc.msg} at character {exc.pos + 1}") from exc
    except RecursionError as exc:
        raise ValueError("it is nested too deeply") from exc
    if not isinstance(value, dict):
        raise ValueError(f"it is a {type(value).__name__}")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key {twice[:80]!r} stands twice in one object")
    return found


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"number {digits[:40]} is out of range")
    return number


def _int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"number {digits[:40]} has more than {MAX_DIGITS} digits")
    return int(digits)


def _refused(constant: str) -> Never:
    raise ValueError(f"{constant} is not a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_refused)
