"""Who may call what: keys in headers, sessions in cookies, nobody in particular, and strangers' pages."""

import io
import logging
import time
from collections.abc import Callable

import pytest
from flask import Flask
from keyed_service import Service

from services.api_keys import Scope
from services.errors import Unavailable
from web.gate import Access, access
from web.scopes import OPEN, SCOPES, scope_of

Shop = Callable[..., "Service"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Access.LOOPBACK),
        ({"host": "::1"}, Access.LOOPBACK),
        ({"host": "localhost"}, Access.LOOPBACK),
        ({"host": "127.9.9.9"}, Access.LOOPBACK),
        ({"host": "0.0.0.0"}, Access.KEYS),
        ({"host": "::"}, Access.KEYS),
        ({"host": ""}, Access.KEYS),
        ({"host": "*"}, Access.KEYS),
        ({"host": "shop.example"}, Access.KEYS),
        ({"host": "127.0.0.1.example"}, Access.KEYS),
        ({"host": "127.0.0.1 ::"}, Access.KEYS),
        ({"trusted_proxies": 1}, Access.KEYS),
        ({"auth": "required"}, Access.KEYS),
        ({"auth": "off", "host": "0.0.0.0"}, Access.OPEN),
    ],
)
def test_keys_are_needed_wherever_others_may_call(service: Shop, settings: dict, expected: Access) -> None:
    assert access(service(**settings).platform.settings) is expected


