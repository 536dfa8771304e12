"""Filters as people send them: what is read, and what is refused with which words."""

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import FIELDS

from services.errors import InvalidFilter
from services.filters import All, Any, Compare, Exists, Filter, Not, OneOf, Prefix, matches, parse_filter
from services.filters.grammar import MAX_DEPTH, MAX_PARTS, MAX_VALUE_BYTES

DRESSES = OneOf("category", ("Dresses",))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, None),
        ({}, None),
        ({"category": "Dresses"}, DRESSES),
        ({"category": ["Dresses", "Skirts"]}, OneOf("category", ("Dresses", "Skirts"))),
        ({"category": ""}, OneOf("category", ("",))),
        ({"price": 10}, OneOf("price", (10.0,))),
        ({"price": {"gte": 10}}, Compare("price", "gte", 10.0)),
        ({"price": {"gte": 10, "lt": 50}}, All((Compare("price", "gte", 10.0), Compare("price", "lt", 50.0)))),
        ({"in_stock": True}, OneOf("in_stock", (True,))),
        ({"released": "2026-03-01"}, OneOf("released", ("2026-03-01T00:00:00",))),
        ({"released": {"lt": "2026-03-01T10:00:00+02:00"}}, Compare("released", "lt", "2026-03-01T08:00:00")),
        ({"heel": 5}, OneOf("heel", (5,))),
        ({"heel": ["5", 5.5, False]}, OneOf("heel", ("5", 5.5, False))),
        ({"heel": {"gt": "a"}}, Compare("heel", "gt", "a")),
        ({"heel": {"lte": 5}}, Compare("heel", "lte", 5.0)),
        ({"price": {"exists": True}}, Exists("price")),
        ({"heel": {"exists": False}}, Not(Exists("heel"))),
        ({"category": {"exists": True}}, Exists("category")),
        ({"released": {"exists": True}}, Exists("released")),
        ({"category": {"prefix": "Dre"}}, Prefix("category", "Dre")),
        ({"heel": {"prefix": ""}}, Prefix("heel", "")),
        ({"heel": {"prefix": "e\u0301"}}, Prefix("heel", "é")),
        ({"price": {"exists": True, "lt": 5}}, All((Exists("price"), Compare("price", "lt", 5.0)))),
        ({"heel": {"prefix": "a", "gt": "ab"}}, All((Prefix("heel", "a"), Compare("heel", "gt", "ab")))),
        ({"category": {"prefix": "a", "exists": True}}, All((Prefix("category", "a"), Exists("category")))),
        ({"category": "Dresses", "heel": 5}, All((DRESSES, OneOf("heel", (5,))))),
        ({"not": {"category": "Dresses"}}, Not(DRESSES)),
        ({"not": {}}, Not(All(()))),
        ({"any": [{"category": "Dresses"}, {"heel": 5}]}, Any((DRESSES, OneOf("heel", (5,))))),
        ({"all": [{"category": "Dresses"}, {}]}, All((DRESSES, All(())))),
        ({"heel": 1, "not": {"category": "Dresses"}}, All((OneOf("heel", (1,)), Not(DRESSES)))),
        ({"$meta": 'x"] or true'}, OneOf("$meta", ('x"] or true',))),
        ({"heel": 2**53}, OneOf("heel", (2**53,))),
    ],
    ids=str,
)
def test_what_is_read(data: object, expected: Filter | None) -> None:
    assert parse_filter(data, FIELDS) == expected


def test_kinds_survive_reading() -> None:
    node = parse_filter({"heel": [True, 1, 1.0, "1"]}, FIELDS)
    assert isinstance(node, OneOf)
    assert [type(value) for value in node.values] == [bool, int, float, str]
    price = parse_filter({"price": 1}, FIELDS)
    assert isinstance(price, OneOf)
    assert type(price.values[0]) is float


