"""Reads a filter from JSON, checks it against the declared fields, and returns the tree.

A filter is an object; every key of it must hold:

    {"category": "Dresses"}                 equals
    {"category": ["Dresses", "Skirts"]}     equals any of
    {"price": {"gte": 10, "lt": 50}}        a range: gt, gte, lt, lte
    {"price": {"exists": true}}             is present, whatever it is; false: is absent
    {"brand": {"prefix": "Nik"}}            is text that begins so
    {"in_stock": true}                      a boolean
    {"not": {...}}                          does not hold; products that lack the attribute are included
    {"any": [{...}, {...}]}                 at least one holds
    {"all": [{...}, {...}]}                 every one holds

A range, "exists" and "prefix" may stand in one object, and all must hold. Negation is a filter of its own, "not"; there
is no {"price": {"not": 10}}, which could mean two things for a product without a price.
"""

import difflib
import math
import re
import reprlib
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import get_args

from services.errors import InvalidFilter
from services.fields import Fields, FieldType, Scalar, normal_date
from services.filters.nodes import All, Any, Compare, Exists, Filter, Not, OneOf, Operator, Prefix

MAX_DEPTH = 10
MAX_PARTS = 1_000
MAX_VALUE_BYTES = 1_024
MAX_NAME_LENGTH = 200
OPERATORS: tuple[Operator, ...] = get_args(Operator)
EXISTS, PREFIX = "exists", "prefix"
# How alike two names must be for one to be taken for the other misspelt, by difflib's measure.
NEAR = 0.5
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


def parse_filter(data: object, fields: Fields, known: Collection[str] | None = None) -> Filter | None:
    """Return the filter that `data` (parsed JSON) describes; None, which is no filter, for null and {}.

    A field that is not declared may be of any kind; where `known` names are given, it must be one of them. Raises
    InvalidFilter, naming the field or operator, the value and the remedy, for anything outside the grammar, a value
    that a declared field cannot hold, or a field that is neither declared nor known.
    """
    if data is None or data == {}:
        return None
    return _Parser(fields, known).filter(data, 1)


