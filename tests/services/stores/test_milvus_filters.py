"""How filters are spelt for Milvus. What the spelling means is proved against a real Milvus Lite elsewhere."""

import re

import pytest
from hypothesis import example, given
from rows import FIELDS, filters, usable_text

from services.filters import All, Any, Compare, Exists, Filter, Not, OneOf, Prefix
from services.stores.milvus_filters import ALWAYS, NEVER, any_of, both, json_key, literal, none_of, render, text_after


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (OneOf("category", ("a", "b")), '(f_category in ["a", "b"])'),
        (Not(OneOf("category", ("a",))), '(f_category is null or (f_category not in ["a"]))'),
        (OneOf("category", (1, True)), NEVER),
        (Not(OneOf("category", (1, True))), ALWAYS),
        (OneOf("price", (1, 2.5, -0.0)), "(f_price in [1.0, 2.5, 0.0])"),
        (OneOf("in_stock", (True,)), "(f_in_stock == true)"),
        (Not(OneOf("in_stock", (True,))), "(f_in_stock is null or (f_in_stock != true))"),
        (Compare("price", "gte", 1e20), "(f_price >= 1e+20)"),
        (Not(Compare("price", "gte", -1)), "(f_price is null or (f_price < -1.0))"),
        (Compare("price", "lt", "1"), NEVER),
        (OneOf("heel", (5,)), '((attributes["number"]["heel"] == 5.0))'),
        (
            Not(OneOf("heel", (5,))),
            '((not (exists attributes["number"]["heel"]) or (attributes["number"]["heel"] != 5.0)))',
        ),
        (Compare("heel", "gt", "a"), '(attributes["text"]["heel"] > "a")'),
        (OneOf('a"]["b/ü', (True,)), '((attributes["boolean"]["a%22%5D%5B%22b%2F%C3%BC"] == true))'),
        (All((OneOf("price", (1,)), OneOf("price", (2,)))), "((f_price in [1.0]) and (f_price in [2.0]))"),
        (Not(Any((OneOf("price", (1,)),))), "((f_price is null or (f_price not in [1.0])))"),
        (Exists("price"), "(f_price is not null)"),
        (Not(Exists("price")), "(f_price is null)"),
        (
            Exists("heel"),
            '((exists attributes["text"]["heel"]) or (exists attributes["number"]["heel"])'
            ' or (exists attributes["boolean"]["heel"]))',
        ),
        (Prefix("category", "Nik"), '(f_category >= "Nik" and f_category < "Nil")'),
        (
            Not(Prefix("category", "Nik")),
            '((f_category is null) or f_category < "Nik" or f_category >= "Nil")',
        ),
        (Prefix("category", ""), "(f_category is not null)"),
        (Not(Prefix("category", "")), "(f_category is null)"),
        (Prefix("category", "!"), '(f_category >= "!" and f_category < "\\"")'),
        (Prefix("category", "\U0010ffff"), '(f_category >= "\U0010ffff")'),
        (Prefix("price", "1"), NEVER),
        (Not(Prefix("price", "1")), ALWAYS),
        (Prefix("heel", "a%"), '(attributes["text"]["heel"] >= "a%" and attributes["text"]["heel"] < "a&")'),
        (All(()), ALWAYS),
        (Not(All(())), NEVER),
    ],
    ids=str,
)
def test_rendering(node: Filter, expected: str) -> None:
    assert render(node, FIELDS) == expected


def test_lists_of_ids() -> None:
    assert any_of("id", ["a", 'b"']) == '(id in ["a", "b\\""])'
    assert none_of("id", ["a"]) == '(id not in ["a"])'
    assert (any_of("id", []), none_of("id", [])) == (NEVER, ALWAYS)
    assert (both("", "x"), both("x", ""), both("x", "y")) == ("x", "x", "(x and y)")


# A string of Milvus's grammar, Plan.g4, with those escapes that Milvus Lite knows too.
STRING = re.compile(r'"(?:[^"\\\r\n]|\\["\\nr])*"')


@given(usable_text())
def test_a_text_is_one_string_whatever_it_holds(text: str) -> None:
    assert STRING.fullmatch(literal(text))
    assert re.fullmatch(r"[A-Za-z0-9_.~% -]*", json_key(text))


@example("\ud7ff", "\ue000")
@example("a\U0010ffff", "b")
@given(usable_text().filter(bool), usable_text())
def test_the_text_after_a_prefix_is_the_least_that_does_not_begin_with_it(prefix: str, text: str) -> None:
    after = text_after(prefix)
    for candidate in (text, prefix + text, prefix[:-1] + text, after + text):
        assert candidate.startswith(prefix) == (prefix <= candidate and (not after or candidate < after))
    after.encode()


@given(filters())
def test_outside_of_strings_there_is_nothing_but_the_grammar(node: Filter) -> None:
    bare = STRING.sub("S", render(node, FIELDS))
    words = set(re.findall(r"[A-Za-z_]+", re.sub(r"\d[\d.]*(e[+-]\d+)?", "0", bare)))
    assert words <= {"S", "and", "or", "not", "in", "is", "null", "exists", "true", "false", "id", "attributes"} | {
        f"f_{field}" for field in FIELDS
    }