def test_text_is_composed_as_that_of_products_is() -> None:
    decomposed = unicodedata.normalize("NFD", "größe é")
    assert parse_filter({decomposed: decomposed}, FIELDS) == OneOf("größe é", ("größe é",))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "[] is not a filter; use an object"),
        ("category", "'category' is not a filter"),
        (False, "false is not a filter"),
        ({"not": None}, "null is not a filter"),
        ({"not": [{"category": "x"}]}, "is not a filter; use an object"),
        ({"any": {"category": "x"}}, "\"any\": {'category': 'x'} is not allowed; use a list"),
        ({"any": []}, '"any": [] is not allowed; use a list of at least one'),
        ({"all": ["x"]}, "'x' is not a filter"),
        ({"category": None}, "'category': null is not allowed for a keyword field; use text"),
        ({"category": 5}, "'category': 5 is not allowed for a keyword field; use text"),
        ({"category": ["a", ["b"]]}, "'category': ['b'] is not allowed for a keyword field"),
        ({"category": []}, "'category': an empty list matches nothing; leave the field out"),
        ({"category": {"gte": "a"}}, "'category' is a keyword field, which has no ranges"),
        ({"in_stock": {"gt": False}}, "'in_stock' is a boolean field, which has no ranges"),
        ({"in_stock": "true"}, "'in_stock': 'true' is not allowed for a boolean field; use true or false"),
        ({"in_stock": 1}, "'in_stock': 1 is not allowed for a boolean field"),
        ({"price": "10"}, "'price': '10' is not allowed for a number field; use a number"),
        ({"price": True}, "'price': true is not allowed for a number field"),
        ({"price": math.nan}, "'price': nan is not allowed for a number field; use a finite number"),
        ({"price": {"lt": -math.inf}}, "'price': -inf is not allowed for a number field; use a finite number"),
        ({"price": 2**53 + 1}, "compare exactly up to 9,007,199,254,740,992"),
        ({"price": 10**400}, "compare exactly up to"),
        ({"price": {}}, "'price': {} is not a range; give at least one of gt, gte, lt, lte"),
        ({"price": {"min": 5}}, "'price': unknown operator 'min'; allowed are gt, gte, lt, lte"),
        ({"price": {"not": 5}}, 'allowed are gt, gte, lt, lte, exists, prefix; negate with {"not": {...}}'),
        ({"price": {"exists": 1}}, "'price': exists 1 is not allowed; use true or false"),
        ({"price": {"exists": None}}, "'price': exists null is not allowed; use true or false"),
        ({"price": {"prefix": "1"}}, "'price' is a number field, which has no prefixes; give a range"),
        ({"released": {"prefix": "2026"}}, "'released' is a date field, which has no prefixes; give a range"),
        ({"in_stock": {"prefix": "t"}}, "'in_stock' is a boolean field, which has no prefixes; use true or false"),
        ({"category": {"prefix": 5}}, "'category': 5 is not allowed for a keyword field; a prefix is text"),
        ({"heel": {"prefix": True}}, "'heel': true is not allowed; a prefix is text"),
        ({"heel": {"prefix": ["a"]}}, "'heel': ['a'] is not allowed; a prefix is text"),
        ({"heel": {"prefix": "\ud800"}}, "half of a surrogate pair"),
        ({"category": {"exists": True, "gte": "a"}}, "'category' is a keyword field, which has no ranges"),
        ({"price": {"gte": [1]}}, "'price': [1] is not allowed for a number field"),
        ({"released": "yesterday"}, "'released': 'yesterday' is not allowed for a date field; use an ISO 8601 date"),
        ({"released": 2026}, "'released': 2026 is not allowed for a date field; use an ISO 8601 date"),
        ({"released": "0001-01-01T00:00:00+10:00"}, "is not allowed for a date field"),
        ({"heel": None}, "'heel': null is not allowed; use text, a number, true or false"),
        ({"heel": [{"a": 1}]}, "'heel': {'a': 1} is not allowed"),
        ({"heel": {"gt": True}}, "'heel': true is not allowed; a range needs numbers or text"),
        ({"heel": math.inf}, "'heel': inf is not allowed; use a finite number"),
        ({"prices": None}, "(did you mean the field 'price'?)"),
        ({"heel": "a\0b"}, "contains a NUL character"),
        ({"category": "\ud800"}, "half of a surrogate pair"),
        ({"category": "é" * 513}, f"at most {MAX_VALUE_BYTES:,} bytes"),
        ({"": 1}, "'' is not a field's name"),
        ({"  ": 1}, "is not a field's name"),
        ({"a\0": 1}, "is not a field's name"),
        ({"\udfff": 1}, "is not a field's name"),
        ({"x" * 201: 1}, "is not a field's name; use 1 to 200 characters"),
        ({5: 1}, "5 is not a field's name"),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_what_is_refused_says_where_and_what_to_do(data: object, words: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse_filter(data, FIELDS)
    message = str(caught.value)
    assert words in message
    assert len(message) < 300
    message.encode()  # it can be sent


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("colour", "'colour': no product has such a field; did you mean 'base_colour'?"),
        ("HEEL", "'HEEL': no product has such a field; did you mean 'heel'?"),
        ("pric", "did you mean 'price'?"),
        ("predicted_colors", "did you mean 'predicted_colour'?"),
        ("zzz", "'zzz': no product has such a field; see the attributes that your products have"),
        ("x" * 200, "no product has such a field"),
    ],
)
@pytest.mark.parametrize("value", ["a", {"exists": True}, {"prefix": "a"}, {"gte": 1}, None])
def test_a_field_that_nobody_has_is_refused_with_the_nearest(name: str, words: str, value: object) -> None:
    known = {"heel", "base_colour", "predicted_colour"}
    for data in ({name: value}, {"not": {name: value}}, {"any": [{"category": "a"}, {name: value}]}):
        with pytest.raises(InvalidFilter) as caught:
            parse_filter(data, FIELDS, known)
        assert words in str(caught.value)
        assert len(str(caught.value)) < 300


