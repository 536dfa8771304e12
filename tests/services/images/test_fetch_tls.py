"""Over TLS: the certificate is checked for the name in the URL, though the connection goes to a checked address."""

import os
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from photo_server import PhotoServer, answer

from services.errors import BlockedAddress, HostAway, UnreachableUrl
from services.images import FetchLimits, ImageFetcher

PHOTO = b"\xff\xd8\xff" + os.urandom(50_000)
Open = Callable[..., PhotoServer]
Make = Callable[..., ImageFetcher]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def open_server(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens servers whose certificates are for the given names, by an authority that this machine trusts."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    opened: list[PhotoServer] = []

    def open_server(*names: str, issuer: trustme.CA = authority) -> PhotoServer:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        issuer.issue_cert(*names).configure_cert(context)
        opened.append(PhotoServer(tls=context))
        return opened[-1]

    yield open_server
    for server in opened:
        server.close()


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes fetchers that may ask the given servers by name and by address."""
    made: list[ImageFetcher] = []

    def fetcher(*servers: PhotoServer, timeout_s: float = 20) -> ImageFetcher:
        ours = [f"{name}:{server.port}" for server in servers for name in ("photos.test", "127.0.0.1")]
        limits = FetchLimits(100_000, timeout_s)
        made.append(ImageFetcher(ours, ours, limits, lambda host, port: ["127.0.0.1"]))
        return made[-1]

    yield fetcher
    for each in made:
        each.close()


def url(server: PhotoServer, host: str = "photos.test", path: str = "/a") -> str:
    server.routes.setdefault("/a", answer(PHOTO))
    return f"https://{host}:{server.port}{path}"


def test_the_name_is_asked_for_and_checked(make: Make, open_server: Open) -> None:
    server = open_server("photos.test")
    assert make(server).fetch(url(server)) == PHOTO
    assert server.names == ["photos.test"]
    assert f"Host: photos.test:{server.port}\r\n" in server.requests[0]


def test_an_address_can_be_certified_too(make: Make, open_server: Open) -> None:
    server = open_server("127.0.0.1")
    assert make(server).fetch(url(server, "127.0.0.1")) == PHOTO


def test_a_certificate_for_another_name_is_not_accepted(make: Make, open_server: Open) -> None:
    server = open_server("other.test", "127.0.0.1")
    with pytest.raises(UnreachableUrl, match="certificate is not accepted: Hostname mismatch"):
        make(server).fetch(url(server))
    assert server.requests == []


def test_a_certificate_of_an_unknown_authority_is_not_accepted(make: Make, open_server: Open) -> None:
    server = open_server("photos.test", issuer=trustme.CA())
    with pytest.raises(UnreachableUrl, match=r"certificate is not accepted: .*issuer"):
        make(server).fetch(url(server))
    assert server.requests == []


def test_a_redirect_from_https_to_http_is_refused(make: Make, open_server: Open, server: PhotoServer) -> None:
    secure = open_server("photos.test")
    secure.routes["/a"] = answer(b"", "302 F", Location=server.url("/photo", answer(PHOTO)))
    with pytest.raises(BlockedAddress, match="from https to http"):
        make(secure, server).fetch(url(secure))
    assert server.connections == 0


def test_a_redirect_from_http_to_https_is_followed(make: Make, open_server: Open, server: PhotoServer) -> None:
    secure = open_server("photos.test")
    moved = server.url("/a", answer(b"", "301 M", Location=url(secure)))
    assert make(secure, server).fetch(moved) == PHOTO


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad\r\n\r\n"], ids=["silence", "no-tls"])
def test_a_handshake_that_comes_to_nothing_may_pass(make: Make, said: bytes, server: PhotoServer) -> None:
    server.greeting = said
    started = time.monotonic()
    with pytest.raises(HostAway):
        make(server, timeout_s=0.6).fetch(f"https://photos.test:{server.port}/a")
    assert time.monotonic() - started < 10
