"""One facet of several that are counted in one go: which columns it needs, how they are counted, what came of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from services.catalogue.sql_attributes import Column, SqlAttribute
from services.errors import InvalidRequest
from services.facets import Facet, FacetRequest
from services.fields import FieldType, Scalar

MAX_TOP = 200
MAX_RANGES = 50

Bound: TypeAlias = float | None
Rows: TypeAlias = Sequence[Any]

_NO_TEXT = sa.cast(sa.null(), sa.Text)
_NO_NUMBER = sa.cast(sa.null(), sa.Double)


@dataclass(frozen=True)
class Values:
    """The most frequent values of a field."""

    field: str
    top: int

    def columns(self, attribute: SqlAttribute) -> dict[str, Column]:
        """What it needs to know of each product, by name."""
        return {"type": attribute.json_type, "value": attribute.value}

    def count(self, found: sa.CTE, part: int, sqlite: bool) -> sa.Select[Any]:
        """Rows of kind, text, number, `n` products that have it, and `products` that have any."""
        json_type, plain = found.c[f"type{part}"], found.c[f"value{part}"]
        value: Column = plain if sqlite else sa.collate(plain, "C")
        # First as it is written, which is quick: 1 and 1.0 are one number, but few numbers are written in two ways.
        columns = (json_type.label("type"), value.label("value"), sa.func.count().label("n"))
        written = sa.select(*columns).where(json_type.is_not(None)).group_by(json_type, value).subquery()
        attribute = SqlAttribute(written.c.type, written.c.value, sqlite)
        read = sa.select(*_read(attribute), written.c.n).subquery()
        n, of_value = sa.func.sum(read.c.n), (read.c.kind, read.c.text, read.c.number)
        counts = (_NO_NUMBER.label("bucket"), n.label("n"), sa.func.sum(n).over().label("products"))
        query = sa.select(sa.literal(part).label("part"), *of_value, *counts).group_by(*of_value)
        return query.order_by(sa.desc("n"), *of_value).limit(self.top)

    def facet(self, rows: Rows) -> Facet:
        """The facet that these rows of `count` are."""
        values = [(_value(row), int(row.n)) for row in rows]
        return Facet(self.field, values=values, products=int(rows[0].products) if rows else 0)


@dataclass(frozen=True)
class Ranges:
    """How many products have a number in each range [low, high)."""

    field: str
    ranges: tuple[tuple[Bound, Bound], ...]

    @property
    def edges(self) -> list[float]:
        """Where a range begins or ends, ascending. Between two of them all numbers are alike."""
        return sorted({float(edge) for pair in self.ranges for edge in pair if edge is not None})

    def columns(self, attribute: SqlAttribute) -> dict[str, Column]:
        """The number of edges that a product's number has reached; -1 for what is no number."""
        reached = _edges_reached(attribute.number, self.edges, 0)
        return {"bucket": sa.case((attribute.is_kind("number"), reached), (attribute.exists, sa.literal(-1)))}

    def count(self, found: sa.CTE, part: int, sqlite: bool) -> sa.Select[Any]:
        """Rows of a bucket and its `n` products."""
        bucket = found.c[f"bucket{part}"]
        nothing = (_NO_TEXT.label("kind"), _NO_TEXT.label("text"), _NO_NUMBER.label("number"))
        counts = (bucket.label("bucket"), sa.func.count().label("n"), _NO_NUMBER.label("products"))
        query = sa.select(sa.literal(part).label("part"), *nothing, *counts)
        return query.where(bucket.is_not(None)).group_by(bucket)

    def facet(self, rows: Rows) -> Facet:
        """The facet that these rows of `count` are."""
        place = {edge: number for number, edge in enumerate(self.edges, start=1)}
        of_bucket = {int(row.bucket): int(row.n) for row in rows}
        ranges = []
        for low, high in self.ranges:
            first = 0 if low is None else place[float(low)]
            end = len(place) + 1 if high is None else place[float(high)]
            ranges.append((low, high, sum(of_bucket.get(bucket, 0) for bucket in range(first, end))))
        return Facet(self.field, ranges=ranges, products=sum(of_bucket.values()))


Part: TypeAlias = Values | Ranges


def part_of(request: FacetRequest, declared: FieldType | None) -> Part:
    """The part that answers `request`; `declared` is the field's type, if it has one.

    Raises InvalidRequest, naming the field and the remedy, for ranges that hold no number, and for too much at once.
    """
    field = request.field
    if not request.ranges:
        if not 1 <= request.top <= MAX_TOP:
            raise InvalidRequest(f"facet {field!r}: top={request.top}; 1 to {MAX_TOP} are allowed")
        return Values(field, request.top)
    if declared not in (None, FieldType.NUMBER):
        raise InvalidRequest(f"facet {field!r}: a {declared} field has no ranges of numbers; ask for its values")
    if len(request.ranges) > MAX_RANGES:
        raise InvalidRequest(f"facet {field!r}: {len(request.ranges)} ranges; at most {MAX_RANGES} are allowed")
    return Ranges(field, tuple(_checked(field, low, high) for low, high in request.ranges))


def _checked(field: str, low: Bound, high: Bound) -> tuple[Bound, Bound]:
    if not all(edge is None or _is_finite(edge) for edge in (low, high)):
        raise InvalidRequest(f"facet {field!r}: a range's ends are finite numbers; leave one out for an open range")
    if low is not None and high is not None and low >= high:
        raise InvalidRequest(f"facet {field!r}: the range from {low!r} to {high!r} is empty; begin it below its end")
    return low, high


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number beyond every double
        return False


def _edges_reached(number: sa.ColumnElement[float], edges: Sequence[float], first: int) -> sa.ColumnElement[int]:
    """How many edges are at most `number`, found by halves."""
    if not edges:
        return sa.literal(first)
    middle = len(edges) // 2
    below = _edges_reached(number, edges[:middle], first)
    above = _edges_reached(number, edges[middle + 1 :], first + middle + 1)
    return sa.case((number < edges[middle], below), else_=above)


def _read(attribute: SqlAttribute) -> tuple[Column, Column, Column]:
    """Kind, text and number of a value; text also of a boolean."""
    is_text, is_number = attribute.is_kind("text"), attribute.is_kind("number")
    kind = sa.case((is_text, "text"), (is_number, "number"), else_="boolean").label("kind")
    boolean = sa.case((attribute.boolean, "true"), else_="false")
    text = sa.case((is_text, attribute.text), (attribute.is_kind("boolean"), boolean))
    ordered = text if attribute.sqlite else sa.collate(text, "C")
    return kind, ordered.label("text"), sa.case((is_number, attribute.number)).label("number")


def _value(row: Any) -> Scalar:
    """A value as JSON has it best: 38, not 38.0."""
    if row.kind == "number":
        number = float(row.number)
        return int(number) if number.is_integer() and abs(number) <= 2**53 else number
    return str(row.text) if row.kind == "text" else row.text == "true"
