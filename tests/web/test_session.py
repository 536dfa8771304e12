"""The page's cookie: a session that stands for a key, reads only, and ends with it."""

import math
from collections.abc import Callable
from contextlib import closing

import pytest
from fakes import InlineQueue, platform_of_fakes
from keyed_service import Service

from services.api_keys import Scope
from web.app import create_app
from web.gate import COOKIE, SESSION_S

Shop = Callable[..., Service]
SECRET = "S" * 43


@pytest.fixture
def shop(service: Shop) -> Service:
    return service(auth="required")


def begin(shop: Service, key: str, **options: object):
    return shop.call(method="POST", path="/v1/session", json={"key": key}, **options)


def test_a_cookie_stands_for_a_key_and_reads_only(shop: Service) -> None:
    answer = begin(shop, shop.key(Scope.ADMIN))
    assert answer.status_code == 204
    assert shop.call().status_code == 200
    refused = shop.call(method="DELETE", path="/v1/products/x", headers={"Origin": "http://localhost"})
    assert (refused.status_code, refused.json["code"]) == (403, "forbidden")


def test_the_cookie_keeps_to_itself(shop: Service) -> None:
    key = shop.key()
    cookie = begin(shop, key).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert f"Max-Age={SESSION_S}" in cookie
    assert "Secure" not in cookie
    assert key[16:] not in cookie
    secure = begin(shop, key, base_url="https://localhost")
    assert "Secure" in secure.headers["Set-Cookie"]


def test_it_ends_when_told_when_its_time_is_over_and_when_its_key_does(shop: Service, monkeypatch) -> None:
    key = shop.key()
    begin(shop, key)
    ended = shop.call(method="DELETE", path="/v1/session")
    assert ended.status_code == 204
    assert shop.call().status_code == 401
    begin(shop, key)
    with monkeypatch.context() as patched:
        patched.setattr("web.gate.SESSION_S", -1)
        assert shop.call().status_code == 401
    assert shop.call().status_code == 200
    shop.platform.api_keys.revoke(key[3:15])
    shop.platform.key_ring._loaded_at = shop.platform.key_ring._retry_at = -math.inf
    assert shop.call().status_code == 401


@pytest.mark.parametrize("change", ["id", "signature", "time", "empty", "key", "junk"])
def test_a_cookie_that_we_did_not_make_is_nothing(shop: Service, change: str) -> None:
    key, other = shop.key(), shop.key()
    begin(shop, key)
    value = shop.client.get_cookie(COOKIE).value  # type: ignore[union-attr]
    key_id, moment, signature = value.split(".")
    forged = {
        "id": f"{other[3:15]}.{moment}.{signature}",
        "signature": f"{key_id}.{moment}.{signature[::-1]}",
        "time": f"{key_id}.{moment[:-1]}A.{signature}" if moment[-1] != "A" else f"{key_id}.B.{signature}",
        "empty": "",
        "key": key,
        "junk": "\x01" * 5000,
    }[change]
    shop.client.delete_cookie(COOKIE)
    answer = shop.client.get("/v1/counts", environ_overrides={"HTTP_COOKIE": f"{COOKIE}={forged}"})
    assert answer.status_code == 401


def test_the_cookies_value_is_no_key(shop: Service) -> None:
    begin(shop, shop.key())
    value = shop.client.get_cookie(COOKIE).value  # type: ignore[union-attr]
    shop.client.delete_cookie(COOKIE)
    assert shop.call(value).status_code == 401
    assert shop.call(headers={"X-API-Key": value}).status_code == 401


def test_another_process_knows_the_session(shop: Service) -> None:
    begin(shop, shop.key())
    value = shop.client.get_cookie(COOKIE).value  # type: ignore[union-attr]
    with closing(platform_of_fakes(shop.platform.settings.data_dir, auth="required", rate_limit="")) as platform:
        other = create_app(platform, InlineQueue(platform)).test_client()  # type: ignore[arg-type]
        other.set_cookie(COOKIE, value)
        assert other.get("/v1/counts").status_code == 200


def test_a_wrong_key_gets_no_cookie_and_is_not_repeated(shop: Service) -> None:
    for body in ({"key": "lk_0123456789ab_" + SECRET}, {"key": SECRET}, {"key": SECRET * 50}, {"key": 5}, {}):
        answer = shop.call(method="POST", path="/v1/session", json=body)
        assert answer.status_code in (400, 401)
        assert "Set-Cookie" not in answer.headers
        assert "SSSSS" not in answer.get_data(as_text=True)


def test_another_sites_page_cannot_begin_one(shop: Service) -> None:
    assert begin(shop, shop.key(), headers={"Origin": "https://evil.example"}).status_code == 403


def test_on_loopback_a_session_takes_no_rights_away(service: Shop) -> None:
    shop = service()
    begin(shop, shop.key())
    assert shop.call(method="POST", path="/v1/failures/drop", json={"all": True}).status_code == 200


def test_on_loopback_a_stale_cookie_keeps_nobody_out(service: Shop) -> None:
    shop = service()
    shop.client.set_cookie(COOKIE, "0123456789ab.x.y")
    assert shop.call().status_code == 200
