"""What every vector store does: one suite over the exact store in memory and the Milvus one."""

import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rows import DIMENSIONS, FIELDS, HOSTILE, attributes, direction, filters, make_row, usable_text

from services.errors import Conflict, DeadlineExceeded, IndexMismatch, InvalidRequest, NotFound, Unavailable
from services.fields import TEXT_FIELDS, Attributes, Fields, FieldType
from services.filters import All, Any, Compare, Exists, Filter, Not, OneOf, Prefix, matches, parse_filter
from services.stores.memory import MemoryIndexServer, MemoryStore
from services.stores.milvus import MilvusIndexServer
from services.stores.protocol import IndexName, IndexServer, Match, Row, VectorStore, WordMatch
from services.stores.text import query_text

Connect: TypeAlias = Callable[..., IndexServer]
FIRST, SECOND = IndexName("model_a", 1), IndexName("model_b", 2)
# The store is one and the same for all examples of a property; each example writes what it looks at.
PROPERTY = settings(suppress_health_check=[*HealthCheck], max_examples=40)


@pytest.fixture(params=["memory", "milvus"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes servers of indexes, as several processes would: all over the same indexes, empty at first."""
    servers: list[IndexServer] = []
    if request.param == "memory":
        memory = MemoryIndexServer(FIELDS)

        def connect_to_memory(fields: Fields, text_fields: Sequence[str] = TEXT_FIELDS) -> IndexServer:
            memory.fields, memory.text_fields = fields, text_fields
            return memory

        yield connect_to_memory
        return
    uri, alias = request.getfixturevalue("milvus_uri"), f"t{uuid.uuid4().hex[:12]}"

    def connect_to_milvus(fields: Fields, text_fields: Sequence[str] = TEXT_FIELDS) -> IndexServer:
        servers.append(MilvusIndexServer(uri, alias, fields, text_fields=text_fields))
        return servers[-1]

    yield connect_to_milvus
    for server in servers:
        server.close()


@pytest.fixture
def server(connect: Connect) -> IndexServer:
    return connect(FIELDS)


@pytest.fixture
def store(server: IndexServer) -> VectorStore:
    return server.create(FIRST, DIMENSIONS)


def as_set(rows: Sequence[Row]) -> set[tuple[object, ...]]:
    """Rows to compare, whatever their order; vectors left out."""
    return {
        (row.product_id, row.image, row.revision, row.content_hash, row.model, frozenset(row.attributes.items()))
        for row in rows
    }


def products(found: Sequence[Match | WordMatch]) -> list[str]:
    return [match.product_id for match in found]


def rewrite(store: VectorStore, products: Sequence[Attributes]) -> None:
    """Make p0, p1, ... with these attributes the only rows."""
    store.delete([row.key for chunk in store.scan() for row in chunk])
    store.upsert([replace(make_row(f"p{index}"), attributes=values) for index, values in enumerate(products)])


# --- rows


def test_a_new_index_is_empty(store: VectorStore) -> None:
    assert (store.name, store.count(), list(store.scan())) == (FIRST, 0, [])
    assert store.rows_of(["a"]) == []
    assert store.search(direction(0)[np.newaxis], 5) == [[]]


def test_a_row_comes_back_as_it_was_written(store: VectorStore) -> None:
    row = Row(
        product_id="a",
        image="front.jpg",
        revision=2**40,
        content_hash="0f",
        model="net@1+x",
        attributes={
            "category": "Dresses",
            "price": 19.5,
            "in_stock": False,
            "released": "2026-03-01T00:00:00",
            "heel": 40,
            "width": 1.5,
            "vegan": True,
            "fabric": "silk",
            "note": "",
        },
        vector=direction(30),
    )
    store.upsert([row])
    (found,) = store.rows_of(["a"])
    assert (found.vector, as_set([found])) == (None, as_set([row]))
    assert {name: type(value) for name, value in found.attributes.items()} == {
        name: type(value) for name, value in row.attributes.items()
    }
    (found,) = store.rows_of(["a"], with_vectors=True)
    assert found.vector is not None
    assert found.vector.dtype == np.float32
    np.testing.assert_array_equal(found.vector, direction(30))


def test_upsert_replaces_the_whole_row(store: VectorStore) -> None:
    store.upsert([make_row("a", category="Dresses", price=5.0, in_stock=True, fabric="silk", heel=3)])
    store.upsert([make_row("a", 90, fabric="wool")])
    assert as_set(store.rows_of(["a"])) == as_set([make_row("a", fabric="wool")])
    assert store.count() == 1
    assert store.count(OneOf("category", ("Dresses",))) == 0
    assert store.count(Not(Compare("heel", "gte", 0.0))) == 1
    assert store.search(direction(90)[np.newaxis], 1)[0][0].score == pytest.approx(1.0, abs=1e-5)


def test_of_two_rows_with_one_key_the_last_is_kept(store: VectorStore) -> None:
    store.upsert([make_row("a", price=1.0), make_row("b"), make_row("a", price=2.0)])
    assert as_set(store.rows_of(["a"])) == as_set([make_row("a", price=2.0)])
    assert store.count() == 2


def test_what_the_caller_does_to_a_row_afterwards_changes_nothing(store: VectorStore) -> None:
    row = make_row("a", price=1.0)
    store.upsert([row])
    row.attributes["price"] = 2.0  # type: ignore[index]
    assert row.vector is not None
    row.vector[:] = 0.0
    (found,) = store.rows_of(["a"], with_vectors=True)
    assert found.attributes == {"price": 1.0}
    np.testing.assert_array_equal(found.vector, direction(0))


def test_delete_removes_the_rows_named_and_no_others(store: VectorStore) -> None:
    rows = [make_row("a", image="1"), make_row("a", image="2"), make_row("b")]
    store.upsert(rows)
    store.delete([rows[0].key, "0" * 32])
    store.delete([])
    assert as_set(store.rows_of(["a", "b"])) == as_set(rows[1:])
    store.delete([row.key for row in rows])
    assert store.count() == 0


def test_many_rows_are_written_read_and_deleted_in_several_messages(store: VectorStore) -> None:
    rows = [make_row(f"p{number}", number / 10) for number in range(1100)]
    store.upsert(rows)
    assert store.count() == 1100
    assert len(store.rows_of([row.product_id for row in rows[:250]] + ["absent", "p0"])) == 250
    chunks = list(store.scan(chunk=300))
    assert [len(chunk) for chunk in chunks] == [300, 300, 300, 200]
    assert as_set(list(itertools.chain(*chunks))) == as_set(rows)
    assert all(row.vector is None for chunk in chunks for row in chunk)
    keys = [row.key for chunk in chunks for row in chunk]
    assert keys == sorted(keys)
    assert [row.key for chunk in store.scan(300, after=keys[499]) for row in chunk] == keys[500:]
    assert list(store.scan(after=keys[-1])) == []
    store.delete([row.key for row in rows[1:]])
    assert as_set(store.rows_of([row.product_id for row in rows])) == as_set(rows[:1])


def test_ids_that_look_like_something_else_are_ids(store: VectorStore) -> None:
    rows = [make_row(text, image=text, category=text, fabric=text) for text in HOSTILE]
    store.upsert(rows)
    for text, row in zip(HOSTILE, rows, strict=True):
        assert as_set(store.rows_of([text])) == as_set([row])
        assert store.count(OneOf("category", (text,))) == store.count(OneOf("fabric", (text,))) == 1
        expected = sum(other.startswith(text) for other in HOSTILE)
        assert store.count(Prefix("category", text)) == store.count(Prefix("fabric", text)) == expected
        found = store.search(direction(0)[np.newaxis], 100, exclude=[text])[0]
        assert sorted(products(found)) == sorted(set(HOSTILE) - {text})
    for index, row in enumerate(rows):
        store.delete([row.key])
        assert store.count() == len(rows) - index - 1


@PROPERTY
@given(product_id=usable_text(), image=usable_text(), name=usable_text().filter(bool), value=usable_text())
def test_any_text_goes_in_and_comes_out(store: VectorStore, product_id: str, image: str, name: str, value: str) -> None:
    bystander = make_row("bystander\x01", category="x\x01")
    row = make_row(product_id, image=image, **({"category": value} | ({} if name in FIELDS else {name: value})))
    store.upsert([bystander, row])
    assert as_set(store.rows_of([product_id])) == as_set([row])
    assert store.count(OneOf("category", (value,))) == 1
    assert store.count(Not(OneOf("category", (value,)))) == 1
    if name not in FIELDS:
        assert store.count(OneOf(name, (value,))) == store.count(Compare(name, "gte", value)) == 1
        assert store.count(Not(OneOf(name, (value,)))) == 1
        assert store.count(Prefix(name, value)) == store.count(Exists(name)) == 1
        assert store.count(Not(Exists(name))) == 1
    assert products(store.search(direction(0)[np.newaxis], 5, exclude=[product_id])[0]) == ["bystander\x01"]
    store.delete([row.key])
    assert as_set(store.rows_of([product_id, "bystander\x01"])) == as_set([bystander])


@pytest.mark.parametrize(
    "vector",
    [
        None,
        np.full(DIMENSIONS, np.nan, dtype=np.float32),
        np.full(DIMENSIONS, np.inf, dtype=np.float32),
        np.zeros(DIMENSIONS, dtype=np.float32),
        direction(0) * np.float32(1.01),
        direction(0)[:-1],
        np.concatenate([direction(0), direction(0)]),
    ],
    ids=["none", "nan", "infinite", "zero", "long", "short of a dimension", "a dimension too many"],
)
def test_an_unusable_vector_is_refused_and_nothing_is_written(
    store: VectorStore, vector: np.ndarray[tuple[int], np.dtype[np.float32]] | None
) -> None:
    with pytest.raises(InvalidRequest, match="product 'bad'"):
        store.upsert([make_row("good"), replace(make_row("bad"), vector=vector), make_row("fine")])
    assert store.count() == 0
    if vector is not None:
        with pytest.raises(InvalidRequest, match="query"):
            store.search(vector[np.newaxis], 1)


@pytest.mark.parametrize(
    ("name", "value"), [("price", "5"), ("price", True), ("category", 5), ("in_stock", 1), ("released", 2026.0)]
)
def test_a_value_of_another_type_than_its_field_is_refused(store: VectorStore, name: str, value: str | float) -> None:
    with pytest.raises(InvalidRequest, match=f"product 'bad'.*{name}"):
        store.upsert([make_row("good"), make_row("bad", **{name: value})])
    assert store.count() == 0


# --- filters

CATALOGUE: dict[str, Attributes] = {
    "dress": {"category": "Dresses", "price": 10.0, "in_stock": True, "released": "2026-03-01T00:00:00", "heel": 5},
    "skirt": {"category": "Skirts", "price": 20.0, "in_stock": False, "fabric": "silk", "heel": 5.5},
    "shoe": {"category": "Shoes", "price": 30.0, "heel": "5", "vegan": True},
    "bare": {},
}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"category": "Dresses"}, "dress"),
        ({"category": ["Dresses", "Shoes", "Hats"]}, "dress shoe"),
        ({"not": {"category": ["Dresses", "Shoes"]}}, "skirt bare"),
        ({"price": 20}, "skirt"),
        ({"price": {"gte": 20}}, "skirt shoe"),
        ({"price": {"gt": 10, "lt": 30}}, "skirt"),
        ({"not": {"price": {"gt": 10, "lte": 30}}}, "dress bare"),
        ({"in_stock": True}, "dress"),
        ({"in_stock": [True, False]}, "dress skirt"),
        ({"not": {"in_stock": False}}, "dress shoe bare"),
        ({"released": "2026-03-01"}, "dress"),
        ({"released": {"lt": "2026-03-01T00:00:01"}}, "dress"),
        ({"heel": 5}, "dress"),
        ({"heel": "5"}, "shoe"),
        ({"heel": {"gte": 5}}, "dress skirt"),
        ({"heel": {"gte": "5"}}, "shoe"),
        ({"not": {"heel": {"gte": 5}}}, "shoe bare"),
        ({"not": {"heel": 5}}, "skirt shoe bare"),
        ({"vegan": True}, "shoe"),
        ({"vegan": 1}, ""),
        ({"not": {"vegan": True}}, "dress skirt bare"),
        ({"fabric": ["silk", 1, True]}, "skirt"),
        ({"absent": "x"}, ""),
        ({"not": {"absent": "x"}}, "dress skirt shoe bare"),
        ({"any": [{"category": "Dresses"}, {"fabric": "silk"}]}, "dress skirt"),
        ({"not": {"any": [{"category": "Dresses"}, {"fabric": "silk"}]}}, "shoe bare"),
        ({"all": [{"price": {"gt": 5}}, {"not": {"in_stock": True}}]}, "skirt shoe"),
        ({"not": {"all": [{"price": {"gt": 5}}, {"not": {"in_stock": True}}]}}, "dress bare"),
        ({"not": {"not": {"vegan": True}}}, "shoe"),
        ({"price": {"gt": 5}, "heel": {"lt": 6}}, "dress skirt"),
        ({"price": {"exists": True}}, "dress skirt shoe"),
        ({"price": {"exists": False}}, "bare"),
        ({"heel": {"exists": True}}, "dress skirt shoe"),
        ({"not": {"heel": {"exists": True}}}, "bare"),
        ({"absent": {"exists": True}}, ""),
        ({"absent": {"exists": False}}, "dress skirt shoe bare"),
        ({"category": {"prefix": "D"}}, "dress"),
        ({"category": {"prefix": "d"}}, ""),
        ({"category": {"prefix": ""}}, "dress skirt shoe"),
        ({"category": {"prefix": "%"}}, ""),
        ({"category": {"prefix": "_"}}, ""),
        ({"not": {"category": {"prefix": "D"}}}, "skirt shoe bare"),
        ({"fabric": {"prefix": "si"}}, "skirt"),
        ({"not": {"fabric": {"prefix": "si"}}}, "dress shoe bare"),
        ({"heel": {"prefix": ""}}, "shoe"),
        ({"heel": {"prefix": "5"}}, "shoe"),
        ({"not": {"heel": {"prefix": ""}}}, "dress skirt bare"),
        ({"any": [{}]}, "dress skirt shoe bare"),
        ({"not": {}}, ""),
        (None, "dress skirt shoe bare"),
    ],
    ids=str,
)
def test_filters_choose_rows(store: VectorStore, where: object, expected: str) -> None:
    store.upsert([replace(make_row(name), attributes=values) for name, values in CATALOGUE.items()])
    node = parse_filter(where, FIELDS)
    assert store.count(node) == len(expected.split())
    assert products(store.search(direction(0)[np.newaxis], 10, node)[0]) == sorted(expected.split())


@pytest.mark.parametrize(
    ("node", "expected"),
    [(All(()), 4), (Any(()), 0), (Not(All(())), 0), (Not(Any(())), 4), (OneOf("price", ()), 0)],
    ids=str,
)
def test_empty_combinations_hold_always_or_never(store: VectorStore, node: Filter, expected: int) -> None:
    store.upsert([replace(make_row(name), attributes=values) for name, values in CATALOGUE.items()])
    assert store.count(node) == expected


@PROPERTY
@given(products=st.lists(attributes(), max_size=6), wheres=st.lists(filters(), min_size=3, max_size=6))
def test_a_filter_means_what_matches_says(store: VectorStore, products: list[Attributes], wheres: list[Filter]) -> None:
    rewrite(store, products)
    for where in wheres:
        assert store.count(where) == sum(matches(where, values) for values in products), where


# --- search


def test_search_returns_each_product_once_best_first_with_the_cosine(store: VectorStore) -> None:
    store.upsert(
        [
            make_row("a", 50, image="side"),
            make_row("a", 10, image="front"),
            make_row("b", 20),
            make_row("c", 180),
            make_row("d", 90),
        ]
    )
    (found,) = store.search(direction(0)[np.newaxis], 10)
    assert [(match.product_id, match.image) for match in found] == [("a", "front"), ("b", "1"), ("d", "1"), ("c", "1")]
    cosines = [np.cos(np.radians(degrees)) for degrees in (10, 20, 90, 180)]
    assert [match.score for match in found] == pytest.approx(cosines, abs=1e-5)
    assert products(store.search(direction(0)[np.newaxis], 2)[0]) == ["a", "b"]
    assert products(store.search(direction(0)[np.newaxis], 2, exclude=["a", "d"])[0]) == ["b", "c"]


def test_several_queries_are_answered_in_their_order(store: VectorStore) -> None:
    store.upsert([make_row(name, degrees) for name, degrees in [("a", 0), ("b", 90), ("c", 180)]])
    queries = np.stack([direction(85), direction(5), direction(175)])  # (3, D)
    assert [products(found) for found in store.search(queries, 1)] == [["b"], ["a"], ["c"]]
    assert store.search(np.empty((0, DIMENSIONS), dtype=np.float32), 1) == []


def test_a_product_of_many_photos_does_not_crowd_out_others(store: VectorStore) -> None:
    crowd = [make_row("crowd", number / 100, image=str(number)) for number in range(200)]
    others = [make_row(f"p{number}", 10 + number, category="Shoes") for number in range(6)]
    store.upsert(crowd + others)
    queries = np.stack([direction(0), direction(12)])  # (2, D): the first is short at first, the second is not
    first, second = store.search(queries, 3)
    assert products(first) == ["crowd", "p0", "p1"]
    assert products(second) == ["p2", "p1", "p3"]
    assert products(store.search(queries, 50)[0]) == ["crowd", "p0", "p1", "p2", "p3", "p4", "p5"]
    assert products(store.search(queries, 2, OneOf("category", ("Shoes",)))[0]) == ["p0", "p1"]


@pytest.mark.parametrize("limit", [0, -1, 1201])
def test_a_limit_out_of_range_is_refused(store: VectorStore, limit: int) -> None:
    with pytest.raises(InvalidRequest, match="1,200"):
        store.search(direction(0)[np.newaxis], limit)
    with pytest.raises(InvalidRequest, match="1,200"):
        store.search_words(["red"], limit)


def test_the_largest_limit_finds_everything(store: VectorStore) -> None:
    store.upsert([make_row(f"p{number}", number / 10, title="red") for number in range(50)])
    assert len(store.search(direction(0)[np.newaxis], 1200)[0]) == len(store.search_words(["red"], 1200)[0]) == 50


def test_each_query_gets_what_it_alone_would_get(store: VectorStore) -> None:
    crowd = [make_row("crowd", number / 50, image=str(number)) for number in range(60)]
    store.upsert(crowd + [make_row(f"p{number}", 3 * number, title="red " * (number % 4)) for number in range(40)])
    queries = np.stack([direction(degrees) for degrees in (0.4, 33.1, 61.6, 119)])  # (4, D)
    for limit in (1, 7, 40):
        together = store.search(queries, limit)
        for query, found in zip(queries, together, strict=True):
            (alone,) = store.search(query[np.newaxis], limit)
            assert products(alone) == products(found)
            assert [hit.score for hit in alone] == pytest.approx([hit.score for hit in found], abs=1e-6)
        texts = ["red", "p3 red", "", "crowd"]
        assert store.search_words(texts, limit) == [store.search_words([text], limit)[0] for text in texts]


def test_ties_at_the_cut_are_in_order_of_id_whatever_the_limit(store: VectorStore) -> None:
    names = [f"p{number:02}" for number in range(80)]
    store.upsert([make_row(name, image=image, title="red") for name in reversed(names) for image in ("1", "2")])
    for limit in (1, 2, 3, 20, 31, 79, 80):
        expected = [(name, "1") for name in names[:limit]]
        for found in (*store.search(direction(0)[np.newaxis], limit), *store.search_words(["red"], limit)):
            assert [(hit.product_id, hit.image) for hit in found] == expected


def test_no_time_is_not_enough(store: VectorStore) -> None:
    store.upsert([make_row("a", title="red")])
    for timeout_s in (0.0, -1.0, 1e-9, float("nan")):
        for call in (
            lambda s=timeout_s: store.search(direction(0)[np.newaxis], 1, timeout_s=s),
            lambda s=timeout_s: store.search_words(["red"], 1, timeout_s=s),
            lambda s=timeout_s: store.rows_of(["a"], timeout_s=s),
        ):
            if timeout_s == 1e-9 and isinstance(store, MemoryStore):
                continue  # which asks nobody
            with pytest.raises(DeadlineExceeded):
                call()
    assert products(store.search(direction(0)[np.newaxis], 1, timeout_s=30)[0]) == ["a"]
    assert products(store.search_words(["red"], 1, timeout_s=30)[0]) == ["a"]
    assert len(store.rows_of(["a"], timeout_s=1e300)) == 1


# --- words


def test_words_find_the_products_that_bear_them_best_first(store: VectorStore) -> None:
    store.upsert(
        [
            make_row("sku-1", title="Red Dress", brand="Zara"),
            make_row("sku-2", title="Red dresses, red shoes", brand="Nike"),
            make_row("sku-3", title="Blue T-Shirt", colour="red"),
            make_row("sku-4", title="A plain white dress that comes in a box with many other things"),
        ]
    )
    found = store.search_words(["red dress", "t shirt", "ZÁRA", "SKU 4", "sku-4", "plaid", "", "!?", "the"], 10)
    assert [products(hits) for hits in found] == [
        ["sku-2", "sku-1", "sku-4"],
        ["sku-3"],
        ["sku-1"],
        [],  # "sku-4" is one word
        ["sku-4"],
        [],
        [],
        [],
        [],
    ]
    assert all(hit.bm25 > 0 and hit.image == "1" for hits in found for hit in hits)
    assert products(store.search_words(["red dress"], 1)[0]) == ["sku-2"]
    assert products(store.search_words(["red dress"], 9, exclude=["sku-2"])[0]) == ["sku-1", "sku-4"]
    assert products(store.search_words(["red dress"], 9, OneOf("brand", ("Zara",)))[0]) == ["sku-1"]
    assert store.search_words([], 9) == []


def test_scores_are_those_of_bm25(store: VectorStore) -> None:
    """By hand: three texts of 3, 2 and 4 terms, their ids counted; "red" is in two of them."""
    store.upsert([make_row("a", title="red hat"), make_row("b", title="hat")])
    assert products(store.search_words(["red"], 5)[0]) == ["a"]
    store.upsert([make_row("c", title="red red bag")])
    (found,) = store.search_words(["red"], 5)
    rarity = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    scores = {
        "a": rarity * 1 * 2.5 / (1 + 1.5 * (0.25 + 0.75 * 3 / 3)),
        "c": rarity * 2 * 2.5 / (2 + 1.5 * (0.25 + 0.75 * 4 / 3)),
    }
    assert {hit.product_id: hit.bm25 for hit in found} == pytest.approx(scores, rel=1e-5)
    assert store.search_words(["red red RED"], 5)[0] == found, "a word said twice is said once"


def test_a_product_of_many_photos_does_not_crowd_out_others_by_words(store: VectorStore) -> None:
    crowd = [make_row("crowd", image=f"{number:03}", title="red red") for number in range(200)]
    store.upsert(crowd + [make_row(f"p{number}", title="red " + "long " * number) for number in range(6)])
    (found,) = store.search_words(["red"], 3)
    assert [(hit.product_id, hit.image) for hit in found] == [("crowd", "000"), ("p0", "1"), ("p1", "1")]


def test_a_rewritten_row_is_found_by_its_new_words_only(store: VectorStore) -> None:
    store.upsert([make_row("a", title="red"), make_row("b", title="blue")])
    store.upsert([make_row("a", title="green")])
    store.delete([make_row("b").key])
    assert [products(found) for found in store.search_words(["red", "green", "blue"], 5)] == [[], ["a"], []]


def test_values_that_are_no_text_are_words_too(connect: Connect) -> None:
    store = connect(FIELDS, ["gtin", "year", "new", "price"]).create(FIRST, DIMENSIONS)
    store.upsert([make_row("a", gtin=40123, year=2011.0, new=True, price=19.5, title="red")])
    texts = ["40123", "2011", "195", "true", "1", "red"]
    assert [products(found) for found in store.search_words(texts, 5)] == [["a"], ["a"], ["a"], [], [], []]


def test_texts_of_any_length_are_taken(store: VectorStore) -> None:
    long = " ".join(f"word{number}" for number in range(6_000))
    wide = "\ufdfa" * 1_900  # one character that becomes eighteen
    store.upsert([make_row("a", title="red", description=long), make_row("b", title="red", description=wide)])
    assert products(store.search_words(["red"], 5)[0]) == ["a", "b"]
    assert products(store.search_words([f"red {long}"], 5)[0]) == ["a", "b"]
    assert products(store.search_words([wide], 5)[0]) in ([], ["b"])


@PROPERTY
@given(product_id=usable_text(), title=usable_text(), text=usable_text())
def test_any_text_may_be_looked_for(store: VectorStore, product_id: str, title: str, text: str) -> None:
    rewrite(store, [{"title": "unlikely bystander"}])
    store.upsert([make_row(product_id, title=title)])
    words = set(query_text(f"{product_id} {title}").split()) | set(query_text(product_id + "\n" + title).split())
    (by_title, by_id, by_text) = store.search_words([title, product_id, text], 5)
    assert (product_id in products(by_title)) == bool(query_text(title))
    assert (product_id in products(by_id)) == bool(query_text(product_id))
    if not words & set(query_text(text).split()):
        assert product_id not in products(by_text)
    assert "p0" not in products(store.search_words(["unlikely"], 5, exclude=["p0"])[0])


def test_an_index_of_other_text_fields_is_refused(connect: Connect) -> None:
    connect(FIELDS, ["title", "brand"]).create(FIRST, DIMENSIONS).upsert([make_row("a", title="red")])
    for others in (["title"], ["title", "brand", "sku"], ["title", "sku"], []):
        with pytest.raises(IndexMismatch, match=r"model_a_1.*rebuil"):
            connect(FIELDS, others).open(FIRST)
    same = connect(FIELDS, ["brand", "title", "title"]).open(FIRST)
    assert products(same.search_words(["red"], 5)[0]) == ["a"]


# --- servers


def test_the_first_index_is_made_promoted_and_replaced(server: IndexServer) -> None:
    assert (server.live(), server.names()) == (None, [])
    server.create(FIRST, DIMENSIONS).upsert([make_row("a")])
    assert (server.live(), server.names()) == (None, [FIRST])
    server.promote(FIRST)
    server.promote(FIRST)
    assert server.live() == FIRST
    server.create(SECOND, DIMENSIONS)
    assert (server.live(), server.names()) == (FIRST, [FIRST, SECOND])
    server.promote(SECOND)
    assert server.live() == SECOND
    assert server.open(FIRST).count() == 1
    server.drop(FIRST)
    assert (server.live(), server.names()) == (SECOND, [SECOND])


def test_an_index_that_exists_is_not_made_again(server: IndexServer) -> None:
    server.create(FIRST, DIMENSIONS).upsert([make_row("a")])
    with pytest.raises(Conflict, match="model_a_1"):
        server.create(FIRST, DIMENSIONS)
    assert server.open(FIRST).count() == 1


def test_an_index_that_does_not_exist(server: IndexServer) -> None:
    with pytest.raises(NotFound, match="model_a_1"):
        server.open(FIRST)
    with pytest.raises(NotFound, match="model_a_1"):
        server.promote(FIRST)
    assert server.live() is None
    server.drop(FIRST)


def test_the_live_index_is_not_dropped(server: IndexServer) -> None:
    server.create(FIRST, DIMENSIONS).upsert([make_row("a")])
    server.promote(FIRST)
    with pytest.raises(Conflict, match="live"):
        server.drop(FIRST)
    assert server.open(FIRST).count() == 1


def test_an_index_dropped_under_a_store_is_unavailable(server: IndexServer, store: VectorStore) -> None:
    store.upsert([make_row("a")])
    server.drop(FIRST)
    for call in (
        store.count,
        lambda: store.rows_of(["a"]),
        lambda: store.upsert([make_row("b")]),
        lambda: store.delete(["0" * 32]),
        lambda: store.search(direction(0)[np.newaxis], 1),
        lambda: store.search_words(["red"], 1),
        lambda: list(store.scan()),
    ):
        with pytest.raises(Unavailable, match="model_a_1"):
            call()


@pytest.mark.parametrize(
    "changed",
    [
        {**FIELDS, "brand": FieldType.KEYWORD},
        {name: kind for name, kind in FIELDS.items() if name != "price"},
        {**FIELDS, "price": FieldType.KEYWORD},
        {**FIELDS, "released": FieldType.KEYWORD},
    ],
    ids=["one more", "one less", "another type", "a date as a keyword"],
)
def test_an_index_of_other_fields_is_refused(connect: Connect, changed: Fields) -> None:
    connect(FIELDS).create(FIRST, DIMENSIONS).upsert([make_row("a")])
    with pytest.raises(IndexMismatch, match=r"model_a_1.*rebuil"):
        connect(changed).open(FIRST)
    assert connect(dict(reversed(FIELDS.items()))).open(FIRST).count() == 1


def test_an_opened_index_is_the_one_that_was_made(connect: Connect) -> None:
    connect(FIELDS).create(FIRST, DIMENSIONS).upsert([make_row("a", price=1.0)])
    store = connect(FIELDS).open(FIRST)
    assert store.name == FIRST
    with pytest.raises(InvalidRequest, match=f"{DIMENSIONS},"):
        store.search(np.ones((1, 1), dtype=np.float32), 1)
    assert as_set(store.rows_of(["a"])) == as_set([make_row("a", price=1.0)])


def test_of_several_who_make_one_index_exactly_one_does(connect: Connect) -> None:
    servers = [connect(FIELDS) for _ in range(4)]

    def attempt(server: IndexServer) -> bool:
        try:
            server.create(FIRST, DIMENSIONS)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(len(servers)) as pool:
        made = list(pool.map(attempt, servers))
    assert sorted(made) == [False, False, False, True]
    store = servers[made.index(False)].open(FIRST)
    store.upsert([make_row("a")])
    assert servers[made.index(True)].open(FIRST).count() == 1


def test_of_several_who_promote_at_once_one_wins_and_none_fails(connect: Connect) -> None:
    servers = [connect(FIELDS) for _ in range(4)]
    names = [IndexName("model", generation) for generation in range(1, 5)]
    for name in names:
        servers[0].create(name, DIMENSIONS)
    with ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(lambda pair: pair[0].promote(pair[1]), zip(servers, names, strict=True)))
    assert len({server.live() for server in servers}) == 1
    assert servers[0].live() in names


def test_threads_may_share_a_store(store: VectorStore) -> None:
    def work(number: int) -> None:
        rows = [make_row(f"p{number}", number, image=str(image)) for image in range(3)]
        for _ in range(3):
            store.upsert(rows)
            assert as_set(store.rows_of([f"p{number}"])) == as_set(rows)
            store.delete([rows[0].key])
            assert len(store.rows_of([f"p{number}"])) == 2

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert store.count() == 12
