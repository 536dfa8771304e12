"""Renders a filter as a Milvus expression: the one place where a value becomes part of an expression.

How attributes lie in a collection decides what is rendered:

* a declared field is a nullable column of its own, `f_<field>`;
* everything else lives in the JSON column `attributes`, apart by kind: {"text": {"fabric": "silk"}, "number": {...},
  "boolean": {...}}. Milvus Lite compares JSON values as Python does, where true equals 1; kept apart, kinds never
  meet. A name is percent-encoded there, since Milvus does not undo escapes in the keys of a JSON path.

A prefix is a range, from the prefix to the next text that does not begin with it: Milvus Lite's `like` knows no
escapes. Both engines compare texts by their UTF-8 bytes or by code point, which is the same order.

A condition on an absent attribute is neither true nor false to Milvus, and `not` leaves it so. Negations are therefore
pushed down to the conditions, where "is absent" is added to each. What is rendered was checked against the grammars
of Milvus 2.6 and of Milvus Lite 3.2; the contract suite proves the meaning against Milvus Lite.
"""

import sys
from collections.abc import Sequence
from typing import assert_never, get_args
from urllib.parse import quote

from services.fields import Fields, FieldType, Scalar
from services.filters.matching import Kind, kind_of
from services.filters.nodes import All, Any, Compare, Exists, Filter, Not, OneOf, Prefix
from services.stores.checks import STORED_KIND

# A row always has a key, and it is never empty. Not every version takes the words true and false for a condition.
ALWAYS = '(id != "")'
NEVER = '(id == "")'
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
OPPOSITES = {"gt": "<=", "gte": "<", "lt": ">=", "lte": ">"}
# Escapes that both grammars know; everything else stands for itself.
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})


def render(node: Filter, fields: Fields) -> str:
    """The expression that holds for exactly the rows whose attributes match `node`."""
    return _render(node, fields, holds=True)


def literal(value: Scalar) -> str:
    r"""A value as Milvus spells it.

    >>> literal('say "hi" \\ bye'), literal(3), literal(True)
    ('"say \\"hi\\" \\\\ bye"', '3.0', 'true')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPES)}"'
    return repr(float(value) + 0.0)  # plus zero: an index may tell -0.0 from 0.0


def any_of(column: str, values: Sequence[str]) -> str:
    """Holds where the column equals one of `values`; never, when there are none."""
    return f"({column} in {_list(values)})" if values else NEVER


def none_of(column: str, values: Sequence[str]) -> str:
    """Holds where a column that is never null equals none of `values`; always, when there are none."""
    return f"({column} not in {_list(values)})" if values else ALWAYS


def above(column: str, value: str) -> str:
    """Holds where the column comes after `value`, by code point."""
    return f"({column} > {literal(value)})"


def both(first: str, second: str) -> str:
    """Holds where both expressions do; an empty one always does."""
    return f"({first} and {second})" if first and second else first or second


def column(field: str) -> str:
    """The column of a declared field."""
    return f"f_{field}"


def json_key(name: str) -> str:
    """An attribute's name as a key of the JSON column; `urllib.parse.unquote` undoes it."""
    return quote(name, safe=" ")


def _render(node: Filter, fields: Fields, holds: bool) -> str:
    match node:
        case Not(part):
            return _render(part, fields, not holds)
        case All(parts) | Any(parts):
            rendered = [_render(part, fields, holds) for part in parts]
            return _all(rendered) if isinstance(node, All) == holds else _any(rendered)
        case OneOf(field, values) if field in fields:
            return _column_equals(column(field), fields[field], values, holds)
        case OneOf(field, values):
            return _json_equals(field, values, holds)
        case Compare():
            return _compares(node, fields, holds)
        case Exists(field):
            return _exists(field, fields, holds)
        case Prefix(field, prefix):
            return _begins(field, prefix, fields, holds)
        case _:
            assert_never(node)


