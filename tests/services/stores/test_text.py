"""A product's text as engines hold it: plain terms between spaces, of bounded length."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import SCALARS, usable_text

from services.fields import TEXT_FIELDS
from services.stores.text import MAX_TEXT_BYTES, joined_text, query_text


@pytest.mark.parametrize(
    ("attributes", "names", "expected"),
    [
        ({}, ["title"], "sku7"),
        ({"title": "Women's Red T-Shirts"}, ["title"], "sku7 women red tshirt"),
        ({"brand": "Zara", "title": "Red"}, ["title", "brand"], "sku7 red zara"),
        ({"title": "Red", "secret": "blue"}, ["title"], "sku7 red"),
        ({"title": "Red"}, [], "sku7"),
        ({"gtin": 40123, "year": 2011.0, "width": 2.5}, ["gtin", "year", "width"], "sku7 40123 2011 25"),
        ({"new": True, "old": False}, ["new", "old"], "sku7"),
        ({"title": "  !!! "}, ["title"], "sku7"),
        ({"title": "ÉTÉ Straße"}, ["title"], "sku7 ete strasse"),
        ({"title": "𝐀bc"}, ["title"], "sku7 abc"),
        ({"title": "a\nb\tc\u2028d\x00e"}, ["title"], "sku7 a b c d e"),
    ],
    ids=str,
)
def test_what_is_joined(attributes: dict[str, str | int | float | bool], names: list[str], expected: str) -> None:
    assert joined_text("SKU-7", attributes, names) == expected


def test_a_long_text_is_cut_after_a_whole_term() -> None:
    long = {"a": "é" * 1_999, "b": "word " * 400} | {f"c{number}": f"unique{number} " * 200 for number in range(20)}
    text = joined_text("p", long, list(long))
    assert MAX_TEXT_BYTES - 20 < len(text.encode()) <= MAX_TEXT_BYTES
    assert set(text.split()) <= {"p", "e" * 1_999, "word"} | {f"unique{number}" for number in range(20)}
    assert joined_text("p", {"title": "\ufdfa" * 2_000}, ["title"]).encode()[:1] == b"p"


@given(usable_text(), st.dictionaries(st.sampled_from(TEXT_FIELDS), SCALARS | usable_text()))
def test_tokenizers_that_split_at_what_is_no_word_find_the_terms(
    product_id: str, attributes: dict[str, str | int | float | bool]
) -> None:
    text = joined_text(product_id, attributes, TEXT_FIELDS)
    assert re.findall(r"\w+", text.lower()) == (text.split(" ") if text else [])  # as Milvus Lite does it
    assert len(text.encode()) <= MAX_TEXT_BYTES


@given(usable_text())
def test_a_query_meets_the_text_it_repeats(text: str) -> None:
    wanted = query_text(text).split()
    assert len(wanted) == len(set(wanted))
    assert set(wanted) == set(joined_text("", {"title": text}, ["title"]).split())