def test_a_field_that_is_declared_or_known_may_be_asked_for() -> None:
    assert parse_filter({"category": "a"}, FIELDS, ()) == OneOf("category", ("a",))
    assert parse_filter({"predicted_colour": "a"}, FIELDS, ["predicted_colour"]) == OneOf("predicted_colour", ("a",))
    assert parse_filter({"gro\u0308ße": {"exists": True}}, FIELDS, ["größe"]) == Exists("größe")


def nested(levels: int) -> object:
    data: object = {"category": "Dresses"}
    for _ in range(levels - 1):
        data = {"not": data}
    return data


def test_depth_is_bounded() -> None:
    assert parse_filter(nested(MAX_DEPTH), FIELDS) is not None
    for levels in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(InvalidFilter, match="nested more than 10 deep"):
            parse_filter(nested(levels), FIELDS)


@pytest.mark.parametrize("many", ["values", "conditions", "existences", "prefixes", "filters"])
def test_size_is_bounded(many: str) -> None:
    def filter_of(count: int) -> object:
        return {
            "values": {"category": ["x"] * count},
            "conditions": {f"name {index}": 1 for index in range(count)},
            "existences": {f"name {index}": {"exists": True} for index in range(count)},
            "prefixes": {f"name {index}": {"prefix": "a"} for index in range(count)},
            "filters": {"any": [{}] * count},
        }[many]

    assert parse_filter(filter_of(MAX_PARTS - 1), FIELDS) is not None
    with pytest.raises(InvalidFilter, match=r"more than 1,000"):
        parse_filter(filter_of(MAX_PARTS), FIELDS)


KEYS = st.text(max_size=8) | st.sampled_from(["not", "any", "all", "gt", "lte", "exists", "prefix", *FIELDS])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(ANY_JSON)
def test_whatever_is_sent_is_read_or_refused(data: object) -> None:
    try:
        node = parse_filter(data, FIELDS)
    except InvalidFilter as exc:
        str(exc).encode()
        return
    assert node is None or matches(node, {}) in (True, False)
