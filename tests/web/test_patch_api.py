"""Changing a product over HTTP: patches, photos one by one, versions, photos by URL."""

import base64

import pytest
from flask.testing import FlaskClient

from services.bootstrap import Platform
from services.products import ImageRef, Product


@pytest.fixture
def p1(client: FlaskClient, body) -> FlaskClient:
    """A client of a shop with one product."""
    assert client.put("/v1/products/p1", json=body("red", category="Dresses")).status_code == 200
    return client


def test_a_patch_of_attributes_embeds_nothing(p1: FlaskClient, platform: Platform) -> None:
    answer = p1.patch("/v1/products/p1", json={"price": 5, "category": None})
    assert (answer.status_code, answer.json["attributes"]) == (200, {"title": "A red thing", "price": 5})
    assert answer.json["images"] == [{"name": "front", "url": "/v1/products/p1/images/front"}]
    assert platform.encoder.encoded == 1
    (row,) = platform.index.store().rows_of(["p1"])
    assert row.attributes == {"title": "A red thing", "price": 5}


def test_a_patch_of_nothing_is_404(client: FlaskClient) -> None:
    answer = client.patch("/v1/products/absent", json={"price": 5})
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert client.get("/v1/products").json["products"] == []


def test_photos_one_by_one(p1: FlaskClient, photo) -> None:
    added = p1.put("/v1/products/p1/images/back%2Fside", data=photo("blue"))
    assert [image["name"] for image in added.json["images"]] == ["front", "back/side"]
    replaced = p1.put("/v1/products/p1/images/back%2Fside", data=photo("green"))
    assert [image["name"] for image in replaced.json["images"]] == ["front", "back/side"]
    assert p1.get("/v1/products/p1/images/back%2Fside").data == photo("green")
    left = p1.delete("/v1/products/p1/images/front")
    assert [image["name"] for image in left.json["images"]] == ["back/side"]
    hits = p1.post("/v1/search", json={"text": "green"}).json["hits"]
    assert [hit["image"] for hit in hits] == ["back/side"]
    assert p1.delete("/v1/products/p1/images/front").status_code == 404
    last = p1.delete("/v1/products/p1/images/back%2Fside")
    assert (last.status_code, last.json["code"]) == (400, "invalid_product")
    assert p1.put("/v1/products/p1/images/x", data=b"no photo").json["code"] == "bad_image"
    assert p1.put("/v1/products/absent/images/x", data=photo("red")).status_code == 404


def test_versions_order_what_arrives_out_of_order(client: FlaskClient, body) -> None:
    newest = client.put("/v1/products/p1?version=7", json=body("red"))
    assert (newest.status_code, newest.json["version"]) == (200, 7)
    late = client.put("/v1/products/p1?version=6", json=body("blue"))
    assert (late.status_code, late.json["code"]) == (409, "conflict")
    assert client.delete("/v1/products/p1?version=5").status_code == 409
    assert client.delete("/v1/products/p1?version=8").status_code == 204
    assert client.put("/v1/products/p1?version=7", json=body("red")).status_code == 409
    for bad in ("x", "-1", "1.5", str(2**63)):
        assert client.put(f"/v1/products/p1?version={bad}", json=body("red")).status_code == 400


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ({"url": "https://cdn.example.com/a.jpg"}, "blocked_address"),
        ({"url": "file:///etc/passwd"}, "blocked_address"),
        ({"url": "http://[not an address"}, "blocked_address"),
        ({"url": "https://a.example/%20%2e"}, "blocked_address"),
        ({"url": "\ud800"}, "invalid_product"),
        ({"url": "http://169.254.169.254/latest"}, "blocked_address"),
        ({"url": "https://a.example/a.jpg", "data": "AAAA"}, "invalid_request"),
        ({"name": "front"}, "invalid_product"),
        ({}, "invalid_product"),
        ({"data": base64.b64encode(b"<svg/>").decode()}, "bad_image"),
    ],
)
def test_photos_that_are_refused_at_once(client: FlaskClient, image: dict, code: str) -> None:
    answer = client.put("/v1/products/p1", json={"title": "x", "images": [image]})
    assert (answer.status_code, answer.json["code"]) == (400, code), answer.json
    assert client.get("/v1/products/p1").status_code == 404, "nothing of it was accepted"


def test_a_photo_that_was_not_fetched_yet_is_404(client: FlaskClient, platform: Platform) -> None:
    platform.catalogue.put([Product("p1", {}, (ImageRef("front", url="https://cdn.example.com/a.jpg"),))])
    assert client.get("/v1/products/p1/images/front").status_code == 404
    assert client.get("/v1/products/p1").json["images"] == [
        {"name": "front", "url": "/v1/products/p1/images/front", "source_url": "https://cdn.example.com/a.jpg"}
    ]
