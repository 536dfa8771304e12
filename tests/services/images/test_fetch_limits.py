"""Servers that misbehave: each photo is fetched within one size and one time."""

import gzip
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from photo_server import PhotoServer, Talk, answer, forever, raw

from services.errors import HostAway, ImageTooLarge, UnreachableUrl
from services.images import FetchLimits, ImageFetcher
from services.images.fetch import MAX_CONNECTIONS

Make = Callable[..., ImageFetcher]
PHOTO = b"\xff\xd8\xff" + os.urandom(50_000)
QUICK = FetchLimits(max_bytes=100_000, timeout_s=0.6)


@pytest.mark.parametrize(
    "talk",
    [
        forever(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 8192, 0),
        forever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2000\r\n" + b"x" * 8192 + b"\r\n", 0),
        forever(b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n", b"", 1),
        forever(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", b"", 1),
        answer(b"x" * 100_001),
    ],
    ids=["until-closed", "chunked", "announced", "announced-huge", "just-over"],
)
def test_no_more_than_the_limit_is_taken(server: PhotoServer, make: Make, talk: Talk) -> None:
    with pytest.raises(ImageTooLarge, match="/a: over 100,000 bytes"):
        make().fetch(server.url("/a", talk))


def test_as_much_as_the_limit_is_taken(server: PhotoServer, make: Make) -> None:
    assert len(make().fetch(server.url("/a", answer(b"x" * 100_000)))) == 100_000


def test_a_body_shorter_than_announced_is_no_photo(server: PhotoServer, make: Make) -> None:
    with pytest.raises(HostAway, match="broke off"):
        make().fetch(server.url("/a", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + PHOTO[:1000])))


def test_of_a_body_longer_than_announced_only_that_is_taken(server: PhotoServer, make: Make) -> None:
    talk = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + PHOTO)
    assert make().fetch(server.url("/a", talk)) == PHOTO[:1000]


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "deflate"])
def test_compressed_bodies_are_refused_unread(server: PhotoServer, make: Make, encoding: str) -> None:
    bomb = gzip.compress(bytes(20_000_000))
    with pytest.raises(UnreachableUrl, match=f"sent as '{encoding}'"):
        make().fetch(server.url("/a", answer(bomb, Content_Encoding=encoding)))


@pytest.mark.parametrize("encoding", ["identity", "aws-chunked"])
def test_encodings_that_change_nothing_are_none(server: PhotoServer, make: Make, encoding: str) -> None:
    assert make().fetch(server.url("/a", answer(PHOTO, Content_Encoding=encoding))) == PHOTO


# Time


@pytest.mark.parametrize(
    "talk",
    [
        forever(b"", b"", 1),
        forever(b"HTTP/1.1 200 OK\r\n", b"X", 0.02),
        forever(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 0.02),
        forever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.02),
        forever(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.02),
        forever(b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n", b"x", 0.02),
        forever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.02),
        forever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x", 0.02),
    ],
    ids=["silence", "header", "headers", "hints", "body", "announced-body", "chunks", "chunk-extension"],
)
def test_drips_end_with_the_time(server: PhotoServer, make: Make, talk: Talk) -> None:
    started = time.monotonic()
    with pytest.raises(HostAway, match=r"/a: no photo came within 0.6 s"):
        make(QUICK).fetch(server.url("/a", talk))
    assert 0.5 < time.monotonic() - started < 10


@pytest.mark.parametrize(
    "talk",
    [
        raw(),
        raw(b"HTTP/1.1 2"),
        raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n"),
    ],
    ids=["hung-up", "cut", "ssh", "digits", "two-lengths", "bad-chunk", "long-header"],
)
def test_what_is_no_http_may_pass(server: PhotoServer, make: Make, talk: Talk) -> None:
    with pytest.raises(HostAway, match="broke off or is not HTTP"):
        make().fetch(server.url("/a", talk))


def test_a_closed_port_and_a_reset_may_pass(server: PhotoServer, make: Make) -> None:
    def reset(sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()

    fetcher, url = make(), server.url("/a", reset)
    with pytest.raises(HostAway):
        fetcher.fetch(url)
    server.close()
    with pytest.raises(HostAway, match="no connection"):
        fetcher.fetch(url)


def test_each_thread_has_its_own_time(server: PhotoServer, make: Make) -> None:
    slow = server.url("/slow", forever(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05))
    fast = server.url("/fast", answer(PHOTO))
    fetcher = make(FetchLimits(100_000, timeout_s=2))

    def fetch(number: int) -> bytes | str:
        try:
            return fetcher.fetch(slow if number % 4 == 0 else fast)
        except HostAway:
            return "away"

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(fetch, range(64))) == ["away", PHOTO, PHOTO, PHOTO] * 16


def test_no_more_connections_than_allowed(server: PhotoServer, make: Make) -> None:
    url = server.url("/a", forever(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05))
    fetcher = make(FetchLimits(1000, timeout_s=1.5))
    with ThreadPoolExecutor(MAX_CONNECTIONS + 8) as threads:
        running = [threads.submit(fetcher.fetch, url) for _ in range(MAX_CONNECTIONS + 8)]
        time.sleep(0.8)
        assert server.connections == MAX_CONNECTIONS
    assert {type(future.exception()) for future in running} == {HostAway}
