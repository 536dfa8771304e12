"""A real server refuses a large body before it takes it in, unless it is an import."""

import http.client
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import waitress
from waitress import wasyncore

from web.body_limits import limit_bodies

LIMIT, IMPORT_LIMIT = 10_000, 50_000


@pytest.fixture
def port() -> Iterator[int]:
    """A server whose app answers with the length of the body."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(len(body)).encode()]

    sockets: dict[int, Any] = {}
    server = waitress.create_server(app, map=sockets, host="127.0.0.1", port=0, max_request_body_size=IMPORT_LIMIT)
    limit_bodies(sockets, LIMIT)
    over = threading.Event()

    def run() -> None:
        # Not `server.run`: its sockets are to be closed by the thread that waits for them.
        while not over.is_set():
            wasyncore.loop(timeout=0.05, map=sockets, count=1)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield server.effective_port
    over.set()
    thread.join(10)


def send(port: int, method: str, path: str, body: bytes, chunked: bool = False) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        content = iter([body]) if chunked else body
        connection.request(method, path, content, encode_chunked=chunked)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_each_path_has_its_limit(port: int, chunked: bool) -> None:
    assert send(port, "POST", "/v1/search", b"x" * (LIMIT - 100), chunked) == 200
    assert send(port, "POST", "/v1/search", b"x" * (LIMIT + 1), chunked) == 413
    assert send(port, "PUT", "/v1/imports", b"x" * (LIMIT + 1), chunked) == 413
    assert send(port, "POST", "/v1/imports/../search", b"x" * (LIMIT + 1), chunked) == 413
    assert send(port, "POST", "/v1/imports?name=a.csv", b"x" * (IMPORT_LIMIT - 100), chunked) == 200
    assert send(port, "POST", "/v1/imports", b"x" * (IMPORT_LIMIT + 1), chunked) == 413


def test_a_head_alone_is_enough_to_be_refused(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("POST", "/v1/search")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
