"""Rows, filters and vectors for tests of vector stores, by hand and at random."""

import math

import numpy as np
from hypothesis import strategies as st

from services.arrays import FloatArray
from services.fields import Fields, FieldType, Scalar
from services.filters import All, Any, Compare, Exists, Filter, Not, OneOf, Prefix
from services.stores.protocol import Row

DIMENSIONS = 8
FIELDS: Fields = {
    "category": FieldType.KEYWORD,
    "price": FieldType.NUMBER,
    "in_stock": FieldType.BOOLEAN,
    "released": FieldType.DATE,
}
HOSTILE = [
    "women's-1",
    "a/b",
    "x'] or id != '' or id in ['y",
    'x"] or id != "" or id in ["y',
    'end"',
    "back\\slash",
    "back\\",
    '\\"',
    "\\u0022 or true",
    "%22%5D",
    "line\nfeed\r\ttab",
    "emoji 👗🏽‍♀️",
    "鞋 鞋",
    "zero\u200bwidth \u2028 \x85 \x07",
    "null",
    "true",
    "not",
    "*",
    "$meta",
    "{a}",
    "a][b",
    " ",
]


def direction(degrees: float) -> FloatArray:
    """A unit vector in one plane; the cosine between two is that of the angle between them."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[:2] = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return vector


def make_row(product_id: str, degrees: float = 0.0, image: str = "1", **attributes: Scalar) -> Row:
    """A row with a vector at an angle."""
    return Row(product_id, image, 1, "hash", "model@1", attributes, direction(degrees))


def usable_text(max_size: int = 40) -> st.SearchStrategy[str]:
    """Text that a product may hold: anything but NUL and half surrogates; the hostile kinds often."""
    anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=max_size)
    return st.one_of(st.sampled_from(HOSTILE), anything)


# Few values, so that rows and filters often agree; the kinds overlap, so that mixing them up shows.
TEXTS = st.sampled_from(["", "a", "b", "B", "é", "1", "true", 'q"\\', "2026-03-01T00:00:00"])
NUMBERS = st.sampled_from([-2.5, -1, 0, -0.0, 1, 1.0, 2, 1e20, 1e-7, 2**53])
BOOLEANS = st.booleans()
SCALARS: st.SearchStrategy[Scalar] = st.one_of(TEXTS, NUMBERS, BOOLEANS)
UNTYPED = ["heel", "fabric", 'odd "name"][', "größe"]
DATES = st.sampled_from(["2026-03-01T00:00:00", "2026-03-01T08:00:00", "2025-12-31T23:59:59"])
TYPED = {"category": TEXTS, "price": NUMBERS, "in_stock": BOOLEANS, "released": DATES}


# With the ends of the code points, where the next text after a prefix is not its last character plus one.
PREFIXES = st.one_of(
    TEXTS, st.sampled_from(["2026", "1\U0010ffff", "\ud7ff", "\U0010ffff", "a%", "_", "%", "!", "\t", "\x0c", "["])
)


def attributes() -> st.SearchStrategy[dict[str, Scalar]]:
    """Attributes as products have them: any of them may be missing."""
    return st.fixed_dictionaries({}, optional={**TYPED, **dict.fromkeys(UNTYPED, SCALARS)})


def filters() -> st.SearchStrategy[Filter]:
    """Any tree, also ones that the grammar would refuse, such as a number asked of a keyword field."""
    names = st.sampled_from([*FIELDS, *UNTYPED, "absent"])
    equal = st.builds(OneOf, names, st.lists(SCALARS, max_size=3).map(tuple))
    fitting = st.one_of(*(st.builds(OneOf, st.just(name), st.tuples(values)) for name, values in TYPED.items()))
    compare = st.builds(Compare, names, st.sampled_from(["gt", "gte", "lt", "lte"]), st.one_of(TEXTS, NUMBERS))
    exists, prefix = st.builds(Exists, names), st.builds(Prefix, names, PREFIXES)
    leaves: st.SearchStrategy[Filter] = st.one_of(equal, fitting, compare, exists, prefix)
    return st.recursive(leaves, _combined, max_leaves=6)


def _combined(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(parts, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, parts), st.builds(All, several), st.builds(Any, several))
