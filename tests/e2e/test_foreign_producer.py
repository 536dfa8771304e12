"""Other services change products over the queue, with none of our code; their mistakes are kept, and nothing dies."""

import base64
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from celery import Celery
from components import wait_for

from indexer.sample import write_catalogue

UPSERT, PATCH, DELETE = "lookalike.v1.upsert", "lookalike.v1.patch", "lookalike.v1.delete"
LIVE = "lookalike.live"
DOCUMENT = Path(__file__).parents[2] / "docs" / "queue.md"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Addresses of photos on a shop's own image server."""
    folder = write_catalogue(tmp_path_factory.mktemp("photos"), limit=4).parent

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        names = sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*.jpg"))
        assert len(names) >= 3
        yield [f"http://127.0.0.1:{server.server_port}/{name}" for name in names]
        server.shutdown()


@pytest.fixture
def shop(open_shop, photos: list[str]):
    """A shop with a worker that may ask the image server."""
    opened = open_shop()
    host = photos[0].split("/")[2]
    opened.environment |= dict.fromkeys(("LOOKALIKE_IMAGE_HOSTS", "LOOKALIKE_PRIVATE_IMAGE_HOSTS"), json.dumps([host]))
    opened.start("beat")
    opened.start("worker")
    return opened


def documented(task: str, kwargs: object) -> bytes:
    """The envelope of docs/queue.md, word for word but for what it asks for."""
    text = DOCUMENT.read_text("utf-8")
    (envelope,) = re.findall(r"^### The envelope$\n```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    message = json.loads(envelope)
    assert list(json.loads(message["body"])[1]) == ["products"]
    message["headers"]["task"] = task
    message["body"] = json.dumps([[], kwargs, {}])
    return json.dumps(message).encode()


def raw(task: str, body: object, **envelope: object) -> bytes:
    """The same in base64, as Celery writes it."""
    message = {
        "headers": {"task": task, "id": "7"},
        "content-type": "application/json",
        "properties": {"body_encoding": "base64"},
        "body": base64.b64encode(json.dumps(body).encode()).decode(),
    }
    return json.dumps({**message, **envelope}).encode()


def product(key: str, url: str, **more: object) -> dict:
    return {"id": key, "attributes": {"title": key, "price": 10}, "images": [{"name": "front", "url": url}], **more}


def indexed(shop, key: str) -> bool:
    record = shop.platform.catalogue.get_many([key]).get(key)
    return record is not None and record.state == "indexed"


def reasons(shop) -> list[str]:
    return sorted(f"{message.task}: {message.problem.code}" for message in shop.platform.refused.page(100))


def test_other_services_change_products_and_their_mistakes_are_kept(shop, photos: list[str]) -> None:
    first, second, third = photos[:3]
    wire = redis.Redis.from_url(shop.settings.redis)
    theirs = Celery(broker=shop.settings.redis, set_as_current=False)

    # What no worker can read comes first: were one to stop at it, nothing after it would arrive.
    garbage = [
        b"\xff\xfe not JSON",
        b"[1, 2]",
        b'{"properties": 5}',
        raw(UPSERT, 5),
        raw(UPSERT, [[], {}, {}], **{"content-type": "application/x-python-serialize"}),
        raw("lookalike.v2.upsert", [[], {"products": [product("future", first)]}, {}]),
        raw("lookalike.v1.index", [[], {"product_ids": 7}, {}]),
    ]
    for item in garbage:
        wire.lpush(LIVE, item)
    wire.lpush(LIVE, documented(UPSERT, {"products": [product("by hand", first, version=7)]}))
    good_and_bad = [product("by celery", second), {"id": "bad", "images": [{"name": "x", "data": "AAAA"}]}]
    theirs.send_task(UPSERT, kwargs={"products": good_and_bad}, queue=LIVE)
    theirs.send_task(UPSERT, kwargs={"products": [product("in bulk", third)]}, queue="lookalike")

    wait_for("all products", lambda: all(indexed(shop, key) for key in ("by hand", "by celery", "in bulk")), 60)
    wait_for("what was refused", lambda: shop.platform.refused.count() == len(garbage) + 1, 10)
    schema = [":", ":", ":", "lookalike.v1.index:", *[f"{UPSERT}:"] * 3, "lookalike.v2.upsert:"]
    assert reasons(shop) == sorted(f"{task} schema" for task in schema)
    (bad,) = [message for message in shop.platform.refused.page(100) if message.product_id]
    assert bad.product_id == "bad"
    assert "do not travel in messages" in bad.problem.detail
    assert json.loads(bad.body) == {"products": good_and_bad[1:]}

    def patch(price: int, version: int) -> None:
        change = {"id": "by hand", "attributes": {"price": price}, "version": version}
        theirs.send_task(PATCH, kwargs={"products": [change]}, queue=LIVE)

    def idle() -> bool:
        return not (wire.llen(LIVE) or wire.hlen("unacked"))

    patch(8, version=8)
    theirs.send_task(DELETE, kwargs={"products": [{"id": "by celery"}]}, queue=LIVE)
    wait_for("the delete", lambda: shop.platform.catalogue.counts()["deleted"] == 1)
    # A change that comes late changes nothing, and there is nothing to look into.
    patch(9, version=8)
    wait_for("the patches", lambda: idle() and indexed(shop, "by hand"))
    assert shop.platform.catalogue.get("by hand").product.attributes == {"title": "by hand", "price": 8}
    assert shop.platform.refused.count() == len(garbage) + 1
    worker = shop.processes[1]
    assert worker.process.poll() is None
    assert not worker.said("Traceback")
