"""Rate limits as callers meet them: who is counted, what the header fields say, and what is not counted."""

import re
from collections.abc import Callable

import pytest
from flask import Blueprint
from keyed_service import Service

from services.api_keys import RateLimit, Scope
from web.rate_limits import FAILURES, PHOTOS_TIMES, charge

Shop = Callable[..., Service]


@pytest.fixture
def shop(service: Shop) -> Service:
    """A service that needs keys, and gives each three calls an hour."""
    return service(auth="required", rate_limit="3/hour")


def test_the_fields_say_what_is_left(shop: Service) -> None:
    key = shop.key()
    answers = [shop.call(key) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"default";q=3;w=3600'}
    told = [re.fullmatch(r'"default";r=(\d+);t=(\d+)', answer.headers["RateLimit"]) for answer in answers]
    assert [int(found[1]) for found in told if found] == [2, 1, 0, 0, 0]
    assert all(found and 1 <= int(found[2]) <= 7200 for found in told)


def test_too_many_calls_are_told_when_to_go_on(shop: Service) -> None:
    key = shop.key()
    for _ in range(3):
        shop.call(key)
    answer = shop.call(key)
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_requests")
    assert answer.content_type == "application/problem+json"
    assert "3/hour" in answer.json["detail"]
    assert 1 <= int(answer.headers["Retry-After"]) <= 7200


def test_each_key_has_its_own_calls_and_perhaps_its_own_limit(shop: Service) -> None:
    one, other, rich = shop.key(), shop.key(), shop.key(rate_limit=RateLimit(100, 60))
    assert [shop.call(one).status_code for _ in range(4)][-1] == 429
    assert shop.call(other).status_code == 200
    answers = [shop.call(rich) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=100;w=60'


def test_a_session_counts_as_its_key(shop: Service) -> None:
    key = shop.key()
    shop.call(method="POST", path="/v1/session", json={"key": key})
    assert [shop.call().status_code for _ in range(2)] == [200, 200]
    assert [shop.call(key).status_code for _ in range(2)] == [200, 429]
    assert shop.call().status_code == 429


def test_refused_scopes_are_counted_and_open_paths_are_not(shop: Service) -> None:
    key = shop.key()
    assert [shop.call(key, "DELETE", "/v1/products/x").status_code for _ in range(4)] == [403, 403, 403, 429]
    answer = shop.call(key, path="/healthz")
    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers


def test_photos_have_a_limit_of_their_own(shop: Service) -> None:
    key = shop.key()
    photo = "/v1/products/x/images/front"
    answers = [shop.call(key, path=photo) for _ in range(3 * PHOTOS_TIMES + 1)]
    assert [answer.status_code for answer in answers] == [404] * 3 * PHOTOS_TIMES + [429]
    assert answers[0].headers["RateLimit-Policy"] == f'"photos";q={3 * PHOTOS_TIMES};w=3600'
    assert shop.call(key).status_code == 200


def test_on_loopback_only_keys_are_counted(service: Shop) -> None:
    shop = service(rate_limit="1/hour")
    assert {shop.call().status_code for _ in range(5)} == {200}
    key = shop.key()
    assert [shop.call(key).status_code for _ in range(2)] == [200, 429]


def test_an_empty_limit_is_none_but_for_keys_that_have_one(service: Shop) -> None:
    shop = service(auth="required", rate_limit="")
    key, bound = shop.key(), shop.key(rate_limit=RateLimit(1, 60))
    answers = [shop.call(key) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers
    assert [shop.call(bound).status_code for _ in range(2)] == [200, 429]


def test_where_no_keys_are_needed_addresses_are_counted(service: Shop) -> None:
    shop = service(auth="off", host="0.0.0.0", rate_limit="2/hour")
    here, there = ({"REMOTE_ADDR": address} for address in ("192.0.2.1", "2001:db8::1"))
    neighbour = {"REMOTE_ADDR": "2001:db8::2"}
    for overrides, status in ((here, 200), (here, 200), (here, 429), (there, 200), (neighbour, 200), (there, 429)):
        assert shop.call(environ_overrides=overrides).status_code == status


def test_the_address_is_the_clients_when_the_proxy_is_trusted(service: Shop) -> None:
    shop = service(auth="off", rate_limit="1/hour", trusted_proxies=1)
    for passed, status in (
        ("203.0.113.1", 200),
        ("203.0.113.1", 429),
        ("203.0.113.2", 200),
        ("9.9.9.9, 203.0.113.2", 429),
    ):
        assert shop.call(headers={"X-Forwarded-For": passed}).status_code == status
    plain = service(auth="off", rate_limit="1/hour")
    for passed, status in (("203.0.113.1", 200), ("203.0.113.2", 429)):
        assert plain.call(headers={"X-Forwarded-For": passed}).status_code == status


@pytest.mark.parametrize("way", ["header", "session"])
def test_wrong_keys_are_counted_by_address_and_right_ones_work_beside_them(service: Shop, way: str) -> None:
    shop = service(auth="required")
    key = shop.key()

    def guess(number: int) -> int:
        wrong = f"lk_0123456789ab_{number:043}"
        if way == "header":
            return shop.call(wrong).status_code
        return shop.call(method="POST", path="/v1/session", json={"key": wrong}).status_code

    assert {guess(number) for number in range(FAILURES.amount)} == {401}
    assert guess(1000) == 429
    assert shop.call(key).status_code == 200
    assert shop.call().status_code == 401, "no key is no wrong key"


def test_a_call_that_does_the_work_of_several_costs_as_much(service: Shop) -> None:
    shop = service(auth="required", rate_limit="10/hour")
    views = Blueprint("batch", __name__)

    @views.post("/v1/batch/<int:cost>")
    def batch(cost: int) -> str:
        charge(cost)
        return "done"

    shop.app.register_blueprint(views)
    key, other = shop.key(Scope.ADMIN), shop.key(Scope.ADMIN)
    first = shop.call(key, "POST", "/v1/batch/7")
    assert (first.status_code, first.headers["RateLimit"].split(";")[1]) == (200, "r=3")
    refused = shop.call(key, "POST", "/v1/batch/4")
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_requests")
    assert shop.call(key, "POST", "/v1/batch/2").status_code == 200
    never = shop.call(other, "POST", "/v1/batch/11")
    assert (never.status_code, never.json["code"]) == (400, "invalid_request")
    assert "costs 11 calls" in never.json["detail"]
