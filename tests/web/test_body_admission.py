"""A real server asks who somebody is before it takes in what they send."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import waitress
from keyed_service import Service
from waitress import wasyncore

from services.api_keys import Scope
from web.auth import before_bodies
from web.body_limits import SESSION_BYTES, limit_bodies
from web.rate_limits import FAILURES

LIMIT = 50_000
HUGE = 5 * 2**30
Serve = Callable[..., tuple[Service, int]]


@pytest.fixture
def serve(service: Callable[..., Service]) -> Iterator[Serve]:
    """Serves an app as `lookalike serve` does; gives it, and the port."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def start(**settings: Any) -> tuple[Service, int]:
        shop = service(**settings)
        sockets: dict[int, Any] = {}
        server = waitress.create_server(
            shop.app,
            map=sockets,
            host="127.0.0.1",
            port=0,
            max_request_body_size=2 * HUGE,
            clear_untrusted_proxy_headers=False,
        )
        limit_bodies(sockets, LIMIT, before_bodies(shop.app, shop.platform.settings.trusted_proxies))

        def run() -> None:
            # Not `server.run`: its sockets are to be closed by the thread that waits for them.
            while not over.is_set():
                wasyncore.loop(timeout=0.05, map=sockets, count=1)
            server.task_dispatcher.shutdown()
            wasyncore.close_all(sockets)

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        return shop, server.effective_port

    yield start
    over.set()
    for thread in threads:
        thread.join(10)


