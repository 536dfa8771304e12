"""Products over HTTP: put, get, delete, their photos, lists."""

import base64
import io
from urllib.parse import quote

import pytest
from fakes import InlineQueue
from PIL import Image

from services.bootstrap import Platform

AWKWARD = [
    "women's-1",
    "a/b",
    "a/similar",
    "a/images/b",
    "x'] or id != '' or id in ['y",
    'q"uo\\te',
    "100%",
    "%2F",
    "é😀",
    "a//b",
    "a b+c&d=e?f#g",
]


def ids(response) -> list[str]:
    return [hit["product_id"] for hit in response.json["hits"]]


def test_put_then_get(client, body) -> None:
    put = client.put("/v1/products/p1", json=body("red", category="Dresses"))
    assert put.status_code == 200, "the inline worker has indexed it already"
    assert put.headers["Location"] == "/v1/products/p1"
    got = client.get(put.headers["Location"]).json
    assert got["attributes"] == {"title": "A red thing", "category": "Dresses"}
    assert (got["state"], got["revision"], got["problem"]) == ("indexed", 1, None)


def test_put_is_accepted_before_it_is_searchable(client, queue: InlineQueue, body) -> None:
    queue.paused = True
    put = client.put("/v1/products/p1?wait=0.1", json=body("red"))
    assert (put.status_code, put.json["state"]) == (202, "queued")
    assert client.post("/v1/search", json={"text": "red"}).json["hits"] == []


def test_put_is_accepted_while_the_queue_is_away(client, queue: InlineQueue, body) -> None:
    queue.away = True
    assert client.put("/v1/products/p1", json=body("red")).status_code == 202
    assert client.get("/v1/products/p1").json["state"] == "queued"


def test_the_same_body_again_causes_no_work(client, platform: Platform, queue: InlineQueue, body) -> None:
    for _ in range(3):
        assert client.put("/v1/products/p1", json=body("red")).json["revision"] == 1
    assert queue.sent == ["p1"]
    assert platform.encoder.encoded == 1


def test_new_metadata_is_not_embedded_again(client, platform: Platform, body) -> None:
    client.put("/v1/products/p1", json=body("red", category="Tops"))
    kept = {"title": "renamed", "category": "Dresses", "images": [{"name": "front"}]}
    assert client.put("/v1/products/p1", json=kept).json["revision"] == 2
    assert platform.encoder.encoded == 1
    found = client.post("/v1/search", json={"text": "red", "filter": {"category": "Dresses"}})
    assert found.json["hits"][0]["product"]["attributes"]["title"] == "renamed"


def test_a_removed_photo_leaves_the_index(client, platform: Platform, body) -> None:
    two = body("red")
    two["images"].append({"name": "back", "data": body("blue")["images"][0]["data"]})
    client.put("/v1/products/p1", json=two)
    assert platform.index.store().count() == 2
    client.put("/v1/products/p1", json=body("red"))
    assert platform.index.store().count() == 1


def test_multipart_put(client, photo) -> None:
    files = [(io.BytesIO(photo("red")), "front.png"), (io.BytesIO(photo("blue")), "back.png")]
    put = client.put("/v1/products/p1", data={"json": '{"title": "t"}', "images": files})
    assert [image["name"] for image in put.json["images"]] == ["front.png", "back.png"]


@pytest.mark.parametrize("product_id", AWKWARD)
def test_awkward_ids_work_like_any_other(shop, body, product_id: str) -> None:
    path = f"/v1/products/{quote(product_id, safe='')}"
    put = shop.put(path, json=body("yellow"))
    assert (put.status_code, put.json["id"]) == (200, product_id)
    assert shop.get(put.headers["Location"]).json["id"] == product_id
    assert shop.get(put.json["images"][0]["url"] + "?size=32").mimetype == "image/jpeg"
    assert product_id in ids(shop.post("/v1/search", json={"text": "yellow", "limit": 3}))
    assert ids(shop.get(f"{path}/similar?limit=2")) == ["Dresses-yellow", "Tops-yellow"]
    before = shop.get("/v1/counts").json["indexed"]
    assert shop.delete(path).status_code == 204
    assert shop.get(path).status_code == 404
    assert shop.get("/v1/counts").json["indexed"] == before - 1, "and nothing else went"
    assert product_id not in ids(shop.post("/v1/search", json={"text": "yellow", "limit": 3}))


def test_delete_twice(client, body) -> None:
    client.put("/v1/products/p1", json=body("red"))
    assert client.delete("/v1/products/p1").status_code == 204
    assert client.delete("/v1/products/p1").status_code == 404


