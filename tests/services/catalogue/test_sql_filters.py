"""Filters in SQL mean on either engine what they mean in Python, whatever is asked, of whatever product."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rows import HOSTILE, NUMBERS, SCALARS, TEXTS, attributes, filters, usable_text
from sqlalchemy.dialects import postgresql

from services.catalogue import Database
from services.catalogue.rows import BLANK
from services.catalogue.sql_attributes import Documents
from services.catalogue.sql_filters import condition
from services.catalogue.tables import products
from services.errors import InvalidRequest
from services.fields import Attributes, Scalar
from services.filters import All, Compare, Exists, Filter, Not, OneOf, Prefix, matches
from services.filters import Any as AnyOf
from services.predictions import predictions_from_json, with_suggestions

PREDICT_MIN = 0.5
NAMES = [
    *HOSTILE,
    "a.b",
    "$.x",
    "$",
    "[0]",
    "#-1",
    "a%b",
    ":b",
    "%(b)s",
    "tab\t",
    "\x01",
    "größe",
    "predicted_",
    "e" * 200,
]
each_on_one_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def found(database: Database, rows: Sequence[tuple[Attributes, object]], wanted: Sequence[Filter]) -> list[list[int]]:
    """For each filter, which of the rows (attributes and predictions) the database finds; nothing stays there."""
    values = [
        {**BLANK, "id": f"{number:04}", "due_at": 0.0, "updated_at": 0.0, "attributes": row, "predictions": predictions}
        for number, (row, predictions) in enumerate(rows)
    ]
    plain = Documents(products.c.attributes, products.c.predictions, database.sqlite, PREDICT_MIN)
    with database.write() as connection:
        connection.execute(sa.insert(products), values)
        answers = [
            [int(row.id) for row in connection.execute(query.order_by(products.c.id))]
            for query in (sa.select(products.c.id).where(condition(node, plain)) for node in wanted)
        ]
        if not database.sqlite:  # what facets count on
            attributes_ = sa.cast(products.c.attributes, postgresql.JSONB).label("attributes")
            binary = sa.select(products.c.id, attributes_, products.c.predictions).subquery()
            documents = Documents(binary.c.attributes, binary.c.predictions, False, PREDICT_MIN, binary=True)
            for node, answer in zip(wanted, answers, strict=True):
                query = sa.select(binary.c.id).where(condition(node, documents)).order_by(binary.c.id)
                assert [int(row.id) for row in connection.execute(query)] == answer, "JSONB as JSON"
        connection.rollback()
    return answers


def expected(rows: Sequence[tuple[Attributes, Any]], node: Filter) -> list[int]:
    return [number for number, (row, predictions) in enumerate(rows) if matches(node, seen(row, predictions))]


def seen(row: Attributes, predictions: Any) -> Mapping[str, Scalar]:
    return with_suggestions(row, predictions_from_json(predictions), PREDICT_MIN)


def agree(database: Database, rows: Sequence[tuple[Attributes, Any]], wanted: Sequence[Filter]) -> None:
    for node, answer in zip(wanted, found(database, rows, wanted), strict=True):
        assert answer == expected(rows, node), node


def leaves(names: st.SearchStrategy[str]) -> st.SearchStrategy[Filter]:
    operators = st.sampled_from(["gt", "gte", "lt", "lte"])
    return st.one_of(
        st.builds(OneOf, names, st.lists(SCALARS, max_size=3).map(tuple)),
        st.builds(Compare, names, operators, st.one_of(TEXTS, NUMBERS)),
        st.builds(Exists, names),
        st.builds(Prefix, names, TEXTS),
    )


LABELLED = ["category", "fabric", "price", 'odd "name"][', "predicted_category"]
PREDICTIONS = st.none() | st.builds(
    lambda labels: {"model": "m", "digest": "d", "labels": labels},
    st.dictionaries(
        st.sampled_from(LABELLED), st.tuples(TEXTS, st.sampled_from([0.0, 0.49, 0.5, 0.51, 1.0])).map(list)
    ),
)
ROWS = st.lists(st.tuples(attributes(), PREDICTIONS), min_size=1, max_size=6)
PREDICTED_ROW = attributes().flatmap(
    lambda row: st.dictionaries(st.sampled_from([f"predicted_{name}" for name in LABELLED]), SCALARS, max_size=2).map(
        lambda more: {**row, **more}
    )
)


@each_on_one_database
@given(ROWS, st.lists(filters(), min_size=1, max_size=4))
def test_any_filter_over_any_products(
    database: Database, rows: list[tuple[Attributes, Any]], wanted: list[Filter]
) -> None:
    agree(database, rows, wanted)


@each_on_one_database
@given(
    st.lists(st.tuples(PREDICTED_ROW, PREDICTIONS), min_size=1, max_size=6),
    st.lists(leaves(st.sampled_from([f"predicted_{name}" for name in LABELLED])), min_size=1, max_size=4),
)
def test_what_the_model_suggests_counts_where_the_shop_said_nothing(
    database: Database, rows: list[tuple[Attributes, Any]], wanted: list[Filter]
) -> None:
    agree(database, rows, wanted)


@each_on_one_database
@given(st.dictionaries(usable_text(20), SCALARS | usable_text(20), min_size=1, max_size=4), st.data())
def test_any_name_and_any_text(database: Database, row: dict[str, Scalar], data: st.DataObject) -> None:
    names = st.sampled_from(sorted(row)) | usable_text(20)
    wanted = data.draw(st.lists(leaves(names), min_size=1, max_size=4))
    for name, value in row.items():
        wanted += [OneOf(name, (value,)), Not(OneOf(name, (value,)))]
        if isinstance(value, str):
            wanted += [Prefix(name, value), Prefix(name, value[: len(value) // 2]), Compare(name, "gte", value)]
    agree(database, [(row, None), ({}, None)], wanted)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_finds_its_own_and_nothing_else(database: Database, name: str) -> None:
    rows: list[tuple[Attributes, Any]] = [
        ({name: value, f"{name}x": "other"}, None) for value in ["a", "", 1, 0, -0.0, 2.5, True, False, "é", "z'--"]
    ]
    rows += [({"other": "a"}, None), ({}, {"model": "m", "digest": "d", "labels": {name: ["a", 0.9]}})]
    wanted: list[Filter] = [OneOf(name, (value,)) for value in ("a", 1, 0, True, False, "z'--")]
    wanted += [Exists(name), Prefix(name, "z"), Compare(name, "lt", "b"), Compare(name, "gte", 0.0)]
    wanted += [OneOf(f"predicted_{name}", ("a",)), Exists(f"predicted_{name}")]
    agree(database, rows, [*wanted, *map(Not, wanted)])


@pytest.mark.parametrize("value", [*HOSTILE, "'; DROP TABLE products; --", "%s", ":x", "?", "{}", "\\", "é", "e\u0301"])
def test_a_hostile_value_is_only_a_value(database: Database, value: str) -> None:
    rows: list[tuple[Attributes, Any]] = [({"a": value}, None), ({"a": "b"}, None), ({}, None)]
    wanted = [OneOf("a", (value,)), OneOf("a", (value, "c")), Prefix("a", value[:1]), Compare("a", "lte", value)]
    agree(database, rows, [*wanted, *map(Not, wanted)])


EXACT = [2**53, 2**53 - 1, -(2**53), 0.1, 0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 9.995, 1e22, 1e23]


@pytest.mark.parametrize("number", EXACT)
def test_numbers_are_doubles_to_the_last_bit(database: Database, number: float) -> None:
    values = [float(number), math.nextafter(number, math.inf), math.nextafter(number, -math.inf)]
    rows: list[tuple[Attributes, Any]] = [({"n": value}, None) for value in [number, *filter(math.isfinite, values)]]
    wanted: list[Filter] = [OneOf("n", (value,)) for value in values]
    wanted += [Compare("n", operator, value) for operator in ("gt", "gte", "lt", "lte") for value in values]
    agree(database, rows, wanted)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400, -(10**400), 2**53 + 1])
def test_numbers_that_no_product_has(database: Database, number: float) -> None:
    rows: list[tuple[Attributes, Any]] = [({"n": 1}, None), ({"n": 2**53}, None), ({"n": "1"}, None), ({}, None)]
    wanted: list[Filter] = [OneOf("n", (number,)), OneOf("n", (1, number))]
    if number != 2**53 + 1:  # a bound is a double
        wanted += [Compare("n", operator, number) for operator in ("gt", "gte", "lt", "lte")]
    agree(database, rows, [*wanted, *map(Not, wanted)])


def test_text_is_in_the_order_of_code_points(database: Database) -> None:
    words = ["a", "A", "b", "B", "é", "e", "_", "-", "10", "9", " x", "😀", "ﬀ", "Å", "\uffff", ""]
    agree(
        database,
        [({"w": word}, None) for word in words],
        [Compare("w", operator, word) for operator in ("gt", "lte") for word in words],
    )


@pytest.mark.parametrize("combine", [All, AnyOf])
@pytest.mark.parametrize("name", ["a", 'o"dd', "predicted_a"])
def test_a_filter_as_wide_as_the_grammar_allows(database: Database, combine: type, name: str) -> None:
    wide = combine(tuple(OneOf(f"{name}{number}", (number,)) for number in range(499)))
    agree(database, [({f"{name}498": 498}, None), ({f"{name}{i}": i for i in range(499)}, None)], [wide, Not(wide)])
    many = OneOf(name, tuple(range(500)) + tuple(map(str, range(500))))
    agree(database, [({name: 499}, None), ({name: "499"}, None), ({name: 499.5}, None)], [many])


def test_a_filter_as_deep_as_the_grammar_allows(database: Database) -> None:
    node: Filter = Exists("a")
    for _ in range(9):
        node = Not(All((AnyOf((node,)),)))
    agree(database, [({"a": 1}, None), ({}, None)], [node])


@pytest.mark.parametrize("text", ["nul\0", "half \ud800"])
def test_what_no_database_holds_is_refused_or_found_nowhere(database: Database, text: str) -> None:
    for node in (OneOf(text, ("a",)), OneOf("a", (text,)), Exists(text)):
        try:
            assert found(database, [({"a": "a"}, None)], [node]) == [[]]
        except InvalidRequest as exc:
            assert "cannot hold" in str(exc)  # noqa: PT017  # either will do


@example({"labels": {"category": ["Dresses", "0.9"]}})
@example({"labels": {"category": [3, 0.9]}})
@example({"labels": {"category": []}})
@example({"labels": {"category": "Dresses"}})
@example({"labels": []})
@example({})
@each_on_one_database
@given(st.dictionaries(st.just("labels"), st.dictionaries(st.just("category"), st.lists(SCALARS, max_size=3))))
def test_predictions_of_another_form_suggest_nothing_or_what_they_say(database: Database, predictions: Any) -> None:
    json.dumps(predictions)
    found(database, [({}, predictions)], [Exists("predicted_category"), OneOf("predicted_category", ("Dresses", 3))])
