"""The order of a plan: the same however much of it is asked for, with nothing twice and nothing skipped."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.deadline import Deadline
from services.errors import DeadlineExceeded
from services.filters import Filter, OneOf, matches
from services.products import ImageRef, Product, Record
from services.search.interpretation import Interpretation, Term
from services.search.plan import Plan
from services.search.query import Fusion
from services.search.ranking import DEPTHS, Candidate, Ranking
from services.search.vectors import WeightedPart, combined
from services.stores.protocol import Match, WordMatch

COLOURS = ("red", "green", "blue")


def record(number: int, **attributes: str) -> Record:
    values = {"title": f"Thing {number}", "base_colour": COLOURS[number % 3], **attributes}
    product = Product(f"p{number:04d}", values, (ImageRef("front", "digest"),))
    return Record(product, 1, 1, 0, False, 1, None, 0.0)


class ForgetfulIndex:
    """Finds neighbours as an approximate index does: what it finds of the first few depends on how many are wanted."""

    def __init__(self, number: int, words: int = 0) -> None:
        self.records = {f"p{i:04d}": record(i) for i in range(number)}
        self._worded = list(self.records)[::7][:words]
        self.asked: list[tuple[int, Filter | None, Sequence[str]]] = []

    def search(self, vectors, limit, where=None, exclude=(), timeout_s=None):
        self.asked.append((limit, where, exclude))
        missed = limit % 5  # another one is overlooked at every depth
        found = [
            Match(key, "front", 1 - place / 2000)
            for place, (key, value) in enumerate(self.records.items())
            if key not in exclude and (where is None or matches(where, value.product.attributes))
        ]
        return [[match for place, match in enumerate(found) if place != missed][:limit]]

    def search_words(self, texts, limit, where=None, exclude=(), timeout_s=None):
        fits = [key for key in self._worded if where is None or matches(where, self.records[key].product.attributes)]
        return [[WordMatch(key, "front", 9 - place / 1000) for place, key in enumerate(fits)][:limit]]


VECTOR = combined([WeightedPart("photo 1", 1.0, np.array([1, 0], np.float32))])


def plan(mode: str = "semantic", **changes: object) -> Plan:
    whole = Plan(
        mode=mode,  # type: ignore[arg-type]
        vector=VECTOR,
        words="thing" if mode != "semantic" else "",
        text="thing",
        given=None,
        interpretation=None,
        fusion=Fusion(),
        barred=frozenset(),
        products=(),
        deadline=Deadline(60),
    )
    return replace(whole, **changes)


def ranking(index: ForgetfulIndex, wanted: Plan, keep=lambda found: found) -> Ranking:
    return Ranking(
        wanted,
        index,  # type: ignore[arg-type]
        lambda ids: {key: index.records[key] for key in ids if key in index.records},
        lambda found: found.product.attributes,
        keep,
    )


def ids(found: Sequence[Candidate]) -> list[str]:
    return [candidate.record.product.id for candidate in found]


BLUE = Term("blue", "base_colour", "value", OneOf("base_colour", ("blue",)), {"base_colour": "blue"}, sure=False)
PREFERS_BLUE = Interpretation("blue thing", ("thing",), (BLUE,))


@pytest.mark.parametrize("mode", ["semantic", "lexical", "hybrid"])
@pytest.mark.parametrize("interpretation", [None, PREFERS_BLUE])
@settings(max_examples=10)
@given(numbers=st.lists(st.integers(1, 1000), min_size=2, max_size=5))
def test_a_place_in_the_order_has_the_same_product_whatever_is_asked_for(mode, interpretation, numbers) -> None:
    wanted = plan(mode, interpretation=interpretation)
    found = [ids(ranking(ForgetfulIndex(1500, words=200), wanted).first(number)) for number in numbers]
    longest = max(found, key=len)
    assert len(longest) == len(set(longest)), "no product twice"
    for one in found:
        assert one == longest[: len(one)]


def test_a_page_costs_one_look_at_the_index_and_a_deep_one_few() -> None:
    index = ForgetfulIndex(1500)
    ranking(index, plan()).first(24)
    assert [limit for limit, _, _ in index.asked] == [DEPTHS[0]]
    index.asked.clear()
    assert len(ranking(index, plan()).first(1000)) == 1000
    assert [limit for limit, _, _ in index.asked] == list(DEPTHS)


def test_a_small_index_is_asked_once() -> None:
    index = ForgetfulIndex(10)
    assert len(ranking(index, plan()).first(1000)) == 9, "one is overlooked"
    assert len(index.asked) == 1


def test_barred_products_are_dropped_here_if_they_are_few_and_else_by_the_index() -> None:
    few = frozenset(f"p{i:04d}" for i in range(20))
    index = ForgetfulIndex(300)
    found = ids(ranking(index, plan(barred=few)).first(50))
    assert len(found) == 50
    assert not few & set(found)
    assert all(not exclude for _, _, exclude in index.asked), "queries that differ in this alone can be answered as one"
    many = frozenset(f"p{i:04d}" for i in range(120))
    found = ids(ranking(index, plan(barred=many)).first(50))
    assert not many & set(found)
    assert set(index.asked[-1][2]) == many


def test_what_is_deleted_leaves_no_gap() -> None:
    index = ForgetfulIndex(300)
    wanted = ranking(index, plan())
    wanted._records = lambda keys: {key: index.records[key] for key in keys if not key.endswith("5")}
    found = ids(wanted.first(60))
    assert len(found) == 60
    assert not [key for key in found if key.endswith("5")]


def test_boosts_bring_what_lies_deep_and_put_it_first() -> None:
    index = ForgetfulIndex(900)
    far = [f"p{i:04d}" for i in (700, 800)]
    for key in far:
        index.records[key] = record(0, base_colour="gold")
        index.records[key] = replace(index.records[key], product=replace(index.records[key].product, id=key))
    gold = Term("gold", "base_colour", "value", OneOf("base_colour", ("gold",)), {"base_colour": "gold"}, sure=False)
    found = ranking(index, plan(interpretation=Interpretation("gold", (), (gold,)))).first(40)
    assert set(far) <= set(ids(found)), "no neighbour of the query is gold, but they are among the candidates"
    assert {candidate.boosts for candidate in found if candidate.record.product.id in far} == {("gold",)}
    near = [candidate for candidate in found if not candidate.boosts]
    assert near, "and nothing is kept out"


def test_what_is_typed_word_for_word_comes_first() -> None:
    index = ForgetfulIndex(500, words=60)
    key = list(index.records)[7 * 30]  # the thirty-first of those that bear the word
    index.records[key] = replace(
        index.records[key], product=replace(index.records[key].product, attributes={"sku": "AB-77/x"})
    )
    found = ranking(index, plan("hybrid", text="ab-77 X", words="ab-77 X")).first(40)
    assert found[0].record.product.id == key
    assert found[0].exact == "sku"
    assert [candidate.exact for candidate in found[1:]] == [None] * 39


def test_ranks_say_how_each_was_found() -> None:
    found = ranking(ForgetfulIndex(500, words=60), plan("hybrid")).first(59)  # 32 and 32, of whom 5 are both
    semantic = [candidate.semantic_rank for candidate in found if candidate.semantic_rank]
    lexical = [candidate.lexical_rank for candidate in found if candidate.lexical_rank]
    assert sorted(semantic) == list(range(1, 33))
    assert sorted(lexical) == list(range(1, 33))
    assert all(candidate.bm25 is not None for candidate in found if candidate.lexical_rank)
    assert all(candidate.score is None for candidate in found if candidate.semantic_rank is None)


def test_once_a_minimum_is_missed_nothing_deeper_is_looked_at() -> None:
    index = ForgetfulIndex(1500)
    keep = lambda found: [candidate for candidate in found if candidate.score > 0.99]  # noqa: E731
    assert len(ranking(index, plan(), keep).first(1000)) == 19
    assert len(index.asked) == 1


def test_when_the_time_is_over_it_says_so() -> None:
    times = iter([0.0, 100.0])
    with pytest.raises(DeadlineExceeded, match="within 5 s"):
        ranking(ForgetfulIndex(10), plan(deadline=Deadline(5, lambda: next(times)))).first(1)
