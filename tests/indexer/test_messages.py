"""Public messages become changes; each product that cannot be accepted is kept as a message of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from fakes import platform_of_fakes

from indexer.messages import AcceptedAgain, accept, accept_again
from services.bootstrap import Platform
from services.errors import InvalidRequest, Unavailable
from services.products import Problem

UPSERT, PATCH, DELETE = "lookalike.v1.upsert", "lookalike.v1.patch", "lookalike.v1.delete"
HOST = "https://cdn.example.com"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    opened = platform_of_fakes(tmp_path, image_hosts=["cdn.example.com"])
    yield opened
    opened.close()


def put(key: str, **more: object) -> dict:
    return {"id": key, "attributes": {"price": 1}, "images": [{"name": "front", "url": f"{HOST}/{key}.jpg"}], **more}


def send(platform: Platform, task: str, *products: object) -> list[str]:
    return accept(platform, task, {"products": list(products)})


def kept(platform: Platform) -> dict[str | None, str]:
    """The codes of what is kept, by product."""
    return {message.product_id: message.problem.code for message in platform.refused.page(100)}


def test_one_bad_product_never_stops_the_others(platform: Platform) -> None:
    good = [put("a"), put("b")]
    bad = [
        {**put("unknown key"), "x": 1},
        {**put("price"), "attributes": {"price": "dear"}},
        {**put("address"), "images": [{"url": "https://elsewhere.example/x.jpg"}]},
        {**put("no photo"), "images": [{"name": "never seen"}]},
        "not an object",
    ]
    assert send(platform, UPSERT, bad[0], good[0], *bad[1:], good[1]) == ["a", "b"]
    assert kept(platform) == {
        "unknown key": "schema",
        "price": "invalid_product",
        "address": "blocked_address",
        "no photo": "invalid_product",
        None: "schema",
    }
    bodies = [json.loads(message.body) for message in platform.refused.page(100)]
    assert sorted(bodies, key=str) == sorted(({"products": [product]} for product in bad), key=str)
    assert platform.catalogue.get("a").product.images[0].url == f"{HOST}/a.jpg"


def test_an_envelope_that_is_none_is_kept_as_a_whole(platform: Platform) -> None:
    assert accept(platform, UPSERT, {"product": put("a")}) == []
    (message,) = platform.refused.page(10)
    assert (message.task, message.product_id, message.problem.code) == (UPSERT, None, "schema")
    assert json.loads(message.body) == {"product": put("a")}


def test_a_message_that_comes_twice_changes_nothing_more(platform: Platform) -> None:
    for task, product in (
        (UPSERT, put("a", version=1)),
        (PATCH, {"id": "a", "attributes": {"price": 2}, "version": 2}),
    ):
        assert send(platform, task, product) == ["a"]
        assert send(platform, task, product) == []
    assert send(platform, DELETE, {"id": "a"}) == ["a"]
    assert send(platform, DELETE, {"id": "a"}) == []
    assert platform.refused.count() == 0
    assert platform.catalogue.get_many(["a"])["a"].revision == 3


def test_a_late_change_is_no_failure(platform: Platform) -> None:
    send(platform, UPSERT, put("a", version=5))
    assert send(platform, PATCH, {"id": "a", "attributes": {"price": 9}, "version": 4}) == []
    assert platform.catalogue.get("a").product.attributes == {"price": 1}
    assert platform.refused.count() == 0


def test_a_patch_changes_what_it_names_and_needs_its_product(platform: Platform) -> None:
    send(platform, UPSERT, put("a"))
    patch = {
        "id": "a",
        "attributes": {"price": None, "title": "new"},
        "images": [{"name": "back", "url": f"{HOST}/back.jpg"}],
        "remove_images": ["front"],
    }
    assert send(platform, PATCH, patch, {"id": "absent"}) == ["a"]
    product = platform.catalogue.get("a").product
    assert product.attributes == {"title": "new"}
    assert [image.name for image in product.images] == ["back"]
    assert kept(platform) == {"absent": "not_found"}


def test_several_changes_of_one_product_are_made_in_their_order(platform: Platform) -> None:
    assert send(platform, UPSERT, put("a", attributes={"price": 1}), put("a", attributes={"price": 2})) == ["a"]
    assert platform.catalogue.get("a").product.attributes == {"price": 2}


def test_a_value_that_the_database_cannot_hold_stops_nobody_else(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = platform.catalogue.write

    def picky(changes: list) -> list:
        if any(change.product_id == "odd" for change in changes):
            raise InvalidRequest("the catalogue database cannot hold a value: no such character")
        return write(changes)

    monkeypatch.setattr(platform.catalogue, "write", picky)
    assert send(platform, UPSERT, put("a"), put("odd"), put("b")) == ["a", "b"]
    assert kept(platform) == {"odd": "invalid_request"}


def test_refused_messages_are_accepted_once_they_can_be(platform: Platform) -> None:
    send(platform, PATCH, {"id": "late"}, {"id": "never"})
    ids = [message.id for message in platform.refused.page(10)]
    assert accept_again(platform, ids) == AcceptedAgain(0, [])
    assert sorted(kept(platform)) == ["late", "never"], "neither lost nor doubled"

    send(platform, UPSERT, put("late"))
    patched = {"products": [{"id": "late", "attributes": {"price": 5}}]}
    platform.refused.keep(PATCH, "late", Problem("not_found", ""), json.dumps(patched))
    ids = [message.id for message in platform.refused.page(10)]
    assert accept_again(platform, ids) == AcceptedAgain(2, ["late"])
    assert platform.catalogue.get("late").product.attributes == {"price": 5}
    assert sorted(kept(platform)) == ["never"]


def test_what_is_left_of_a_message_takes_its_place(platform: Platform) -> None:
    both = json.dumps({"products": [put("a"), {**put("b"), "x": 1}]})
    message_id = platform.refused.keep(UPSERT, None, Problem("error", "a bug, since mended"), both)
    assert accept_again(platform, [message_id]) == AcceptedAgain(1, ["a"])
    assert kept(platform) == {"b": "schema"}


@pytest.mark.parametrize(("task", "body"), [("", "\xff"), ("lookalike.v2.upsert", '{"products": []}'), (UPSERT, "{")])
def test_what_nobody_understands_stays(platform: Platform, task: str, body: str) -> None:
    message_id = platform.refused.keep(task, None, Problem("schema", "as it was"), body)
    assert accept_again(platform, [message_id, "unknown"]) == AcceptedAgain(0, [])
    assert [message.problem.detail for message in platform.refused.page(10)] == ["as it was"]


def test_while_the_database_is_away_nothing_is_decided(tmp_path: Path) -> None:
    opened = platform_of_fakes(tmp_path, image_hosts=["cdn.example.com"])
    with opened.database.write() as connection:
        connection.execute(sa.text("ALTER TABLE products RENAME TO elsewhere"))
    with pytest.raises(Unavailable):
        send(opened, UPSERT, put("a"))
    assert opened.refused.count() == 0
    opened.close()
