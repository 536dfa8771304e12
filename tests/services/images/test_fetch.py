"""Fetching from a real server: photos, answers that are none, and redirects."""

import os
import time
from collections.abc import Callable

import pytest
from photo_server import PhotoServer, answer, raw

from services.errors import BlockedAddress, HostAway, UnreachableUrl
from services.images import FetchLimits, ImageFetcher

Make = Callable[..., ImageFetcher]
PHOTO = b"\xff\xd8\xff" + os.urandom(50_000)


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
    assert time.monotonic() - started < 4


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
