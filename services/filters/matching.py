"""What a filter means: the reference that every engine's rendering must agree with."""

import operator
from typing import Literal, TypeAlias, assert_never

from services.fields import Attributes, Scalar
from services.filters.nodes import All, Any, Compare, Exists, Filter, Not, OneOf, Prefix

Kind: TypeAlias = Literal["text", "number", "boolean"]
_COMPARISONS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def kind_of(value: Scalar) -> Kind:
    """Which of the three kinds of value this is; values of different kinds never equal or compare.

    >>> kind_of(True), kind_of(1), kind_of(1.0), kind_of("1")
    ('boolean', 'number', 'number', 'text')
    """
    if isinstance(value, bool):  # before int, which it is a kind of in Python, though not in JSON
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def matches(node: Filter, attributes: Attributes) -> bool:
    """Whether a product of these attributes passes the filter."""
    match node:
        case OneOf(field, values):
            return any(_equal(attributes.get(field), value) for value in values)
        case Compare():
            return _compares(node, attributes.get(node.field))
        case Exists(field):
            return attributes.get(field) is not None
        case Prefix(field, prefix):
            present = attributes.get(field)
            return isinstance(present, str) and present.startswith(prefix)
        case Not(part):
            return not matches(part, attributes)
        case All(parts):
            return all(matches(part, attributes) for part in parts)
        case Any(parts):
            return any(matches(part, attributes) for part in parts)
        case _:
            assert_never(node)


def fields_of(node: Filter) -> set[str]:
    """The fields that a filter asks about.

    >>> sorted(fields_of(All((OneOf("brand", ("Nike",)), Not(Compare("price", "lt", 5.0))))))
    ['brand', 'price']
    """
    match node:
        case Not(part):
            return fields_of(part)
        case All(parts) | Any(parts):
            return {field for part in parts for field in fields_of(part)}
        case _:
            return {node.field}


def _equal(present: Scalar | None, wanted: Scalar) -> bool:
    return present is not None and kind_of(present) == kind_of(wanted) and present == wanted


def _compares(node: Compare, present: Scalar | None) -> bool:
    if present is None or isinstance(present, bool) or kind_of(present) != kind_of(node.value):
        return False
    return bool(_COMPARISONS[node.operator](present, node.value))
