"""Which other sites' pages may call, and what browsers are told not to do."""

from collections.abc import Callable

import pytest
from keyed_service import Service

Shop = Callable[..., Service]
FRIEND, STRANGER = "https://friend.example", "https://evil.example"
ALLOW = "Access-Control-Allow-Origin"


def preflight(shop: Service, origin: str, method: str = "PUT", path: str = "/v1/products/x"):
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization, content-type"}
    return shop.call(method="OPTIONS", path=path, headers={"Origin": origin, **asked})


def test_without_a_list_no_page_may(service: Shop) -> None:
    shop = service(auth="required")
    assert ALLOW not in preflight(shop, FRIEND).headers
    assert ALLOW not in shop.call(shop.key(), headers={"Origin": FRIEND}).headers


def test_a_page_on_the_list_may_and_others_may_not(service: Shop) -> None:
    shop = service(auth="required", cors_origins=[FRIEND])
    asked = preflight(shop, FRIEND)
    assert asked.status_code == 200, "a preflight has no key"
    assert asked.headers[ALLOW] == FRIEND
    assert "PUT" in asked.headers["Access-Control-Allow-Methods"]
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"].lower()
    answer = shop.call(shop.key(), headers={"Origin": FRIEND})
    assert (answer.status_code, answer.headers[ALLOW]) == (200, FRIEND)
    for origin in (STRANGER, "null", FRIEND + ".evil.example", FRIEND.replace("https", "http"), FRIEND + ":8443"):
        assert ALLOW not in preflight(shop, origin).headers
        assert ALLOW not in shop.call(shop.key(), headers={"Origin": origin}).headers


def test_cookies_never_go_along_and_what_pages_may_see_is_named(service: Shop) -> None:
    shop = service(auth="required", cors_origins=[FRIEND])
    for answer in (preflight(shop, FRIEND), shop.call(shop.key(), headers={"Origin": FRIEND})):
        assert "Access-Control-Allow-Credentials" not in answer.headers
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert {name.strip() for name in exposed.split(",")} == {"RateLimit", "RateLimit-Policy", "Retry-After", "Location"}


def test_a_page_can_read_why_it_was_refused(service: Shop) -> None:
    shop = service(auth="required", cors_origins=[FRIEND], rate_limit="1/hour")
    key = shop.key()
    statuses = {}
    for sent in (None, key, key):
        answer = shop.call(sent, headers={"Origin": FRIEND})
        statuses[answer.status_code] = answer.headers.get(ALLOW)
    assert statuses == {401: FRIEND, 200: FRIEND, 429: FRIEND}


def test_every_page_may_where_that_was_said(service: Shop) -> None:
    shop = service(auth="required", cors_origins=["*"])
    assert shop.call(shop.key(), headers={"Origin": STRANGER}).headers[ALLOW] == "*"


def test_answers_differ_by_origin_and_caches_are_told(service: Shop) -> None:
    shop = service(cors_origins=[FRIEND, "https://other.example"])
    assert "Origin" in shop.call(headers={"Origin": FRIEND}).headers.get("Vary", "")


def test_the_page_itself_is_not_for_others(service: Shop) -> None:
    shop = service(cors_origins=["*"])
    for path in ("/", "/healthz", "/static/icon.svg"):
        assert ALLOW not in shop.call(path=path, headers={"Origin": STRANGER}, buffered=True).headers


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/counts", "/v1/nothing", "/static/icon.svg"])
def test_browsers_are_told_what_not_to_do(service: Shop, path: str) -> None:
    headers = service().call(path=path, buffered=True).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_hold_nothing_that_the_policy_forbids(service: Shop, path: str) -> None:
    page = service().call(path=path).get_data(as_text=True)
    for inline in ("<style", " style=", " onclick=", " onload=", "javascript:"):
        assert inline not in page
    assert page.count("<script") == page.count('<script type="module" src=') + page.count("<script src=")


def test_data_is_kept_nowhere_and_files_are(service: Shop) -> None:
    shop = service()
    assert shop.call().headers["Cache-Control"] == "no-store"
    assert shop.call(path="/v1/nothing").headers["Cache-Control"] == "no-store"
    assert "no-store" not in shop.call(path="/static/icon.svg", buffered=True).headers.get("Cache-Control", "")


def test_photos_may_be_shown_elsewhere_only_where_other_sites_may_call(service: Shop) -> None:
    assert service(cors_origins=[FRIEND]).call().headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_https_is_insisted_on_only_behind_https(service: Shop) -> None:
    shop = service()
    assert "Strict-Transport-Security" not in shop.call(headers={"X-Forwarded-Proto": "https"}).headers
    assert "max-age" in shop.call(base_url="https://localhost").headers["Strict-Transport-Security"]
    behind = service(trusted_proxies=1, auth="off")
    assert "max-age" in behind.call(headers={"X-Forwarded-Proto": "https"}).headers["Strict-Transport-Security"]
