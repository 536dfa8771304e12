"""The filter tree. What each node means is defined by `matching.matches`; renderers must agree with it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from services.fields import Scalar

Operator: TypeAlias = Literal["gt", "gte", "lt", "lte"]


@dataclass(frozen=True)
class OneOf:
    """The attribute is present and equals one of `values`. A number never equals a text or a boolean."""

    field: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Compare:
    """The attribute is present, of the kind of `value` (number or text), and compares with it as `operator` says."""

    field: str
    operator: Operator
    value: str | float


@dataclass(frozen=True)
class Exists:
    """The attribute is present, whatever it is."""

    field: str


@dataclass(frozen=True)
class Prefix:
    """The attribute is present, is text, and begins with `prefix`, by code point; the empty prefix begins any text."""

    field: str
    prefix: str


@dataclass(frozen=True)
class Not:
    """`part` does not hold: products that lack the attribute are therefore included."""

    part: "Filter"


@dataclass(frozen=True)
class All:
    """Every part holds; an empty one holds always."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True)
class Any:
    """At least one part holds; an empty one never does."""

    parts: "tuple[Filter, ...]"


Filter: TypeAlias = OneOf | Compare | Exists | Prefix | Not | All | Any
