"""Fetching from a real server that misbehaves in every way: each photo within one deadline and one size."""

import gzip
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from photo_server import PhotoServer, Talk, answer

from services.errors import BlockedAddress, HostAway, ImageTooLarge, UnreachableUrl
from services.images import FetchLimits, ImageFetcher
from services.images.addresses import Resolver, resolve
from services.images.fetch import MAX_CONNECTIONS

PHOTO = b"\xff\xd8\xff" + os.urandom(50_000)
LIMITS = FetchLimits(max_bytes=100_000, timeout_s=20)
QUICK = FetchLimits(max_bytes=100_000, timeout_s=0.6)
Make = Callable[..., ImageFetcher]


@pytest.fixture
def make(server: PhotoServer) -> Iterator[Make]:
    """Makes fetchers that may ask the server by its address and as photos.test, and public hosts."""
    made: list[ImageFetcher] = []

    def fetcher(limits: FetchLimits = LIMITS, resolve: Resolver = resolve, private: bool = True) -> ImageFetcher:
        ours = [server.host, f"photos.test:{server.port}"]
        made.append(ImageFetcher(["*", f"*:{server.port}", *ours], ours if private else [], limits, resolve))
        return made[-1]

    yield fetcher
    for each in made:
        each.close()


def raw(*parts: bytes, pause_s: float = 0.0) -> Talk:
    """Says `parts`, with pauses between them, and hangs up."""

    def talk(sock: socket.socket) -> None:
        for part in parts:
            sock.sendall(part)
            time.sleep(pause_s)
        sock.shutdown(socket.SHUT_RDWR)

    return talk


def forever(head: bytes, part: bytes, pause_s: float) -> Talk:
    """Says `head`, and then `part` again and again."""

    def talk(sock: socket.socket) -> None:
        sock.sendall(head)
        while True:
            sock.sendall(part)
            time.sleep(pause_s)

    return talk


def test_a_photo_is_fetched_and_only_what_is_needed_is_said(server: PhotoServer, make: Make) -> None:
    server.routes["/a/b%20c.jpg?w=1&h=2"] = answer(PHOTO)
    assert make().fetch(server.url("/a/b c.jpg?w=1&h=2#top")) == PHOTO
    head = server.requests[0]
    assert head.startswith("GET /a/b%20c.jpg?w=1&h=2 HTTP/1.1\r\n")
    names = [line.split(":")[0] for line in head.split("\r\n")[1:-2]]
    assert names == ["Host", "User-Agent", "Accept", "Accept-Encoding"]
    assert f"Host: {server.host}\r\n" in head
    assert "User-Agent: Lookalike/" in head
    assert "Accept-Encoding: identity\r\n" in head


def test_connections_are_kept_and_no_cookie_is(server: PhotoServer, make: Make) -> None:
    url = server.url("/a", answer(PHOTO, Set_Cookie="id=1; Path=/"))
    fetcher = make()
    assert [fetcher.fetch(url) for _ in range(3)] == [PHOTO] * 3
    assert server.connections == 1
    assert not any("cookie" in head.lower() for head in server.requests)


def test_proxies_of_the_environment_are_not_asked(
    server: PhotoServer, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert make().fetch(server.url("/a", answer(PHOTO))) == PHOTO


@pytest.mark.parametrize("status", [404, 410, 400, 401, 403, 418, 451, 201, 204, 206, 300, 304])
def test_answers_without_a_photo_are_permanent(server: PhotoServer, make: Make, status: int) -> None:
    with pytest.raises(UnreachableUrl, match=f"/a: the host answered {status}"):
        make().fetch(server.url("/a", answer(b"sorry" if status >= 400 else b"", f"{status} Sorry")))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 507])
def test_answers_that_pass_are_host_away(server: PhotoServer, make: Make, status: int) -> None:
    with pytest.raises(HostAway, match=f"/a: the host answered {status}"):
        make().fetch(server.url("/a", answer(b"sorry", f"{status} Later")))


@pytest.mark.parametrize("body", [b"", b"<!doctype html><p>Not found", b'\r\n {"error": 404}', b"<svg/>"])
def test_pages_are_no_photos(server: PhotoServer, make: Make, body: bytes) -> None:
    with pytest.raises(UnreachableUrl, match=r"not a photo but .* bytes of text/html"):
        make().fetch(server.url("/a", answer(body, Content_Type="text/html")))


# Redirects


@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P"])
@pytest.mark.parametrize("location", ["/photo", "photo", "//{host}/photo", "http://{host}/photo", "?x=1#y", "{named}"])
def test_redirects_are_followed(server: PhotoServer, make: Make, status: str, location: str) -> None:
    where = location.format(host=server.host, named=f"http://photos.test:{server.port}/photo")
    server.routes |= {"/photo": answer(PHOTO), "/a?x=1": answer(PHOTO)}
    fetcher = make(resolve=lambda host, port: ["127.0.0.1"])
    assert fetcher.fetch(server.url("/a", answer(b"moved", status, Location=where))) == PHOTO


