"""Where a request comes from: this machine, our own page, or a stranger's page in somebody's browser.

A service that listens on loopback and asks for no key is still within reach of every web page that its user has open.
Two checks keep those out. The `Host` header must name this machine: a page whose own name was made to lead here (DNS
rebinding) sends that name. And a call that can change something must not come from another origin: a browser sends
forms, and so multipart bodies, anywhere without asking first.
"""

import ipaddress
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

Headers = Callable[[str], str | None]
"""Gives a header's value by its name, None for one that was not sent."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DEFAULT_PORTS = {"http": "80", "https": "443"}


def is_loopback(host: str) -> bool:
    """A host, without port and brackets, that only this machine reaches.

    >>> [is_loopback(host) for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost", "0.0.0.0", "", "10.0.0.1")]
    [True, True, True, True, False, False, False]
    """
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(netloc: str) -> str:
    """The host in a `Host` header or a URL's authority, without port and brackets; empty for what is none.

    >>> [host_of(netloc) for netloc in ("Shop.com:8000", "[::1]:8000", "localhost", "a b", "user@localhost")]
    ['shop.com', '::1', 'localhost', '', '']
    """
    if not netloc or any(character in netloc for character in " @/\\?#"):
        return ""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def host_is_ours(headers: Headers, allowed: Collection[str]) -> bool:
    """The `Host` header names loopback, or one of the `allowed`; HTTP/1.0 may leave it out, browsers never do."""
    netloc = headers("Host")
    if netloc is None:
        return True
    host = host_of(netloc)
    return is_loopback(host) or (bool(host) and host in {name.lower() for name in allowed})


def crosses_origins(method: str, headers: Headers, allowed: Collection[str]) -> bool:
    """A browser sends this for a page of another origin that is not `allowed`, and it could change something.

    Browsers say so in `Sec-Fetch-Site`, older ones in `Origin`; other clients send neither. `Origin` is compared with
    `Host` without the scheme, which a proxy may have changed: https://go.dev/src/net/http/csrf.go does the same.
    """
    if method in SAFE_METHODS:
        return False
    origin = headers("Origin")
    if origin is not None and ("*" in allowed or origin in allowed):
        return False
    site = headers("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and not _same(origin, headers("Host") or "")


def _same(origin: str, netloc: str) -> bool:
    scheme, _, authority = origin.partition("://")
    port = DEFAULT_PORTS.get(scheme, "")
    plain = {authority.lower(), authority.lower().removesuffix(f":{port}")} if port else set()
    return netloc.lower() in plain or netloc.lower().removesuffix(f":{port}") in plain
