"""Bulk imports and failures over HTTP."""

import io
import json
import zipfile

import pytest
from fakes import InlineQueue
from flask.testing import FlaskClient

from services.bootstrap import Platform


@pytest.fixture
def zipped(photo):
    """A zip of photos: red.png, blue.png, and broken.png that is none."""

    def made() -> io.BytesIO:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("red.png", photo("red"))
            archive.writestr("blue.png", photo("blue"))
            archive.writestr("broken.png", b"no photo")
        buffer.seek(0)
        return buffer

    return made


def upload(client: FlaskClient, name: str, content: bytes, images=None, **options: object):
    data: dict[str, object] = {"file": (io.BytesIO(content), name), "options": json.dumps(options)}
    if images is not None:
        data["images"] = (images, "photos.zip")
    return client.post("/v1/imports", data=data)


TABLE = b"sku,photo,title\n1,red.png,Red\n2,blue.png,Blue\n3,broken.png,Broken\n4,absent.png,Absent\n"
MAP = {"id": "sku", "image": "photo"}


def test_a_file_and_its_photos(client: FlaskClient, zipped) -> None:
    accepted = upload(client, "shop.csv", TABLE, zipped(), map=MAP)
    assert accepted.status_code == 202, accepted.text
    import_id = accepted.json["id"]
    assert accepted.headers["Location"] == f"/v1/imports/{import_id}"
    found = client.get(accepted.headers["Location"]).json
    counted = {name: found[name] for name in ("read", "queued", "embedded", "indexed", "failed", "refused", "skipped")}
    assert counted == {
        "read": 4,
        "queued": 0,
        "embedded": 2,
        "indexed": 2,
        "failed": 1,
        "refused": 1,
        "skipped": 0,
    }
    assert (found["state"], found["settled"], found["total"], found["source"]) == ("done", True, 4, "shop.csv")
    assert [(p["line"], p["code"]) for p in found["problems"]] == [(4, "bad_image"), (5, "not_found")]
    assert client.get("/v1/imports").json["imports"][0]["id"] == import_id
    assert client.get("/v1/products/1").json["attributes"] == {"title": "Red"}


def test_errors_by_page(client: FlaskClient) -> None:
    rows = b"id,image\n" + b"".join(b"%d,absent.png\n" % n for n in range(25))
    import_id = upload(client, "shop.csv", rows).json["id"]
    seen, after = [], 0
    while after is not None:
        page = client.get(f"/v1/imports/{import_id}/errors?limit=10&after={after}").json
        seen += [error["line"] for error in page["errors"]]
        after = page["next_after"]
    assert seen == list(range(2, 27))
    assert client.get(f"/v1/imports/{import_id}/errors?limit=0").status_code == 400
    assert client.get(f"/v1/imports/{import_id}/errors?after={2**70}").status_code == 400
    assert client.get("/v1/imports/nope/errors").status_code == 404


def test_the_file_as_the_body(client: FlaskClient, photo) -> None:
    import base64

    row = {"sku": "1", "images": [{"name": "front", "data": base64.b64encode(photo("red")).decode()}]}
    answer = client.post(
        '/v1/imports?name=shop.jsonl&map={"id":"sku"}', data=json.dumps(row), content_type="application/x-ndjson"
    )
    assert answer.status_code == 202, answer.text
    assert client.get("/v1/products/1").json["state"] == "indexed"


@pytest.mark.parametrize(
    ("name", "content", "options", "said"),
    [
        ("shop.xls", b"x", {}, "unknown kind"),
        ("shop.csv", b"", {}, ""),
        ("shop.csv", b"a,b\n1,2\n", {}, "no column"),
        ("shop.csv", b"id,id\n1,2\n", {}, "more than once"),
        ("shop.csv", TABLE, {"map": {"id": "absent"}}, "absent"),
        ("shop.csv", TABLE, {"unknown": 1}, "unknown"),
        ("shop.csv", TABLE, {"limit": 0}, "limit"),
        ("shop.csv", TABLE, {"limit": 10**30}, "limit"),
        ("", TABLE, {}, "file"),
    ],
)
def test_what_cannot_be_read_is_a_400_and_leaves_nothing(
    client: FlaskClient, platform: Platform, name: str, content: bytes, options: dict, said: str
) -> None:
    answer = upload(client, name, content, **options)
    assert answer.status_code == 400, answer.text
    assert said in answer.json["detail"]
    assert client.get("/v1/imports").json["imports"] == []
    folder = platform.settings.data_dir / "imports"
    assert not folder.exists() or not any(folder.iterdir())


def test_bulk_files_may_be_larger_than_other_requests(client: FlaskClient, platform: Platform) -> None:
    rows = b"id,image,title\n" + b"".join(b"%d,absent.png,%s\n" % (n, b"x" * 5000) for n in range(400))
    assert len(rows) > platform.settings.max_request_bytes
    assert client.post("/v1/imports?name=shop.csv", data=rows, content_type="text/csv").status_code == 202
    assert client.put("/v1/products/1", json={"title": "x" * 2_000_000}).status_code == 413


def test_cancel(client: FlaskClient, queue: InlineQueue, zipped) -> None:
    queue.paused = True
    import_id = upload(client, "shop.csv", TABLE, zipped(), map=MAP).json["id"]
    assert client.get(f"/v1/imports/{import_id}").json["state"] == "reading"
    assert client.post(f"/v1/imports/{import_id}/cancel").json["state"] == "cancelled"
    queue.paused = False
    queue.send_import(import_id)
    assert client.get("/v1/products").json["products"] == []
    assert client.post("/v1/imports/nope/cancel").status_code == 404


def test_an_import_is_accepted_while_the_queue_is_away(
    client: FlaskClient, queue: InlineQueue, platform: Platform, zipped
) -> None:
    queue.away = True
    import_id = upload(client, "shop.csv", TABLE, zipped(), map=MAP).json["id"]
    queue.away = False
    assert platform.imports.job(import_id) is not None, "for the sweep to find"
    queue.send_import(import_id)
    assert client.get(f"/v1/imports/{import_id}").json["indexed"] == 2


def test_failures_are_listed_retried_and_dropped(client: FlaskClient, platform: Platform, zipped) -> None:
    upload(client, "shop.csv", TABLE, zipped(), map=MAP)
    listed = client.get("/v1/failures").json
    assert [product["id"] for product in listed["products"]] == ["3"]
    assert listed["products"][0]["problem"]["code"] == "bad_image"
    assert listed["products"][0]["problem"]["at"].startswith("20")
    assert listed["products"][0]["attempts"] == 1
    assert (listed["next_after"], listed["counts"]) == (None, {"products": {"bad_image": 1}, "messages": 0})
    assert client.get("/v1/failures?code=too_large").json["products"] == []
    assert client.post("/v1/failures/retry", json={"code": "bad_image"}).json == {"products": 1, "messages": 0}
    assert client.get("/v1/products/3").json["state"] == "failed", "it was tried, and is no photo still"
    assert client.post("/v1/failures/drop", json={"product_ids": ["1", "3"]}).json == {"products": 1, "messages": 0}
    assert client.get("/v1/products/3").status_code == 404
    assert client.get("/v1/products/1").status_code == 200, "it had not failed"
    assert client.get("/v1/failures").json["products"] == []


@pytest.mark.parametrize("body", [{}, {"product_ids": [1]}, {"everything": True}, {"all": "yes"}])
def test_retry_must_say_which(client: FlaskClient, body: dict) -> None:
    assert client.post("/v1/failures/retry", json=body).status_code == 400
    assert client.post("/v1/failures/drop", json=body).status_code == 400