def test_a_redirect_is_the_same_url_for_the_size_and_the_clock(server: PhotoServer, make: Make) -> None:
    slow = lambda sock: (time.sleep(0.25), answer(b"", "302 F", Location="/a")(sock))  # noqa: E731
    started = time.monotonic()
    with pytest.raises(HostAway, match=r"within 0.6 s"):
        make(FetchLimits(1000, timeout_s=0.6, max_redirects=20)).fetch(server.url("/a", slow))
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("location", ["/a", "", None])
def test_redirects_in_circles_end(server: PhotoServer, make: Make, location: str | None) -> None:
    headers = {} if location is None else {"Location": location}
    with pytest.raises(UnreachableUrl, match="still redirected after 3 redirects"):
        make().fetch(server.url("/a", answer(b"", "302 F", **headers)))
    assert len(server.requests) == 4


def test_as_many_redirects_as_allowed_and_no_more(server: PhotoServer, make: Make) -> None:
    for step in range(3):
        server.routes[f"/{step}"] = answer(b"", "302 F", Location=f"/{step + 1}")
    server.routes["/3"] = answer(PHOTO)
    assert make(FetchLimits(100_000, max_redirects=3)).fetch(server.url("/0")) == PHOTO
    with pytest.raises(UnreachableUrl):
        make(FetchLimits(100_000, max_redirects=2)).fetch(server.url("/0"))


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "//10.0.0.1/a.jpg",
        "http://inner.test/",
        "http://photos.test:6379/",
        "file:///etc/passwd",
        "ftp://photos.test/a.jpg",
        "gopher://photos.test/",
        "http://ann:secret@photos.test/",
        "http://photos.test\\@127.0.0.1/",
        "http://[::1",
        "http://\xe9\xff/",
        "https://",
    ],
)
def test_redirects_lead_nowhere_that_a_url_may_not(server: PhotoServer, make: Make, location: str) -> None:
    talk = raw(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))
    fetcher = make(resolve=lambda host, port: ["10.0.0.1" if host == "inner.test" else "127.0.0.1"])
    with pytest.raises(BlockedAddress) as caught:
        fetcher.fetch(server.url("/a", talk))
    assert "secret" not in str(caught.value)
    assert server.connections == 1


# Sizes


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
    assert 0.5 < time.monotonic() - started < 3


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


# Names


def test_a_name_is_looked_up_once_and_what_was_checked_is_asked(server: PhotoServer, make: Make) -> None:
    """DNS rebinding: the second answer would be another machine, here one that is not even listening."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    assert make(resolve=lambda host, port: next(answers)).fetch(_named(server)) == PHOTO
    assert next(answers) == ["127.0.0.2"], "and nobody asked for it"


@pytest.mark.parametrize("answer", ["127.0.0.1", "::ffff:127.0.0.1", "::1", "169.254.169.254", "fe80::1%1", "odd"])
def test_a_name_with_any_private_address_is_not_asked(server: PhotoServer, make: Make, answer: str) -> None:
    for answers in ([answer], ["93.184.216.34", answer]):
        with pytest.raises(BlockedAddress, match=r"photos.test.*add photos.test:\d+ to LOOKALIKE_PRIVATE"):
            make(resolve=lambda host, port, answers=answers: answers, private=False).fetch(_named(server))
    assert server.connections == 0


def test_a_public_name_is_asked_at_just_the_address_that_was_checked(server: PhotoServer, make: Make) -> None:
    """The first answer is public, and passes; were the name looked up again to connect, it would be ours."""
    answers: Iterator[Sequence[str]] = iter([["93.184.216.34"], ["127.0.0.1"]])
    refused = patch("socket.create_connection", side_effect=ConnectionRefusedError())
    with refused as connect, pytest.raises(HostAway):
        make(resolve=lambda host, port: next(answers), private=False).fetch(_named(server))
    assert [call.args[0] for call in connect.call_args_list] == [("93.184.216.34", server.port)]


def test_a_kept_connection_needs_no_second_look(server: PhotoServer, make: Make) -> None:
    answers = iter([["127.0.0.1"]])
    fetcher = make(resolve=lambda host, port: next(answers))
    assert [fetcher.fetch(_named(server)) for _ in range(2)] == [PHOTO, PHOTO]


def test_the_next_address_is_tried(server: PhotoServer, make: Make) -> None:
    assert make(resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"]).fetch(_named(server)) == PHOTO


def test_a_slow_name_server_ends_with_the_time(server: PhotoServer, make: Make) -> None:
    done = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        done.wait(20)
        return []

    started = time.monotonic()
    with pytest.raises(HostAway, match=r"within 0.6 s"):
        make(QUICK, resolve=slow).fetch(_named(server))
    assert time.monotonic() - started < 3
    done.set()


@pytest.mark.parametrize(
    ("number", "kind"),
    [(socket.EAI_NONAME, UnreachableUrl), (socket.EAI_AGAIN, HostAway), (socket.EAI_FAIL, HostAway)],
)
def test_names_that_do_not_exist_stay_so(server: PhotoServer, make: Make, number: int, kind: type[Exception]) -> None:
    def fail(host: str, port: int) -> list[str]:
        raise socket.gaierror(number, "no luck")

    with pytest.raises(kind, match=r"photos\.test.*no luck"):
        make(resolve=fail).fetch(_named(server))


def test_a_name_without_addresses_may_pass(server: PhotoServer, make: Make) -> None:
    with pytest.raises(HostAway, match="no address"):
        make(resolve=lambda host, port: []).fetch(_named(server))


def _named(server: PhotoServer) -> str:
    server.routes["/a"] = answer(PHOTO)
    return f"http://photos.test:{server.port}/a"
