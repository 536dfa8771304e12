"""The reference meaning of filters; every store's contract is measured against it."""

import pytest
from hypothesis import given
from rows import attributes, filters

from services.fields import Attributes, Scalar
from services.filters import All, Any, Compare, Filter, Not, OneOf, matches
from services.filters.nodes import Operator


@pytest.mark.parametrize(
    ("present", "wanted", "expected"),
    [
        ("a", "a", True),
        ("a", "A", False),
        (5, 5.0, True),
        (0.0, -0.0, True),
        (True, True, True),
        (True, 1, False),
        (1, True, False),
        (False, 0.0, False),
        ("1", 1, False),
        ("true", True, False),
        (None, "", False),
        (None, False, False),
    ],
)
def test_equality(present: Scalar | None, wanted: Scalar, expected: bool) -> None:
    given_attributes = {} if present is None else {"x": present}
    assert matches(OneOf("x", (wanted,)), given_attributes) is expected
    assert matches(Not(OneOf("x", (wanted,))), given_attributes) is not expected
    assert matches(OneOf("x", ("other", wanted)), given_attributes) is expected


@pytest.mark.parametrize(
    ("operator", "below", "same", "above"),
    [("gt", False, False, True), ("gte", False, True, True), ("lt", True, False, False), ("lte", True, True, False)],
)
@pytest.mark.parametrize("values", [(1, 2.0, 2.5), ("a", "b", "é")])
def test_comparison(operator: Operator, below: bool, same: bool, above: bool, values: tuple[Scalar, ...]) -> None:
    middle = values[1]
    assert not isinstance(middle, bool)
    node = Compare("x", operator, middle)
    assert tuple(matches(node, {"x": value}) for value in values) == (below, same, above)


@pytest.mark.parametrize("present", [{}, {"x": "1"}, {"x": True}, {"y": 5}])
def test_a_comparison_holds_only_for_its_own_kind(present: Attributes) -> None:
    for operator in ("gt", "gte", "lt", "lte"):
        assert not matches(Compare("x", operator, 0.0), present)
        assert matches(Not(Compare("x", operator, 0.0)), present)
    assert not matches(Compare("x", "gte", True), {"x": True})


def test_combinations() -> None:
    a, b = OneOf("x", (1,)), OneOf("y", (2,))
    both, one, none = {"x": 1, "y": 2}, {"x": 1}, {"z": 3}
    assert [matches(All((a, b)), values) for values in (both, one, none)] == [True, False, False]
    assert [matches(Any((a, b)), values) for values in (both, one, none)] == [True, True, False]
    assert [matches(Not(Any((a, b))), values) for values in (both, one, none)] == [False, False, True]
    assert (matches(All(()), none), matches(Any(()), none)) == (True, False)


@given(filters(), attributes())
def test_a_filter_or_its_negation_holds(node: Filter, values: Attributes) -> None:
    assert matches(Not(node), values) is not matches(node, values)
    assert matches(All((node, Not(node))), values) is False
    assert matches(Any((node, Not(node))), values) is True
