"""Boxes, checks of queries, sums of parts, other orders."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.arrays import unit_rows
from services.errors import InvalidRequest, Unsupported
from services.products import ImageRef, Product, Record
from services.search import Box, Fusion, ImagePart, Query, Sort, TextPart, crop
from services.search.diversity import mmr
from services.search.explaining import explain
from services.search.fusion import fuse, reciprocal_ranks
from services.search.literal import bears, is_word_for_word
from services.search.ordering import by_attribute
from services.search.plan import choose_mode
from services.search.query import check
from services.search.ranking import Candidate
from services.search.vectors import WeightedPart, combined

PHOTO = Image.new("RGB", (200, 100))
WORDS = (TextPart("red"),)


def candidate(key: str, **attributes: object) -> Candidate:
    product = Product(key, attributes, (ImageRef("front", "digest"),))  # type: ignore[arg-type]
    return Candidate(Record(product, 1, 1, 0, False, 1, None, 0.0), "front", 0.5, 1)


@pytest.mark.parametrize(
    "numbers",
    [
        (0, 0, 0, 1),
        (0.5, 0, 0.5, 1),
        (0.6, 0, 0.5, 1),
        (-0.1, 0, 1, 1),
        (0, 0, 1, 1.01),
        (math.nan, 0, 1, 1),
        (0, 0, math.inf, 1),
    ],
)
def test_a_box_that_is_none_is_refused(numbers) -> None:
    with pytest.raises(InvalidRequest, match=r"box \["):
        Box(*numbers)


def test_a_box_cuts_and_must_leave_something() -> None:
    marked = PHOTO.copy()
    marked.paste((255, 0, 0), (150, 0, 200, 50))
    part = crop(marked, Box(0.75, 0, 1, 0.5))
    assert part.size == (50, 50)
    assert part.getextrema() == ((255, 255), (0, 0), (0, 0))
    assert crop(PHOTO, None) is PHOTO
    with pytest.raises(InvalidRequest, match="2 x 100 pixels of a photo of 200 x 100"):
        crop(PHOTO, Box(0.5, 0, 0.51, 1))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (Query(), "nothing to look for"),
        (Query(texts=[TextPart("red", -1)]), "nothing to look for"),
        (Query(images=[ImagePart(PHOTO, weight=-1)]), "nothing to look for"),
        (Query(texts=WORDS, limit=0), "limit 0"),
        (Query(texts=WORDS, limit=1, offset=1000), "at most 1000"),
        (Query(texts=[TextPart("red", math.nan)]), "weight nan"),
        (Query(texts=[*WORDS, TextPart("blue", 0)]), "weight 0"),
        (Query(texts=[TextPart("red", 1e9)]), "weight"),
        (Query(texts=[*WORDS] * 21), "21 images and texts"),
        (Query(texts=WORDS, exclude=["x"] * 1001), "exclude: 1001"),
        (Query(texts=WORDS, diversity=1.1), "diversity 1.1"),
        (Query(texts=WORDS, diversity=math.nan), "diversity nan"),
        (Query(texts=WORDS, sort=Sort("price", within=0)), "within 0"),
        (Query(texts=WORDS, sort=Sort("price"), diversity=0.5), "two orders"),
        (Query(texts=WORDS, fusion=Fusion(semantic=0, lexical=0)), "both 0"),
        (Query(texts=WORDS, fusion=Fusion(semantic=-1)), "between 0 and"),
        (Query(texts=WORDS, fusion=Fusion(lexical=math.nan)), "between 0 and"),
    ],
)
def test_a_query_out_of_range_is_refused(query: Query, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        check(query)


@pytest.mark.parametrize(
    ("query", "with_text_tower", "without"),
    [
        (Query(images=[ImagePart(PHOTO)]), "semantic", "semantic"),
        (Query(texts=WORDS), "hybrid", "lexical"),
        (Query(texts=WORDS, images=[ImagePart(PHOTO)]), "semantic", "hybrid"),
        (Query(texts=WORDS, images=[ImagePart(PHOTO, weight=-1)]), "hybrid", "lexical"),
        (Query(texts=WORDS, mode="semantic"), "semantic", Unsupported),
        (Query(texts=WORDS, mode="lexical"), "lexical", "lexical"),
        (Query(texts=WORDS, mode="hybrid"), "hybrid", "lexical"),
        (Query(texts=WORDS, images=[ImagePart(PHOTO)], mode="hybrid"), "hybrid", "hybrid"),
        (Query(texts=WORDS, images=[ImagePart(PHOTO)], mode="lexical"), InvalidRequest, InvalidRequest),
        (Query(images=[ImagePart(PHOTO)], mode="hybrid"), InvalidRequest, InvalidRequest),
        (Query(images=[ImagePart(PHOTO)], mode="semantic"), "semantic", "semantic"),
    ],
)
def test_the_mode_follows_from_the_query_and_the_model(query: Query, with_text_tower, without) -> None:
    for understands, expected in ((True, with_text_tower), (False, without)):
        if isinstance(expected, str):
            assert choose_mode(query, understands, "model@1") == expected
        else:
            with pytest.raises(expected):
                choose_mode(query, understands, "model@1")


vectors = st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda v: np.linalg.norm(v) > 0.1)


@given(st.lists(st.tuples(st.floats(-5, 5).filter(lambda w: abs(w) > 0.01), vectors), min_size=1, max_size=5), vectors)
def test_the_shares_of_the_parts_add_up_to_the_score(parts, hit) -> None:
    weighted = [WeightedPart(str(i), w, unit_rows([v])[0]) for i, (w, v) in enumerate(parts)]
    if np.linalg.norm(np.sum([part.weight * part.vector for part in weighted], axis=0)) < 0.01:
        return
    query, row = combined(weighted), unit_rows([hit])[0]
    shares = explain(candidate("a"), {}, query, row, {}).parts
    assert sum(part.share for part in shares) == pytest.approx(float(query.vector @ row), abs=1e-4)


def test_parts_that_cancel_each_other_out_are_refused() -> None:
    one = np.array([1, 0], np.float32)
    with pytest.raises(InvalidRequest, match="cancel"):
        combined([WeightedPart("a", 1.0, one), WeightedPart("b", -1.0, one)])


def test_an_explanation_names_what_agrees_and_what_differs() -> None:
    wanted = {"category": ["Dresses"], "base_colour": ["Red", "Blue"], "brand": ["Nike"]}
    told = explain(candidate("a"), {"category": "Dresses", "base_colour": "Blue", "price": 3}, None, None, wanted)
    assert told.agrees == {"category": "Dresses", "base_colour": "Blue"}
    assert told.differs == {"brand": ("Nike", None)}


def test_sorting_keeps_the_order_of_equals_and_puts_what_lacks_the_field_last() -> None:
    found = [
        candidate("a", price=5),
        candidate("b"),
        candidate("c", price=2.5),
        candidate("d", price="on request"),
        candidate("e", price=5),
        candidate("f", price=True),
    ]

    def order(descending: bool) -> str:
        ordered = by_attribute(found, Sort("price", descending), lambda one: one.record.product.attributes)
        return "".join(one.record.product.id for one in ordered)

    assert order(descending=False) == "fcaedb"
    assert order(descending=True) == "daecfb"


@given(st.lists(vectors, min_size=1, max_size=12), st.floats(0, 1))
def test_a_diverse_order_is_an_order_of_the_same_items(rows, diversity) -> None:
    relevance = np.linspace(1, 0, len(rows)).astype(np.float32)
    order = mmr(relevance, unit_rows(rows), diversity)
    assert sorted(order) == list(range(len(rows)))
    assert order[0] == 0, "the most relevant stays first"
    assert mmr(relevance, unit_rows(rows), 0) == list(range(len(rows)))


def test_a_product_first_in_both_lists_beats_one_first_in_one() -> None:
    assert fuse(Fusion(), {"a": 0.9, "b": 0.8}, {"b": 3.0, "c": 2.0})["b"] == max(
        fuse(Fusion(), {"a": 0.9, "b": 0.8}, {"b": 3.0, "c": 2.0}).values()
    )
    assert reciprocal_ranks([(1, ["a"]), (1, ["a"])]) == {"a": 1.0}
    heavy = fuse(Fusion("weighted", 0.0, 1.0), {"a": 0.9, "b": 0.8}, {"b": 3.0, "c": 2.0})
    assert heavy == {"a": 0.0, "b": 1.0, "c": 0.0}


def test_word_for_word_means_but_for_case_accents_hyphens_and_plurals() -> None:
    record = candidate("SKU 12-b", brand="Café & Co", year=2012, note="x" * 500).record
    assert is_word_for_word("sku 12b", record) == "id"
    assert is_word_for_word("CAFE co", record) == "brand"
    assert is_word_for_word("cafe", record) is None
    assert is_word_for_word("2012", record) is None, "a number is no name"
    assert is_word_for_word(" ?! ", record) is None
    assert bears(record, ["cafe", "sku"], ["brand"])
    assert not bears(record, ["cafe", "sku"], [])