def _column_equals(name: str, kind: FieldType, values: Sequence[Scalar], holds: bool) -> str:
    fitting = [value for value in values if kind_of(value) == STORED_KIND[kind]]
    if not fitting:
        return NEVER if holds else ALWAYS
    if kind is FieldType.BOOLEAN:  # not every version takes booleans in a list
        equal = _equals(name, fitting, holds)
    else:
        equal = f"({name} {'in' if holds else 'not in'} {_list(fitting)})"
    return equal if holds else f"({name} is null or {equal})"


def _json_equals(field: str, values: Sequence[Scalar], holds: bool) -> str:
    by_kind: dict[Kind, list[Scalar]] = {}
    for value in values:
        by_kind.setdefault(kind_of(value), []).append(value)
    rendered = []
    for kind, wanted in by_kind.items():
        path = _path(field, kind)
        equal = _equals(path, wanted, holds)  # Milvus Lite takes no lists here
        rendered.append(equal if holds else f"(not (exists {path}) or {equal})")
    return _any(rendered) if holds else _all(rendered)


def _compares(node: Compare, fields: Fields, holds: bool) -> str:
    kind = kind_of(node.value)
    declared = fields.get(node.field)
    if kind == "boolean" or (declared is not None and kind != STORED_KIND[declared]):
        return NEVER if holds else ALWAYS
    name = _path(node.field, kind) if declared is None else column(node.field)
    absent = f"not (exists {name})" if declared is None else f"{name} is null"
    sign = (COMPARISONS if holds else OPPOSITES)[node.operator]
    condition = f"({name} {sign} {literal(node.value)})"
    return condition if holds else f"({absent} or {condition})"


def _exists(field: str, fields: Fields, holds: bool) -> str:
    if field in fields:
        return f"({column(field)} is {'not null' if holds else 'null'})"
    kinds = [_present(_path(field, kind)) for kind in get_args(Kind)]
    return _any(kinds) if holds else f"(not {_any(kinds)})"


def _begins(field: str, prefix: str, fields: Fields, holds: bool) -> str:
    declared = fields.get(field)
    if declared is not None and STORED_KIND[declared] != "text":
        return NEVER if holds else ALWAYS
    name = _path(field, "text") if declared is None else column(field)
    present = _present(name) if declared is None else f"({name} is not null)"
    absent = f"(not {present})" if declared is None else f"({name} is null)"
    if not prefix:
        return present if holds else absent
    after = text_after(prefix)
    if holds:
        return _all([f"{name} >= {literal(prefix)}", *([f"{name} < {literal(after)}"] if after else [])])
    return _any([absent, f"{name} < {literal(prefix)}", *([f"{name} >= {literal(after)}"] if after else [])])


def text_after(prefix: str) -> str:
    r"""The least text, by code point, that comes after every text which begins with `prefix`; "" when there is none.

    >>> text_after("Nike"), text_after("\ud7ff"), text_after("a" + chr(0x10FFFF))
    ('Nikf', '\ue000', 'b')
    """
    stem = prefix.rstrip(chr(sys.maxunicode))
    if not stem:
        return ""
    following = ord(stem[-1]) + 1
    is_surrogate = 0xD800 <= following <= 0xDFFF  # no text holds half of a pair
    return stem[:-1] + chr(0xE000 if is_surrogate else following)


def _present(path: str) -> str:
    return f"(exists {path})"


def _equals(name: str, values: Sequence[Scalar], holds: bool) -> str:
    conditions = [f"{name} {'==' if holds else '!='} {literal(value)}" for value in values]
    return _any(conditions) if holds else _all(conditions)


def _path(field: str, kind: Kind) -> str:
    return f'attributes["{kind}"]["{json_key(field)}"]'


def _list(values: Sequence[Scalar]) -> str:
    return f"[{', '.join(literal(value) for value in values)}]"


def _all(conditions: Sequence[str]) -> str:
    return f"({' and '.join(conditions)})" if conditions else ALWAYS


def _any(conditions: Sequence[str]) -> str:
    return f"({' or '.join(conditions)})" if conditions else NEVER
