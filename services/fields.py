"""Attributes of a product, and the fields that a shop declares as typed."""

import math
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from services.errors import InvalidProduct

Scalar: TypeAlias = str | int | float | bool
Attributes: TypeAlias = Mapping[str, Scalar]


class FieldType(StrEnum):
    """What a declared field holds. A date is an ISO 8601 day or moment, kept as text that sorts by time."""

    KEYWORD = "keyword"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"


Fields: TypeAlias = Mapping[str, FieldType]

# Whose words are looked for, where a shop declares nothing else.
TEXT_FIELDS = (
    "title",
    "brand",
    "category",
    "article_type",
    "sub_category",
    "base_colour",
    "pattern",
    "gender",
    "season",
    "usage",
    "description",
    "keywords",
    "sku",
    "mpn",
    "gtin",
)

TRUE_WORDS = {"true", "yes", "1"}
FALSE_WORDS = {"false", "no", "0"}


def coerce(name: str, value: Scalar, kind: FieldType) -> Scalar:
    """Return `value` as a declared field of type `kind` stores it; text from a CSV cell is understood.

    Raises InvalidProduct, naming the field, when it cannot be.
    """
    try:
        match kind:
            case FieldType.KEYWORD:
                return value if isinstance(value, str) else _plain_text(value)
            case FieldType.NUMBER:
                return _number(value)
            case FieldType.BOOLEAN:
                return _boolean(value)
            case FieldType.DATE:
                return normal_date(value)
    except (ValueError, OverflowError) as exc:  # an overflow: a moment before the year 1, once in UTC
        raise InvalidProduct(f"attribute {name!r}: {value!r} is not a {kind.value}") from exc


def normal_date(value: Scalar) -> str:
    """Return an ISO 8601 day or moment in one form that sorts as text. Raises ValueError for anything else.

    >>> normal_date("2026-03-01"), normal_date("2026-03-01T10:00:00+02:00")
    ('2026-03-01T00:00:00', '2026-03-01T08:00:00')
    """
    if not isinstance(value, str):
        raise ValueError(value)
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is not None:
        moment = (moment - moment.utcoffset()).replace(tzinfo=None)  # type: ignore[operator]  # aware, so not None
    return moment.isoformat(timespec="seconds")


def _plain_text(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: Scalar) -> int | float:
    if isinstance(value, bool):
        raise ValueError(value)
    if isinstance(value, int) or (isinstance(value, str) and value.strip().lstrip("+-").isdecimal()):
        return int(value)  # a year stays 2011, and does not become 2011.0
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _boolean(value: Scalar) -> bool:
    word = str(value).strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(value)