def ask(port: int, *head: str, body: bytes = b"") -> str:
    """Send a head and perhaps a body, and read what comes until the server is done with it, or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join((*head, "Host: localhost", "", "")).encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            received = connection.recv(65536)
            if not received:
                break
            answer += received
        connection.settimeout(1)
        try:
            while received := connection.recv(65536):
                answer += received
        except TimeoutError:
            pass
        return answer.decode()


UPLOAD = ("POST /v1/imports?name=a.csv HTTP/1.1", f"Content-Length: {HUGE}")


@pytest.mark.parametrize("more", [(), ("Expect: 100-continue",)])
def test_a_stranger_is_refused_before_a_byte_of_gigabytes_is_sent(serve: Serve, more: tuple[str, ...]) -> None:
    _, port = serve(auth="required")
    answer = ask(port, *UPLOAD, *more)
    assert answer.startswith("HTTP/1.1 401 ")
    assert '"code": "unauthenticated"' in answer
    assert "content-type: application/problem+json" in answer.lower()
    assert 'www-authenticate: bearer realm="lookalike"' in answer.lower()
    assert "connection: close" in answer.lower()
    assert "100 Continue" not in answer


def test_a_stranger_cannot_send_in_pieces_either(serve: Serve) -> None:
    _, port = serve(auth="required")
    answer = ask(port, "POST /v1/imports HTTP/1.1", "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n")
    assert answer.startswith("HTTP/1.1 401 ")


def test_a_client_that_sends_a_small_body_at_once_reads_why_it_is_refused(serve: Serve) -> None:
    _, port = serve(auth="required")
    for path in ("/v1/search", "/v1/imports"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", path, b"x" * (LIMIT - 1000))
        assert connection.getresponse().status == 401
        connection.close()


def test_what_follows_a_refused_head_is_not_taken_for_a_request(serve: Serve) -> None:
    _, port = serve(auth="required")
    inner = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = ask(port, "POST /v1/imports HTTP/1.1", f"Content-Length: {len(inner)}", body=inner)
    assert answer.count("HTTP/1.1 ") == 1
    assert answer.startswith("HTTP/1.1 401 ")


def test_a_key_that_may_not_write_sends_no_import(serve: Serve) -> None:
    shop, port = serve(auth="required")
    read, write = shop.key(), shop.key(Scope.WRITE)
    refused = ask(port, *UPLOAD, f"X-API-Key: {read}", "Expect: 100-continue")
    assert refused.startswith("HTTP/1.1 403 ")
    assert 'scope="write"' in refused
    assert read[16:] not in refused
    taken = ask(port, *UPLOAD, f"Authorization: Bearer {write}", "Expect: 100-continue")
    assert taken == "HTTP/1.1 100 Continue\r\n\r\n"


def test_a_body_that_is_too_large_is_not_asked_for(serve: Serve) -> None:
    _, port = serve()
    answer = ask(port, "POST /v1/search HTTP/1.1", f"Content-Length: {LIMIT + 1}", "Expect: 100-continue")
    assert answer.startswith("HTTP/1.1 413 ")


def test_a_session_needs_no_key_and_so_may_be_small_only(serve: Serve) -> None:
    shop, port = serve(auth="required")
    body = f'{{"key": "{shop.key()}"}}'.encode()
    head = ("POST /v1/session HTTP/1.1", "Content-Type: application/json")
    assert ask(port, *head, f"Content-Length: {len(body)}", body=body).startswith("HTTP/1.1 204 ")
    assert ask(port, *head, f"Content-Length: {SESSION_BYTES + 1}").startswith("HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "header", ["Origin: https://evil.example", "Host: evil.example", "X-Forwarded-For: 203.0.113.9"]
)
def test_a_strangers_page_is_refused_on_loopback_as_early(serve: Serve, header: str) -> None:
    _, port = serve()
    answer = ask(port, UPLOAD[0], header, UPLOAD[1])
    assert answer.split()[1] in ("401", "403")


def test_a_request_with_a_key_is_served_and_its_connection_lives_on(serve: Serve) -> None:
    shop, port = serve(auth="required")
    body = b'{"all": true}'
    head = ("POST /v1/failures/retry HTTP/1.1", "Content-Type: application/json", f"X-API-Key: {shop.key(Scope.WRITE)}")
    request = "\r\n".join((*head, f"Content-Length: {len(body)}", "Host: localhost", "", "")).encode() + body
    answer = ask(port, *head, f"Content-Length: {len(body)}", body=body + request)
    assert answer.count("HTTP/1.1 200 ") == 2


def test_wrong_keys_are_counted_whatever_comes_with_them(serve: Serve) -> None:
    shop, port = serve(auth="required", trusted_proxies=1)
    for number in range(FAILURES.amount):
        shop.call(f"lk_0123456789ab_{number:043}", headers={"X-Forwarded-For": "203.0.113.9"})
    wrong = f"X-API-Key: lk_0123456789ab_{0:043}"
    assert ask(port, *UPLOAD, wrong, "X-Forwarded-For: 10.0.0.1, 203.0.113.9").startswith("HTTP/1.1 429 ")
    assert ask(port, *UPLOAD, wrong, "X-Forwarded-For: 203.0.113.9, 203.0.113.10").startswith("HTTP/1.1 401 ")


def test_a_trusted_proxy_says_by_which_name_we_were_called(serve: Serve) -> None:
    _, port = serve(auth="off", trusted_proxies=1)
    origin, name = "Origin: https://shop.example", "X-Forwarded-Host: shop.example"
    assert ask(port, *UPLOAD, origin, name, "Expect: 100-continue").startswith("HTTP/1.1 100 ")
    assert ask(port, *UPLOAD, origin, "Expect: 100-continue").startswith("HTTP/1.1 403 ")


def test_a_database_that_hangs_does_not_hold_up_the_thread_that_reads(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, port = serve(auth="required")
    key, free = shop.key(Scope.WRITE), threading.Event()

    def hang() -> list[Any]:
        free.wait(60)
        return []

    monkeypatch.setattr(shop.platform.key_ring, "_load", hang)
    try:
        assert ask(port, *UPLOAD, f"X-API-Key: {key}").startswith("HTTP/1.1 503 ")
        assert ask(port, "GET /healthz HTTP/1.1").startswith("HTTP/1.1 200 ")
    finally:
        free.set()


def test_several_headers_and_a_huge_one(serve: Serve) -> None:
    shop, port = serve(auth="required")
    key = shop.key()
    twice = ("GET /v1/counts HTTP/1.1", f"Authorization: Bearer {key}", f"Authorization: Bearer {key}")
    assert ask(port, *twice).startswith("HTTP/1.1 401 ")
    assert ask(port, "GET /v1/counts HTTP/1.1", "X-API-Key: " + "x" * 2**18).startswith("HTTP/1.0 431 ")
