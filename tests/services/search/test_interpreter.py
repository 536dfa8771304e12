"""Words become filters: what is read, what is sure of it, and what is left to be compared by meaning."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.fields import FieldType
from services.filters import parse_filter
from services.search.interpretation import Interpretation
from services.search.interpreter import MAX_TERMS, Interpreter
from services.search.tokens import usable
from services.search.vocabulary import Vocabulary
from services.settings import FASHION_FIELDS

FIELDS = {**FASHION_FIELDS, "material": FieldType.KEYWORD}
LABELS = {
    "category": [("Dresses", 90), ("Casual Shoes", 50), ("Sports Shoes", 40), ("T-Shirts", 40), ("Shirts", 30),
                 ("Shorts", 20), ("Track Pants", 10), ("Trousers", 9), ("Belts", 9), ("Necklaces and Chains", 5),
                 ("Night Suits", 4), ("Footballs", 2)],
    "sub_category": [("Dress", 100), ("Topwear", 60), ("Shoes", 95)],
    "brand": [("Fern & Field", 20), ("Orange", 30), ("Olive", 1), ("Only", 12), ("Nike", 12), ("Under Armour", 8),
              ("Red Tape", 8), ("No Show", 3), ("Grün", 2)],
    "base_colour": [("Blue", 60), ("Navy Blue", 30), ("Red", 40), ("Orange", 30), ("Olive", 40), ("Grey Melange", 9),
                    ("Grey", 30), ("Black", 80), ("NA", 12)],
    "gender": [("Male", 100), ("FEMALE", 120), ("unisex", 20), ("Boys", 10), ("Girls", 12)],
    "pattern": [("Striped", 30), ("Dotted", 20), ("Solid", 90), ("Floral", 9)],
    "season": [("Summer", 90), ("Winter", 40)],
    "material": [("Leather", 20), ("Cotton", 40)],
}  # fmt: skip
DRESS = {"any": [{"sub_category": "Dress"}, {"category": "Dresses"}]}
BLUE = {"base_colour": ["Blue", "Navy Blue"]}
WOMEN = {"gender": ["FEMALE", "unisex"]}
STRIPED = {"pattern": "Striped"}


def read(text: str, *unwanted: str, fields: Mapping[str, FieldType] = FIELDS) -> Interpretation:
    return Interpreter(lambda: Vocabulary(LABELS), fields).read(text, unwanted)


def sure(found: Interpretation) -> list[object]:
    return [term.filter_json for term in found.terms if term.sure]


def unsure(found: Interpretation) -> list[object]:
    return [term.filter_json for term in found.terms if not term.sure]


@pytest.mark.parametrize(
    ("text", "filters", "left"),
    [
        ("red dress under 50", [{"base_colour": "Red"}, DRESS, {"price": {"lt": 50.0}}], "red dress"),
        ("navy blue t shirts", [{"base_colour": "Navy Blue"}, {"category": "T-Shirts"}], "navy blue t shirts"),
        ("gray tee", [{"base_colour": ["Grey", "Grey Melange"]}, {"category": "T-Shirts"}], "gray tee"),
        ("pants", [{"category": ["Track Pants", "Trousers"]}], "pants"),
        ("chain", [{"category": "Necklaces and Chains"}], "chain"),
        ("red or blue dress", [{"base_colour": ["Blue", "Red", "Navy Blue"]}, DRESS], "red or blue dress"),
        ("dresses for her", [DRESS, WOMEN], "dresses for her"),
        ("men's and boys' shorts", [{"gender": ["Male", "unisex", "Boys"]}, {"category": "Shorts"}], None),
        ("kids' dress", [{"gender": ["Girls", "Boys"]}, DRESS], None),
        ("fern and field shirt", [{"brand": "Fern & Field"}, {"category": "Shirts"}], None),
        ("FERN & FIELD shirt", [{"brand": "Fern & Field"}, {"category": "Shirts"}], None),
        ("grun shirt", [{"brand": "Grün"}, {"category": "Shirts"}], None),
        ("under armour shorts", [{"brand": "Under Armour"}, {"category": "Shorts"}], "under armour shorts"),
        ("red tape belts", [{"brand": "Red Tape"}, {"category": "Belts"}], None),
        ("shirt with stripes", [{"category": "Shirts"}, STRIPED], None),
        ("black shirt in stock", [{"base_colour": "Black"}, {"category": "Shirts"}, {"in_stock": True}], "black shirt"),
        ("no show shorts", [{"brand": "No Show"}, {"category": "Shorts"}], None),
        ("shirt available in red", [{"category": "Shirts"}, {"base_colour": "Red"}], None),
        ("sold out shirts", [{"in_stock": False}, {"category": "Shirts"}], "shirts"),
    ],
)
def test_what_is_surely_meant(text: str, filters: list[object], left: str | None) -> None:
    found = read(text)
    assert sure(found) == filters
    assert found.text == (text if left is None else left)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("under 50", {"lt": 50.0}),
        ("below $50", {"lt": 50.0}),
        ("less than 50 euros", {"lt": 50.0}),
        ("< 49.90", {"lt": 49.9}),
        ("up to 1,000", {"lte": 1000.0}),
        ("at most 1.299,50 EUR", {"lte": 1299.5}),
        ("max 50€", {"lte": 50.0}),
        ("price max 50", {"lte": 50.0}),
        ("not over 50", {"lte": 50.0}),
        ("no more than 50 pounds", {"lte": 50.0}),
        ("50 or less", {"lte": 50.0}),
        ("over rs.500", {"gt": 500.0}),
        ("at least 20usd", {"gte": 20.0}),
        ("$50 and up", {"gte": 50.0}),
        ("from 20 to 40", {"gte": 20.0, "lte": 40.0}),
        ("between 40 and 20", {"gte": 20.0, "lte": 40.0}),
        ("20-40 dollars", {"gte": 20.0, "lte": 40.0}),
        ("$20 - $40", {"gte": 20.0, "lte": 40.0}),
        ("price 20-40", {"gte": 20.0, "lte": 40.0}),
    ],
)
def test_prices(text: str, bounds: dict[str, float]) -> None:
    for whole in (f"dress {text}", f"{text} dress", f"dress, {text}, red"):
        found = read(whole)
        assert {"price": bounds} in sure(found)
        assert not any(word[0].isdigit() for word in found.text.split()), found.text
        assert found.rest == ()


@pytest.mark.parametrize(
    "text",
    ["501 shorts", "shorts size 42", "2023 collection", "size under 50", "shorts under 40 mm", "over 50% off",
     "waist from 28 to 32", "shorts 28-32", "nike air max 90", "under 1e999", "under " + "9" * 30, "under", "from to"],
)  # fmt: skip
def test_numbers_that_are_no_prices(text: str) -> None:
    found = read(text)
    assert not [term for term in found.terms if term.kind == "range"]
    assert found.text == text


def test_an_unlikely_price_keeps_nothing_out() -> None:
    assert unsure(read("max 50")) == [{"price": {"lte": 50.0}}]
    assert read("max 50").text == "max 50"
    assert sure(read("belt max 50")) == [{"category": "Belts"}, {"price": {"lte": 50.0}}]
    assert unsure(read("from 2019 to 2021")) == [{"price": {"gte": 2019.0, "lte": 2021.0}}]


def test_fields_that_a_shop_does_not_declare_are_not_read() -> None:
    bare = {"category": FieldType.KEYWORD, "price": FieldType.KEYWORD, "in_stock": FieldType.NUMBER}
    found = read("dresses under 50 in stock 2024", fields=bare)
    assert {term.field for term in found.terms} <= {"category", "sub_category"}
    assert found.text == "dresses under 50 in stock 2024"


def test_a_year_is_a_guess() -> None:
    found = read("shirts from 2024")
    assert unsure(found) == [{"year": 2024.0}]
    assert found.text == "shirts from 2024"
    assert found.rest == ()


@pytest.mark.parametrize(
    ("text", "refused", "left"),
    [
        ("dress without stripes", [{"not": STRIPED}], "dress"),
        ("dress, not striped, under 50", [{"not": STRIPED}], "dress"),
        ("-striped dress", [{"not": STRIPED}], "dress"),
        ("non-leather belt", [{"not": {"material": "Leather"}}], "belt"),
        ("dress no stripes or dots", [{"not": STRIPED}, {"not": {"pattern": "Dotted"}}], "dress"),
        ("no red, blue or black dress",
         [{"not": {"base_colour": "Red"}}, {"not": BLUE}, {"not": {"base_colour": "Black"}}], "dress"),
        ("no stripes, red dress", [{"not": STRIPED}], "red dress"),
        ("not red, blue dress", [{"not": {"base_colour": "Red"}}], "blue dress"),
        ("shirts except Nike and Under Armour", [{"not": {"brand": "Nike"}}, {"not": {"brand": "Under Armour"}}],
         "shirts"),
        ("shirt without red stripes", [{"not": {"all": [{"base_colour": "Red"}, STRIPED]}}], "shirt"),
        ("no stripes dress", [{"not": STRIPED}], "dress"),
        ("dress not for women", [{"not": {"gender": "FEMALE"}}], "dress"),
        ("no summer dress", [{"not": {"season": "Summer"}}], "dress"),
        ("no no not striped dress", [{"not": STRIPED}], "dress"),
    ],
)  # fmt: skip
def test_negations(text: str, refused: list[object], left: str) -> None:
    found = read(text)
    assert [term.filter_json for term in found.terms if term.kind == "negation" and term.sure] == refused
    assert found.text == left
    assert found.unknown_unwanted == ()


@pytest.mark.parametrize(
    ("text", "unknown", "left"),
    [
        ("dress without sleeves", "sleeves", "dress"),
        ("shirt with no logo in blue", "logo", "shirt in blue"),
        ("shoes without white soles", "white soles", "shoes"),
        ("dress without a long train", "long train", "dress"),
    ],
)
def test_what_the_catalogue_has_no_word_for_is_told_and_not_embedded(text: str, unknown: str, left: str) -> None:
    found = read(text)
    assert found.unknown_unwanted == (unknown,)
    assert found.text == left
    assert not found.says_all


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("striped", [{"not": STRIPED}]),
        ("without stripes", [{"not": STRIPED}]),
        ("red dress", [{"not": {"all": [{"base_colour": "Red"}, DRESS]}}]),
        ("red, striped", [{"not": {"base_colour": "Red"}}, {"not": STRIPED}]),
        ("over 50", [{"not": {"price": {"gt": 50.0}}}]),
        ("women", [{"not": {"gender": "FEMALE"}}]),
    ],
)
def test_texts_that_are_unwanted(text: str, filters: list[object]) -> None:
    found = read("shirt", text)
    assert sure(found)[1:] == filters
    assert found.unknown_unwanted == ()


def test_an_unwanted_text_that_is_not_all_understood_is_handed_back_as_it_is() -> None:
    found = read("shirt", "Velvet dress", "striped")
    assert found.unknown_unwanted == ("Velvet dress",)
    assert sure(found)[1:] == [{"not": STRIPED}]


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("summer", {"season": "Summer"}),
        ("orange", {"any": [{"brand": "Orange"}, {"base_colour": "Orange"}]}),
        ("only", {"brand": "Only"}),
        ("suit", {"category": "Night Suits"}),
        ("drses", {"any": [{"sub_category": "Dress"}, {"category": "Dresses"}]}),
        ("stirped", STRIPED),
        ("sneakers", {"category": ["Casual Shoes", "Sports Shoes"]}),
        ("football boots", {"category": "Footballs"}),
    ],
)
def test_what_is_only_perhaps_meant_keeps_nothing_out(text: str, guess: object) -> None:
    found = read(text)
    assert sure(found) == []
    assert unsure(found) == [guess]
    assert found.text == text


def test_a_label_of_two_kinds_is_sure_where_nearly_all_have_it_as_one_and_the_other_passes_too() -> None:
    labels = {"base_colour": [("Olive", 400)], "brand": [("Olive", 3)]}
    found = Interpreter(lambda: Vocabulary(labels), FIELDS).read("olive")
    assert sure(found) == [{"any": [{"base_colour": "Olive"}, {"brand": "Olive"}]}]
    assert unsure(found) == [{"base_colour": "Olive"}]


def test_what_is_just_the_word_comes_first_among_what_contains_it() -> None:
    found = read("blue dress")
    assert sure(found) == [BLUE, DRESS]
    assert unsure(found) == [{"base_colour": "Blue"}]
    assert found.says_all


def test_what_a_product_has_or_is_for_keeps_nothing_out() -> None:
    found = read("dress with a red belt for women")
    assert sure(found) == [DRESS, WOMEN]
    assert unsure(found) == [{"base_colour": "Red"}, {"gender": "FEMALE"}]
    assert found.rest == ("belt",)


def test_two_colours_may_be_a_third_label() -> None:
    assert sure(read("red and black dress")) == [DRESS]


def test_short_is_not_shorts() -> None:
    assert sure(read("short dress")) == [DRESS]
    assert sure(read("dress shorts")) == [{"any": [{"sub_category": "Dress"}, {"category": ["Dresses", "Shorts"]}]}]


def test_words_that_nothing_accounts_for_are_told() -> None:
    found = read("a velvet dress for the Opera")
    assert found.rest == ("velvet", "Opera")
    assert not found.says_all


def test_an_empty_vocabulary_reads_prices_and_what_is_unwanted() -> None:
    found = Interpreter(lambda: Vocabulary({}), FIELDS).read("red dress, no stripes, under 50")
    assert sure(found) == [{"price": {"lt": 50.0}}]
    assert found.text == "red dress"
    assert found.unknown_unwanted == ("stripes",)


WORDS = (
    "red blue navy dress dresses shirt shoes striped stripes without no not -striped non-leather under over between "
    "and or , . from to 20 40 $50 1,000 20-40 max men women kids with for in stock only Fern & Field Nike velvet "
    "except \u202e \0 \ud800 \U0001f457 e\u0301 ﬁ ² ٣٤ drses"
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS.split(" ")), max_size=40).map(" ".join))


@given(TEXTS, st.lists(TEXTS, max_size=3))
@example("no " * 700, ["not " * 600])
@example("-" * 2_000, ["," * 2_000])
@example("1.1," * 600, ["20-" * 700])
@example("red striped " * 200, ["a" * 3_000])
@example("non-" * 500, [])
@example("a'b-" * 500 + "\ud800", ["\0"])
def test_no_text_is_too_odd(text: str, unwanted: list[str]) -> None:
    found = read(text, *unwanted)
    assert len(found.terms) <= MAX_TERMS
    for term in found.terms:
        assert parse_filter(json.loads(json.dumps(term.filter_json)), FIELDS) == term.where
        term.words.encode()
    found.text.encode()
    assert all(piece.strip(",;:-") in usable(text) for piece in found.text.split())


def test_work_grows_with_the_text_and_no_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = Vocabulary.exact
    monkeypatch.setattr(Vocabulary, "exact", lambda self, key: asked.append(key) or real(self, key))
    for words in ("red striped velvet ", "no red, blue or ", "without white drses and "):
        asked.clear()
        read(words * 10)
        few = len(asked)
        asked.clear()
        read(words * 80)
        assert len(asked) <= 9 * few
