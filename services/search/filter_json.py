"""A filter in the grammar of the API, so that a caller can see it, change it and send it back."""

from typing import Any as Json
from typing import assert_never

from services.filters import All, Any, Compare, Exists, Filter, Not, OneOf, Prefix


def to_json(node: Filter) -> dict[str, Json]:
    """What `parse_filter` reads as `node`.

    >>> to_json(Not(OneOf("pattern", ("Striped",))))
    {'not': {'pattern': 'Striped'}}
    >>> to_json(All((Compare("price", "gte", 20.0), Compare("price", "lte", 40.0))))
    {'price': {'gte': 20.0, 'lte': 40.0}}
    """
    match node:
        case OneOf(field, values):
            return {field: values[0] if len(values) == 1 else list(values)}
        case Compare(field, operator, value):
            return {field: {operator: value}}
        case Exists(field):
            return {field: {"exists": True}}
        case Prefix(field, prefix):
            return {field: {"prefix": prefix}}
        case Not(part):
            return {"not": to_json(part)}
        case Any(parts):
            return {"any": [to_json(part) for part in parts]}
        case All(parts):
            return _range(parts) or {"all": [to_json(part) for part in parts]}
        case _:
            assert_never(node)


def _range(parts: tuple[Filter, ...]) -> dict[str, Json] | None:
    """Bounds of one field, each of another kind, as one range."""
    bounds = [part for part in parts if isinstance(part, Compare)]
    operators = {bound.operator: bound.value for bound in bounds}
    if len(bounds) < len(parts) or len(operators) < len(parts) or len({bound.field for bound in bounds}) != 1:
        return None
    return {bounds[0].field: operators}