def test_a_deleted_product_is_no_hit_even_before_its_rows_are_gone(shop, queue: InlineQueue) -> None:
    queue.paused = True
    shop.delete("/v1/products/Tops-red")
    assert "Tops-red" not in ids(shop.post("/v1/search", json={"text": "red"}))


def test_photos_are_served_as_stored_and_small(client, photo) -> None:
    data = photo("red", (600, 800), "JPEG")
    client.put("/v1/products/p1", data={"images": [(io.BytesIO(data), "a b/é.jpg")]})
    url = client.get("/v1/products/p1").json["images"][0]["url"]
    whole = client.get(url)
    assert (whole.data, whole.mimetype) == (data, "image/jpeg")
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    small = client.get(f"{url}?size=80")
    assert Image.open(io.BytesIO(small.data)).size == (60, 80)
    assert client.get(f"{url}?size=80", headers={"If-None-Match": small.headers["ETag"]}).status_code == 304
    assert client.get(f"{url}?size=9000").status_code == 400
    assert client.get("/v1/products/p1/images/other").status_code == 404


def test_lists_by_state_and_attribute_in_pages(shop) -> None:
    first = shop.get("/v1/products?limit=4&category=Tops").json
    second = shop.get(f"/v1/products?limit=4&category=Tops&after={first['next_after']}").json
    assert first["next_after"]
    assert second["next_after"] is None, "the second page is the last"
    listed = [product["id"] for product in first["products"] + second["products"]]
    assert len(set(listed)) == 6
    assert all(name.startswith("Tops-") for name in listed)
    assert shop.get("/v1/products?state=failed").json["products"] == []
    assert shop.get("/v1/products?state=lost").status_code == 400
    assert shop.get("/v1/fields/category/values").json["values"][0] == {"value": "Dresses", "products": 6}


JPEG_THAT_IS_HTML = base64.b64encode(b"<html><script>alert(1)</script></html>").decode()


@pytest.mark.parametrize(
    ("path", "sent", "status", "code", "says"),
    [
        ("p", {}, 400, "invalid_product", "0 images"),
        ("p", {"images": [{"data": "!!"}]}, 400, "invalid_request", "not base64"),
        ("p", {"images": [{"data": JPEG_THAT_IS_HTML}]}, 400, "bad_image", "not a readable"),
        ("p", {"images": [{"name": "front"}]}, 400, "invalid_product", "no stored image"),
        ("p", {"images": [{"url": "http://127.0.0.1/"}]}, 400, "blocked_address", "LOOKALIKE_IMAGE_HOSTS"),
        ("p", {"images": "front"}, 400, "invalid_request", "images"),
        ("p", {"images": [{"data": "A" * 300_000}]}, 413, "too_large", "200,000"),
        ("p", {"price": "cheap", "images": []}, 400, "invalid_product", "'price'"),
        ("p", {"tags": ["a"], "images": []}, 400, "invalid_product", "'tags'"),
        ("p", {"title": "nul \0", "images": []}, 400, "invalid_product", "NUL"),
        ("p" * 600, {"images": []}, 400, "invalid_product", "512"),
        ("p?wait=900", {"images": []}, 400, "invalid_request", "wait"),
    ],
)
def test_bad_products_are_refused_with_a_reason(client, path, sent, status, code, says) -> None:
    answer = client.put(f"/v1/products/{path}", json=sent)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["code"] == code
    assert says in answer.json["detail"]
    assert client.get("/v1/products").json["products"] == [], "and nothing is half-stored"


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_object(client, raw: bytes) -> None:
    answer = client.put("/v1/products/p", data=raw, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_a_request_over_the_limit(client) -> None:
    answer = client.put("/v1/products/p", data=b"x" * 1_100_000, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")


def test_unknown_paths_and_methods_are_problems_too(client) -> None:
    assert client.get("/v1/nothing").json["code"] == "not_found"
    wrong = client.post("/v1/products/p")
    assert (wrong.status_code, wrong.json["code"]) == (405, "method_not_allowed")
    assert "PUT" in wrong.headers["Allow"]


@pytest.mark.parametrize("name", ['a"b', "a'b", "a.b", "$", "[0]", "a\\b", '"]', "é", "a b", "%"])
def test_attribute_names_may_be_odd_too(client, body, name: str) -> None:
    client.put("/v1/products/p1", json={**body("red"), name: "x"})
    client.put("/v1/products/p2", json={**body("red"), name: "y"})
    listed = client.get("/v1/products", query_string={name: "x"})
    assert [product["id"] for product in listed.json["products"]] == ["p1"]
    values = client.get(f"/v1/fields/{quote(name, safe='')}/values").json["values"]
    assert sorted(value["value"] for value in values) == ["x", "y"]
    assert ids(client.post("/v1/search", json={"text": "red", "filter": {name: "y"}})) == ["p2"]