@dataclass
class _Parser:
    """One parse: counts what it has seen, so that no filter can be expensive to evaluate."""

    fields: Fields
    known: Collection[str] | None = None
    parts: int = 0

    def filter(self, data: object, depth: int) -> Filter:
        """A whole object, `depth` filters deep."""
        if not isinstance(data, dict):
            raise InvalidFilter(f'{_show(data)} is not a filter; use an object such as {{"category": "Dresses"}}')
        if depth > MAX_DEPTH:
            raise InvalidFilter(f"filters are nested more than {MAX_DEPTH} deep; say the same with fewer levels")
        self._count()
        parts = [self._part(key, value, depth) for key, value in data.items()]
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _part(self, key: object, value: object, depth: int) -> Filter:
        match key:
            case "not":
                return Not(self.filter(value, depth + 1))
            case "any":
                return Any(self._filters("any", value, depth))
            case "all":
                return All(self._filters("all", value, depth))
            case _:
                return self._condition(self._field(key), value)

    def _filters(self, operator: str, value: object, depth: int) -> tuple[Filter, ...]:
        if not isinstance(value, list) or not value:
            raise InvalidFilter(f'"{operator}": {_show(value)} is not allowed; use a list of at least one filter')
        return tuple(self.filter(part, depth + 1) for part in value)

    def _condition(self, field: str, value: object) -> Filter:
        """What one field must satisfy: a value, any of a list, or all that an object asks."""
        if isinstance(value, dict):
            return self._asked(field, value)
        if not isinstance(value, list):
            return OneOf(field, (self._value(field, value),))
        if not value:
            raise InvalidFilter(f"{field!r}: an empty list matches nothing; leave the field out, or give a value")
        return OneOf(field, tuple(self._value(field, item) for item in value))

    def _asked(self, field: str, operators: dict[object, object]) -> Filter:
        allowed = ", ".join([*OPERATORS, EXISTS, PREFIX])
        if not operators:
            raise InvalidFilter(f"{field!r}: {{}} is not a range; give at least one of {allowed}")
        parts: list[Filter] = []
        for operator, value in operators.items():
            if operator == EXISTS:
                parts.append(self._exists(field, value))
            elif operator == PREFIX:
                parts.append(self._prefix(field, value))
            elif operator in OPERATORS:
                parts.append(Compare(field, operator, self._bound(field, value)))
            else:
                hint = '; negate with {"not": {...}}' if operator in ("not", "ne") else ""
                raise InvalidFilter(f"{field!r}: unknown operator {_show(operator)}; allowed are {allowed}{hint}")
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _exists(self, field: str, value: object) -> Filter:
        self._count()
        if not isinstance(value, bool):
            raise InvalidFilter(f"{field!r}: {EXISTS} {_show(value)} is not allowed; use true or false")
        return Exists(field) if value else Not(Exists(field))

    def _prefix(self, field: str, value: object) -> Filter:
        self._count()
        kind = self.fields.get(field)
        if kind not in (None, FieldType.KEYWORD):
            remedy = "give a range" if kind is not FieldType.BOOLEAN else "use true or false"
            raise InvalidFilter(f"{field!r} is a {kind} field, which has no prefixes; {remedy}")
        return Prefix(field, self._text(field, value, "a prefix is text"))

    def _bound(self, field: str, value: object) -> str | float:
        kind = self.fields.get(field)
        if kind in (FieldType.KEYWORD, FieldType.BOOLEAN):
            raise InvalidFilter(f"{field!r} is a {kind} field, which has no ranges; give a value, or a list of values")
        checked = self._value(field, value)
        if isinstance(checked, bool):
            raise self._wrong(field, value, "a range needs numbers or text")
        return checked if isinstance(checked, str) else float(checked)

    def _value(self, field: str, value: object) -> Scalar:
        """`value` in the form in which the field is stored."""
        self._count()
        match self.fields.get(field):
            case None:
                return self._any_kind(field, value)
            case FieldType.KEYWORD:
                return self._text(field, value, "use text")
            case FieldType.NUMBER:
                return float(self._number(field, value, "use a number"))
            case FieldType.BOOLEAN:
                if not isinstance(value, bool):
                    raise self._wrong(field, value, "use true or false")
                return value
            case FieldType.DATE:
                return self._date(field, value)

    def _any_kind(self, field: str, value: object) -> Scalar:
        remedy = "use text, a number, true or false"
        if isinstance(value, bool):
            return value
        return (
            self._number(field, value, remedy) if isinstance(value, int | float) else self._text(field, value, remedy)
        )

    def _text(self, field: str, value: object, remedy: str) -> str:
        if not isinstance(value, str):
            raise self._wrong(field, value, remedy)
        if _unusable(value):
            raise self._wrong(field, value, "it contains a NUL character or half of a surrogate pair")
        text = unicodedata.normalize("NFC", value)  # as products are stored
        if len(text.encode()) > MAX_VALUE_BYTES:
            raise self._wrong(field, value, f"at most {MAX_VALUE_BYTES:,} bytes of text are allowed")
        return text

    def _number(self, field: str, value: object, remedy: str) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(field, value, remedy)
        if isinstance(value, float) and not math.isfinite(value):
            raise self._wrong(field, value, "use a finite number")
        if not _is_exact(value):
            raise self._wrong(field, value, f"whole numbers compare exactly up to {2**53:,}")
        return value

    def _date(self, field: str, value: object) -> str:
        remedy = "use an ISO 8601 date such as 2026-03-01 or 2026-03-01T10:00:00Z"
        text = self._text(field, value, remedy)
        try:
            return normal_date(text)
        except (ValueError, OverflowError) as exc:  # overflow: an offset that leaves the calendar
            raise self._wrong(field, value, remedy) from exc

    def _field(self, key: object) -> str:
        """A field's name, where it is one that may be asked for."""
        name = _field_name(key)
        if self.known is None or name in self.fields or name in self.known:
            return name
        # Case aside, for "Colour" is nearer to "colour" than anything else is.
        names = {known.casefold(): known for known in sorted({*self.fields, *self.known}, reverse=True)}
        close = difflib.get_close_matches(name.casefold(), names, n=1, cutoff=NEAR)
        hint = f"did you mean {names[close[0]]!r}?" if close else "see the attributes that your products have"
        raise InvalidFilter(f"{reprlib.repr(name)}: no product has such a field; {hint}")

    def _wrong(self, field: str, value: object, remedy: str) -> InvalidFilter:
        kind = self.fields.get(field)
        if kind is not None:
            return InvalidFilter(f"{field!r}: {_show(value)} is not allowed for a {kind} field; {remedy}")
        close = difflib.get_close_matches(field, self.fields, n=1, cutoff=0.8)
        hint = f" (did you mean the field {close[0]!r}?)" if close else ""
        return InvalidFilter(f"{field!r}: {_show(value)} is not allowed; {remedy}{hint}")

    def _count(self) -> None:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise InvalidFilter(f"more than {MAX_PARTS:,} values in one filter; ask for fewer, or in several requests")


def _field_name(key: object) -> str:
    if not isinstance(key, str) or not key.strip() or len(key) > MAX_NAME_LENGTH or _unusable(key):
        raise InvalidFilter(
            f"{_show(key)} is not a field's name; use 1 to {MAX_NAME_LENGTH} characters, without NUL or half surrogates"
        )
    return unicodedata.normalize("NFC", key)


def _unusable(text: str) -> bool:
    return "\0" in text or _LONE_SURROGATE.search(text) is not None


def _is_exact(number: int | float) -> bool:
    try:
        return float(number) == number
    except OverflowError:
        return False


def _show(value: object) -> str:
    """A value for a message: as JSON spells it, short however large it is, and safe to print."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return reprlib.repr(value)
