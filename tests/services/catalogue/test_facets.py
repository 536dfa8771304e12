"""Facets and totals are exact: counted in the database as they would be counted by hand, on either engine."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rows import NUMBERS, UNTYPED, attributes, filters

from services.catalogue import Catalogue, Claims, Database, Facets, Outcome
from services.catalogue.rows import BLANK
from services.catalogue.tables import products
from services.errors import DeadlineExceeded, InvalidRequest
from services.facets import Facet, FacetRequest
from services.fields import FieldType, Scalar
from services.filters import Compare, Exists, Filter, Not, OneOf, matches
from services.filters.matching import kind_of
from services.predictions import predictions_from_json, with_suggestions
from services.products import Problem, Product

FIELDS = {"category": FieldType.KEYWORD, "price": FieldType.NUMBER, "in_stock": FieldType.BOOLEAN}


@pytest.fixture
def facets(database: Database) -> Facets:
    return Facets(database, FIELDS)


def index(catalogue: Catalogue, claims: Claims, rows: Mapping[str, Mapping[str, Scalar]]) -> None:
    """Put products, and have them in the index."""
    accepted = catalogue.put([Product(key, row, ()) for key, row in rows.items()])
    claims.take(list(rows), "w")
    claims.finish("w", [Outcome(done.product_id, done.revision, indexed=True) for done in accepted])


def fill(database: Database, rows: Sequence[Mapping[str, Any]]) -> None:
    """Have just these rows, indexed, as quickly as can be."""
    common = {**BLANK, "revision": 1, "indexed_revision": 1, "due_at": 0.0, "updated_at": 0.0, "predictions": None}
    with database.write() as connection:
        connection.execute(sa.delete(products))
        values = [{**common, "id": f"{number:06}", **row} for number, row in enumerate(rows)]
        connection.execute(sa.insert(products), values)


def by_hand(rows: Sequence[Mapping[str, Scalar]], request: FacetRequest) -> Facet:
    having = [row[request.field] for row in rows if request.field in row]
    if request.ranges:
        numbers = [value for value in having if kind_of(value) == "number"]
        counted = [
            (low, high, sum((low is None or n >= low) and (high is None or n < high) for n in numbers))  # type: ignore[operator]
            for low, high in request.ranges
        ]
        return Facet(request.field, ranges=counted, products=len(having))
    counts = Counter((kind_of(value), value) for value in having)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Facet(request.field, [(value, n) for (_, value), n in ordered[: request.top]], products=len(having))


def ranges() -> st.SearchStrategy[tuple[float | None, float | None]]:
    edge = st.none() | NUMBERS.map(float)
    return st.tuples(edge, edge).filter(lambda pair: None in pair or pair[0] < pair[1])


NAMES = st.sampled_from(
    [*UNTYPED, "price", "released", "absent", "predicted_fabric", 'predicted_odd "name"][', "title"]
)
REQUESTS = st.one_of(
    st.builds(FacetRequest, NAMES, st.integers(1, 4)),
    st.builds(FacetRequest, NAMES, st.just(10), st.lists(ranges(), min_size=1, max_size=4).map(tuple)),
)
LABELS = st.dictionaries(
    st.sampled_from(["fabric", 'odd "name"][']), st.tuples(st.sampled_from("abc"), st.sampled_from([0.4, 0.5, 0.9]))
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "attributes": attributes(),
            "predictions": st.none()
            | st.builds(lambda labels: {"model": "m", "digest": "d", "labels": labels}, LABELS),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(ROWS, st.none() | filters(), st.lists(REQUESTS, min_size=1, max_size=5))
def test_any_facets_inside_any_filter(
    database: Database, rows: list[dict[str, Any]], where: Filter | None, requests: list[FacetRequest]
) -> None:
    fill(database, rows)
    seen = [with_suggestions(row["attributes"], predictions_from_json(row["predictions"]), 0.5) for row in rows]
    passing = [row for row in seen if where is None or matches(where, row)]
    facets = Facets(database)
    found = facets.count(where, requests)
    assert found == [by_hand(passing, request) for request in requests]
    for facet in found:
        assert all(math.copysign(1, value) == 1 for value, _ in facet.values if value == 0), "no minus zero"
    assert facets.total(where) == len(passing)


def test_values_keep_their_kind(facets: Facets, database: Database) -> None:
    fill(database, [{"attributes": {"x": value}} for value in ["1", 1, 1.0, True, False, "true", 2.5]])
    (facet,) = facets.count(None, [FacetRequest("x")])
    assert [(value, type(value), n) for value, n in facet.values] == [
        (1, int, 2), (False, bool, 1), (True, bool, 1), (2.5, float, 1), ("1", str, 1), ("true", str, 1),
    ]  # fmt: skip


def test_only_what_searches_find_is_counted(facets: Facets, catalogue: Catalogue, claims: Claims) -> None:
    request = [FacetRequest("category")]
    index(catalogue, claims, {key: {"category": "Dresses"} for key in ("kept", "failed", "changed", "deleted")})
    catalogue.put([Product("queued", {"category": "Dresses"}, ())])
    assert facets.total(None) == facets.total(Exists("category")) == 4, "not what was never indexed"
    catalogue.delete("deleted")
    catalogue.put([Product("changed", {"category": "Tops"}, ()), Product("failed", {"category": "Tops"}, ())])
    # Still in the index as they were, and counted as they are.
    assert dict(facets.count(None, request)[0].values) == {"Tops": 2, "Dresses": 1}
    (failing,) = claims.take(["failed"], "w")
    claims.finish("w", [Outcome("failed", failing.revision, indexed=False, problem=Problem("bad_image", "no"))])
    assert facets.count(None, request) == [Facet("category", [("Dresses", 1), ("Tops", 1)], products=2)]
    assert facets.total(OneOf("category", ("Tops",))) == 1
    assert facets.total(Not(OneOf("category", ("Tops",)))) == 1


def test_answers_are_kept_until_anything_changes(
    facets: Facets, database: Database, catalogue: Catalogue, claims: Claims
) -> None:
    asked: list[str] = []
    listen = lambda *args: asked.append(args[2])  # noqa: E731
    index(catalogue, claims, {"p1": {"category": "Dresses"}})
    where, request = OneOf("category", ("Dresses",)), [FacetRequest("category")]
    first = facets.count(where, request), facets.total(where)
    sa.event.listen(database._engine, "before_cursor_execute", listen)
    assert (facets.count(where, request), facets.total(where)) == first
    assert not [statement for statement in asked if "products" in statement], "not counted again"
    index(catalogue, claims, {"p2": {"category": "Dresses"}})
    assert facets.total(where) == 2
    assert facets.count(where, request)[0].values == [("Dresses", 2)]


def test_another_process_changes_something(facets: Facets, database: Database) -> None:
    fill(database, [{"attributes": {"x": 1}}])
    assert facets.total(None) == 1
    other = Database(database._engine.url.render_as_string(hide_password=False))
    fill(other, [{"attributes": {"x": 1}}, {"attributes": {"x": 2}}])
    other.close()
    assert facets.total(None) == 2


def test_equal_to_python_but_not_the_same_question(facets: Facets, database: Database) -> None:
    fill(database, [{"attributes": {"x": 1}}, {"attributes": {"x": 1.0}}, {"attributes": {"x": True}}])
    assert [facets.total(OneOf("x", (value,))) for value in (1, True, 1.0)] == [2, 1, 2]


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (FacetRequest("category", ranges=((1, 2),)), "keyword"),
        (FacetRequest("in_stock", ranges=((0, 1),)), "boolean"),
        (FacetRequest("price", ranges=((2, 1),)), "empty"),
        (FacetRequest("price", ranges=((2, 2),)), "empty"),
        (FacetRequest("price", ranges=((math.nan, 2),)), "finite"),
        (FacetRequest("price", ranges=((None, math.inf),)), "finite"),
        (FacetRequest("price", ranges=((10**400, None),)), "finite"),
        (FacetRequest("price", ranges=((0, 1),) * 51), "51 ranges"),
        (FacetRequest("price", top=0), "top=0"),
        (FacetRequest("price", top=201), "top=201"),
    ],
)
def test_what_has_no_answer_is_refused(facets: Facets, request_: FacetRequest, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        facets.count(None, [request_])


def test_how_many_facets_at_once(facets: Facets, database: Database) -> None:
    fill(database, [{"attributes": {"x": 1}}])
    edges = tuple((float(low), float(low + 1)) for low in range(50))
    wide = [FacetRequest("x", 200), FacetRequest("x", ranges=edges)] * 10
    assert [facet.products for facet in facets.count(None, wide)] == [1] * 20
    with pytest.raises(InvalidRequest, match="21"):
        facets.count(None, [FacetRequest("x")] * 21)
    assert facets.count(None, []) == []


def test_a_count_that_takes_too_long_is_broken_off(facets: Facets, database: Database) -> None:
    fill(database, [{"attributes": {f"a{i}": "x" * 50 for i in range(50)}}] * 4000)
    requests = [FacetRequest(f"a{i}") for i in range(20)]
    with pytest.raises(DeadlineExceeded):
        facets.count(Compare("a1", "gte", "a"), requests, timeout_s=0.005)
    with pytest.raises(DeadlineExceeded):
        facets.total(None, timeout_s=0)
    # The connection works on, and is under no limit any more.
    assert facets.count(Compare("a1", "gte", "a"), requests, timeout_s=60)[0].products == 4000


def test_fields_that_every_product_has(facets: Facets, catalogue: Catalogue, claims: Claims) -> None:
    assert facets.everywhere(["colour"]) == {"colour"}, "of no product at all"
    index(catalogue, claims, {"a": {"colour": "red", "size": 3}, "b": {"colour": "blue"}})
    names = [f"absent {i}" for i in range(30)]
    assert facets.everywhere([*names, "colour", "size"]) == {"colour"}
