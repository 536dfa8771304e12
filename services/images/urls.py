"""A photo's URL, taken apart once by a strict grammar: no second parser could read another host out of it."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin

import idna

from services.errors import BlockedAddress

MAX_CHARS = 4096
DEFAULT_PORTS = {"http": 80, "https": 443}
SHOWN_CHARS = 200
SHOWN_QUERY_CHARS = 64

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^][/?#@:\\]+)(?::(?P<port>\d{1,5}))?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?",
    re.IGNORECASE | re.ASCII,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# What may stand unquoted in a path and a query. A percent sign is taken for one that begins an escape.
_PATH = "/%:@!$&'()*+,;=~"
_QUERY = _PATH + "?"


@dataclass(frozen=True)
class PhotoUrl:
    """Where a photo is. `host` has one spelling; `target` is the path and query as they are sent."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The host and, unless it is the usual one, the port: what the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """How messages name it."""
        return shown(str(self))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    def join(self, location: str) -> "PhotoUrl":
        """Where a redirect to `location`, relative or not, leads. Raises BlockedAddress like `parse_url`."""
        try:
            return parse_url(urljoin(str(self), location))
        except ValueError as exc:
            raise _malformed(location) from exc


def parse_url(url: str) -> PhotoUrl:
    """Take `url` apart. Raises BlockedAddress for all but a plain http or https URL without user and password."""
    if len(url) > MAX_CHARS:
        raise BlockedAddress(f"{shown(url)}: the URL has {len(url):,} characters; at most {MAX_CHARS:,} are allowed")
    found = _URL.fullmatch(url)
    if found is None or _CONTROL.search(url):
        raise _malformed(url)
    scheme = found["scheme"].lower()
    port = int(found["port"] or DEFAULT_PORTS[scheme])
    if not 0 < port < 2**16:
        raise BlockedAddress(f"{shown(url)}: there is no port {port}")
    try:
        target = quote(found["path"] or "/", safe=_PATH) + quote(found["query"] or "", safe=_QUERY)
        return PhotoUrl(scheme, canonical_host(found["host"]), port, target)
    except ValueError as exc:
        raise BlockedAddress(f"{shown(url)}: the host is neither a name nor a plainly written IP address") from exc


def canonical_host(host: str) -> str:
    """The one spelling of `host`: a name in lower case and ASCII, or an IP address as `ipaddress` prints it.

    Raises ValueError for anything else, such as the many spellings of IPv4 that C libraries accept.
    """
    if host.startswith("["):
        return str(ipaddress.IPv6Address(host[1:-1]))
    name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    name = name.removesuffix(".")
    # As browsers do: what ends in a number is an IPv4 address or nothing.
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return str(ipaddress.IPv4Address(name))
    if not _NAME.fullmatch(name):
        raise ValueError(f"{host!r} is no host name")
    return name


def shown(url: str) -> str:
    """`url` as messages show it: on one line, short, without user and password, and without a long query."""
    text = re.sub(r"//[^/?#]*@", "//", url[:MAX_CHARS])
    start, question, query = text.partition("?")
    text = start + question + (query if len(query) <= SHOWN_QUERY_CHARS else "…")
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def _malformed(url: str) -> BlockedAddress:
    rule = "write http:// or https://, a host and a path, without user, password, control characters and backslashes"
    return BlockedAddress(f"{shown(url)}: not a URL that is fetched; {rule}")
