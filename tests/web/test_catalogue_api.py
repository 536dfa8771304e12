"""The catalogue as a whole: lists inside a filter, fields, and their values."""

import json

import pytest


def listed(client, filter_: object, **more: str) -> list[str]:
    answer = client.get("/v1/products", query_string={"filter": json.dumps(filter_), **more})
    assert answer.status_code == 200, answer.json
    return [product["id"] for product in answer.json["products"]]


def test_products_inside_a_filter(shop) -> None:
    assert listed(shop, {"price": {"gt": 20}, "base_colour": ["red", "blue"]}) == ["Dresses-blue", "Dresses-red"]
    assert listed(shop, {"not": {"category": "Dresses"}, "base_colour": "red"}) == ["Tops-red"]
    assert listed(shop, {"base_colour": "red"}, category="Tops") == ["Tops-red"], "and the other arguments hold too"
    unknown = shop.get("/v1/products", query_string={"filter": '{"fabric": 1}'})
    assert (unknown.status_code, "'fabric'" in unknown.json["detail"]) == (400, True)
    assert len(listed(shop, {})) == 12


def test_pages_inside_a_filter_are_whole(shop) -> None:
    first = shop.get("/v1/products", query_string={"filter": '{"price": 20}', "limit": "4"}).json
    assert [product["id"] for product in first["products"]] == sorted(listed(shop, {"price": 20}))[:4]
    assert len(listed(shop, {"price": 20}, after=first["next_after"])) == 2


@pytest.mark.parametrize(
    "raw", ["{", "[]", "1", '"x"', "{" * 2000, '{"price": "cheap"}', '{"price": NaN}', '{"price": 1e999}', '{"": 1}']
)
def test_what_is_no_filter_is_refused(shop, raw: str) -> None:
    answer = shop.get("/v1/products", query_string={"filter": raw})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_fields_are_told_with_kinds_and_type(shop, body) -> None:
    shop.put("/v1/products/p1", json=body("red", heel=3, **{'o"dd\\': True}))
    shop.put("/v1/products/p2", json=body("red", heel="high"))
    fields = {field["field"]: field for field in shop.get("/v1/fields").json["fields"]}
    assert list(fields) == sorted(fields)
    assert fields["heel"] == {"field": "heel", "kinds": ["number", "text"], "type": None}
    assert fields['o"dd\\']["kinds"] == ["boolean"]
    assert fields["price"] == {"field": "price", "kinds": ["number"], "type": "number"}
    assert fields["season"] == {"field": "season", "kinds": [], "type": "keyword"}, "declared, and of no product yet"


def test_values_are_those_of_text(shop, body) -> None:
    shop.put("/v1/products/p1?wait=5", json=body("red", tag=7))
    values = shop.get("/v1/fields/tag/values").json["values"]
    assert values[0] == {"value": "b", "products": 4}, "black and blue"
    assert {value["value"] for value in values} == {"b", "r", "g", "y", "w"}
    assert shop.get("/v1/fields/absent/values").json == {"field": "absent", "values": []}


def test_values_follow_what_is_deleted(shop) -> None:
    assert shop.get("/v1/fields/category/values").json["values"][0]["products"] == 6
    shop.delete("/v1/products/Dresses-red?wait=5")
    assert {"value": "Dresses", "products": 5} in shop.get("/v1/fields/category/values").json["values"]