def test_every_route_declares_its_scope(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints - OPEN - SCOPES.keys() == set(), "name them in web/scopes.py"
    assert (OPEN | SCOPES.keys()) - endpoints == set(), "web/scopes.py names what there is not"
    assert scope_of("never.heard.of") is Scope.ADMIN


def test_what_changes_something_needs_more_than_read(app: Flask) -> None:
    reading = {"search.search", "search.batch", "classify.classify"}
    for rule in app.url_map.iter_rules():
        changes = {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())
        if changes and rule.endpoint not in OPEN | reading:
            assert scope_of(rule.endpoint) in (Scope.WRITE, Scope.ADMIN), rule


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/icon.svg"])
def test_what_is_no_secret_is_open(service: Shop, path: str) -> None:
    assert service(auth="required").call(path=path, buffered=True).status_code == 200


def test_without_a_key_the_answer_says_how_to_send_one(service: Shop) -> None:
    answer = service(auth="required").call()
    assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="lookalike"'
    assert "lookalike keys create" in answer.json["detail"]


@pytest.mark.parametrize("head", ["Authorization: Bearer {}", "Authorization: bearer  {}", "X-API-Key: {}"])
def test_a_key_is_taken_from_either_header(service: Shop, head: str) -> None:
    shop = service(auth="required")
    name, _, value = head.partition(": ")
    assert shop.call(headers={name: value.format(shop.key())}).status_code == 200


def test_another_schemes_password_is_not_a_key(service: Shop) -> None:
    password = {"Authorization": "Basic dXNlcjpwYXNz"}
    assert service().call(headers=password).status_code == 200
    shop = service(auth="required")
    assert shop.call(headers=password).status_code == 401
    assert shop.call(headers=password | {"X-API-Key": shop.key()}).status_code == 200


@pytest.mark.parametrize(
    ("scope", "read", "write", "drop"),
    [(Scope.READ, 200, 403, 403), (Scope.WRITE, 200, 204, 403), (Scope.ADMIN, 200, 204, 200)],
)
def test_a_key_may_do_what_its_scope_says(service: Shop, scope: Scope, read: int, write: int, drop: int) -> None:
    shop = service(auth="required")
    key = shop.key(scope)
    assert shop.call(key).status_code == read
    assert shop.call(key, "DELETE", "/v1/products/x").status_code in (write, 404 if write == 204 else write)
    assert shop.call(key, "POST", "/v1/failures/drop", json={"all": True}).status_code == drop


def test_a_missing_scope_is_named(service: Shop) -> None:
    shop = service(auth="required")
    answer = shop.call(shop.key(), "DELETE", "/v1/products/x")
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert "needs the scope write" in answer.json["detail"]
    assert 'error="insufficient_scope", scope="write"' in answer.headers["WWW-Authenticate"]


SECRET = "S" * 43
HOSTILE = [
    "",
    "x",
    "lk_0123456789ab_" + SECRET,
    "lk_0123456789ab_" + SECRET + ", Bearer lk_0123456789ab_" + SECRET,
    "lk_0123456789ab_S\0" + SECRET[2:],
    "lk_" + SECRET * 25_000,
    "lk_0123456789ab_" + "é" * 43,
    "lk_0123456789ab_" + SECRET + ";--",
    "lk_' OR 1=1 --_" + SECRET,
    "\udcff\udcfe",
]


@pytest.mark.parametrize("on_loopback", [False, True])
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:25]))
def test_what_is_not_a_valid_key_is_refused_everywhere_and_not_repeated(
    service: Shop, text: str, on_loopback: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shop = service() if on_loopback else service(auth="required")
    # Straight into the environment, past what a client would refuse to send.
    environ = {"HTTP_X_API_KEY": text.encode("utf-8", "surrogateescape").decode("latin-1")}
    answer = shop.client.get("/v1/counts", environ_overrides=environ)
    assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert "SSSSS" not in answer.get_data(as_text=True) + caplog.text


def test_a_right_id_with_a_wrong_secret_is_refused(service: Shop) -> None:
    shop = service(auth="required")
    key = shop.key()
    for wrong in (key[:-1] + ("A" if key[-1] != "A" else "B"), key[:16] + SECRET, key + "x", key[:-1], key.upper()):
        assert shop.call(wrong).status_code == 401, wrong
    assert shop.call(key).status_code == 200


def test_an_unknown_id_and_a_wrong_secret_are_told_alike(service: Shop) -> None:
    shop = service(auth="required")
    unknown, wrong = shop.call("lk_0123456789ab_" + SECRET), shop.call(shop.key()[:16] + SECRET)
    assert unknown.json == wrong.json
    assert unknown.headers["WWW-Authenticate"] == wrong.headers["WWW-Authenticate"]


def test_several_keys_at_once_are_refused_unless_they_are_one(service: Shop) -> None:
    shop = service(auth="required")
    one, other = shop.key(), shop.key()
    assert shop.call(one, headers={"X-API-Key": one}).status_code == 200
    assert shop.call(one, headers={"X-API-Key": other}).status_code == 401
    assert shop.call(f"{one}, Bearer {one}").status_code == 401


def test_a_revoked_and_an_expired_key_are_refused(service: Shop) -> None:
    shop = service(auth="required")
    revoked, expired = shop.key(), shop.key(lasts_s=0.01)
    shop.platform.api_keys.revoke(revoked[3:15])
    time.sleep(0.02)
    assert shop.call(revoked).status_code == 401
    assert shop.call(expired).status_code == 401


def test_a_key_on_loopback_has_its_own_rights_and_nobody_has_all(service: Shop) -> None:
    shop = service()
    assert shop.call(method="DELETE", path="/v1/products/x").status_code in (204, 404)
    assert shop.call(shop.key(), "DELETE", "/v1/products/x").status_code == 403


def test_while_the_database_is_away_a_key_cannot_be_told_and_that_is_no_401(service: Shop, monkeypatch) -> None:
    shop = service(auth="required")
    key = shop.key()

    def away() -> list:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(shop.platform.key_ring, "_load", away)
    answer = shop.call(key, path="/v1/imports")
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"]


def test_strangers_are_not_told_why_it_is_not_ready(service: Shop, monkeypatch) -> None:
    def away() -> None:
        raise Unavailable("no answer from 10.0.0.5")

    for settings, told in (({"auth": "required"}, False), ({}, True)):
        shop = service(**settings)
        key = shop.key()
        monkeypatch.setattr(shop.platform.database, "check", away)
        answer = shop.call(path="/readyz")
        assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
        assert ("10.0.0.5" in answer.json["detail"]) == told
        assert answer.headers["Retry-After"]
        assert "10.0.0.5" in shop.call(key, path="/readyz").json["detail"]


def test_unknown_paths_and_methods_are_told_as_ever(service: Shop) -> None:
    shop = service(auth="required")
    assert shop.call(path="/v1/nothing").status_code == 404
    assert shop.call(method="PUT").status_code == 405


def test_off_is_said_aloud_where_others_may_call(service: Shop, caplog: pytest.LogCaptureFixture) -> None:
    service(auth="off")
    assert "LOOKALIKE_AUTH=off" not in caplog.text
    assert service(auth="off", host="0.0.0.0").call().status_code == 200
    assert "LOOKALIKE_AUTH=off: everybody who reaches 0.0.0.0" in caplog.text


class TestStrangersPages:
    """A service on loopback, and a page of another site in its user's browser."""

    @pytest.mark.parametrize(
        ("host", "status"),
        [("localhost:8000", 200), ("127.0.0.1", 200), ("[::1]:8000", 200), ("shop.lan:8000", 200),
         ("evil.example", 403), ("evil.example:8000", 403), ("localhost.evil.example", 403),
         ("127.0.0.1.evil.example", 403), ("evil@localhost", 403), ("a b", 403), ("[::1", 403)],
    )  # fmt: skip
    def test_a_name_that_was_made_to_lead_here_is_refused(self, service: Shop, host: str, status: int) -> None:
        shop = service(allowed_hosts=["Shop.lan"])
        assert shop.client.get("/v1/counts", environ_overrides={"HTTP_HOST": host}).status_code == status

    def test_with_a_key_any_name_will_do(self, service: Shop) -> None:
        shop = service()
        assert shop.call(shop.key(), headers={"Host": "shop.example"}).status_code == 200

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 202),
            ({"Origin": "http://localhost"}, 202),
            ({"Origin": "https://localhost"}, 202),
            ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 202),
            ({"Sec-Fetch-Site": "none"}, 202),
            ({"Origin": "https://friend.example", "Sec-Fetch-Site": "cross-site"}, 202),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
            ({"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": "http://localhost:3000"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
        ],
    )
    def test_a_form_of_another_site_cannot_write(self, service: Shop, headers: dict, status: int) -> None:
        shop = service(cors_origins=["https://friend.example"])
        # What a browser sends for any page, without asking first.
        form = {"file": (io.BytesIO(b"id,title,image\n1,x,a.jpg\n"), "a.csv")}
        answer = shop.call(method="POST", path="/v1/imports", data=form, headers=headers)
        assert answer.status_code == status, answer.json
        assert shop.call(method="GET", headers=headers).status_code == 200, "reading is what CORS is there for"

    def test_a_proxy_that_nobody_told_us_of_makes_nobody_trusted(self, service: Shop) -> None:
        for header in ("X-Forwarded-For", "Forwarded"):
            answer = service().call(headers={header: "203.0.113.9"})
            assert answer.status_code == 401
            assert "LOOKALIKE_AUTH=off" in answer.json["detail"]
            assert service(auth="off").call(headers={header: "203.0.113.9"}).status_code == 200
