"""The rules of products: ids, names, attributes."""

import pytest

from services.errors import InvalidProduct
from services.fields import FieldType
from services.products import checked_attributes, checked_id, checked_image_name

FIELDS = {
    "category": FieldType.KEYWORD,
    "price": FieldType.NUMBER,
    "in_stock": FieldType.BOOLEAN,
    "added": FieldType.DATE,
}


@pytest.mark.parametrize("value", ["women's-1", "a/b", "x'] or id != '' or id in ['y", " padded ", "...", "é" * 256])
def test_ids_hold_any_character(value: str) -> None:
    assert checked_id(value) == value


@pytest.mark.parametrize("value", ["", "  ", ".", "..", "a\0b", "\ud800", "é" * 257, 7, None])
def test_what_no_id_can_be(value: object) -> None:
    for check in (checked_id, checked_image_name):
        with pytest.raises(InvalidProduct):
            check(value)


def test_one_spelling_of_a_character() -> None:
    assert checked_id("e\u0301") == "\xe9"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"price": "19.90"}, {"price": 19.9}),
        ({"price": "2011"}, {"price": 2011}),
        ({"in_stock": "Yes"}, {"in_stock": True}),
        ({"category": 7}, {"category": "7"}),
        ({"added": "2026-03-01T10:00:00+02:00"}, {"added": "2026-03-01T08:00:00"}),
        ({"anything": 1.5, "nothing": None}, {"anything": 1.5}),
    ],
)
def test_declared_fields_are_stored_in_their_type(given: dict, stored: dict) -> None:
    checked = checked_attributes(given, FIELDS)
    assert checked == stored
    assert [type(value) for value in checked.values()] == [type(value) for value in stored.values()]


@pytest.mark.parametrize(
    "given",
    [
        {"price": "cheap"},
        {"price": True},
        {"price": "nan"},
        {"price": "1e999"},
        {"in_stock": "perhaps"},
        {"added": "yesterday"},
        {"added": "0001-01-01T00:00:00+10:00"},
        {"category": "x" * 1025},
        {"free": float("inf")},
        {"free": 10**400},
        {"free": -(10**9000)},
        {"free": 10**30},
        {"free": ["list"]},
        {"free": "x" * 8193},
        {"": "no name"},
        {f"a{i}": 1 for i in range(201)},
    ],
)
def test_what_does_not_fit_is_refused(given: dict) -> None:
    with pytest.raises(InvalidProduct):
        checked_attributes(given, FIELDS)
