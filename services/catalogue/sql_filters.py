"""Filters in SQL, for the catalogue's own table. `filters.matching.matches` defines what they mean.

Every value is a bound parameter. Every condition is true or false, never null, so that `not` includes products that
lack the attribute.
"""

import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any as Anything
from typing import assert_never

import sqlalchemy as sa

from services.catalogue.sql_attributes import Condition, Documents, SqlAttribute
from services.fields import Scalar
from services.filters import All, Any, Compare, Exists, Filter, Not, OneOf, Prefix
from services.filters.matching import Kind, kind_of

_COMPARISONS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def condition(node: Filter, documents: Documents) -> Condition:
    """The condition that holds for the products which pass the filter, over the columns of `documents`."""
    match node:
        case OneOf():
            return _one_of(node, documents)
        case Compare():
            return _compare(node, documents)
        case Exists(field):
            return documents.read(field).exists
        case Prefix(field, prefix):
            attribute = documents.read(field)
            return _guarded(attribute, {"text": sa.func.substr(attribute.text, 1, len(prefix)) == prefix})
        case Not(part):
            return sa.not_(condition(part, documents))
        # Not AND and OR: SQLite takes a chain of them for as many levels, of which it allows a thousand.
        case All(parts):
            failing = [(sa.not_(condition(part, documents)), sa.false()) for part in parts]
            return sa.case(*failing, else_=sa.true()) if failing else sa.true()
        case Any(parts):
            holding = [(condition(part, documents), sa.true()) for part in parts]
            return sa.case(*holding, else_=sa.false()) if holding else sa.false()
        case _:
            assert_never(node)


def _one_of(node: OneOf, documents: Documents) -> Condition:
    attribute = documents.read(node.field)
    texts = [value for value in node.values if isinstance(value, str)]
    numbers = [value for value in node.values if kind_of(value) == "number" and _is_double(value)]
    booleans = [value for value in node.values if isinstance(value, bool)]
    among: dict[Kind, Condition] = {}
    if texts:
        among["text"] = _among(attribute.text, texts)
    if numbers:
        among["number"] = _among(attribute.number, [float(number) for number in numbers])
    if booleans:
        among["boolean"] = sa.or_(*(attribute.boolean if value else ~attribute.boolean for value in set(booleans)))
    return _guarded(attribute, among)


def _compare(node: Compare, documents: Documents) -> Condition:
    attribute, kind = documents.read(node.field), kind_of(node.value)
    # Not a number compares with nothing in Python; in PostgreSQL it is the largest.
    if kind == "boolean" or node.value != node.value:
        return sa.false()
    compare = _COMPARISONS[node.operator]
    if isinstance(node.value, str):
        return _guarded(attribute, {"text": compare(attribute.text, node.value)})
    return _guarded(attribute, {"number": compare(attribute.number, _double(node.value))})


def _guarded(attribute: SqlAttribute, conditions: Mapping[Kind, Condition]) -> Condition:
    """The condition that belongs to the attribute's kind; false where there is none."""
    if not conditions:
        return sa.false()
    return sa.case(*((attribute.is_kind(kind), holds) for kind, holds in conditions.items()), else_=sa.false())


def _among(column: sa.ColumnElement[Anything], values: Sequence[str] | Sequence[float]) -> Condition:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _is_double(value: Scalar) -> bool:
    """Whether a product can have this number: products hold finite doubles."""
    return math.isfinite(_double(value)) and _double(value) == value


def _double(value: Scalar) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number beyond every double
        return math.copysign(math.inf, 1 if int(value) > 0 else -1)
