"""Fetches photos by URL from the hosts that the operator allows, within one deadline and one size."""

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import httpcore2

from services.errors import BlockedAddress, HostAway, ImageTooLarge, UnreachableUrl
from services.images.addresses import Resolver, resolve
from services.images.hosts import AllowedHosts
from services.images.network import CheckedBackend, Deadline
from services.images.urls import PhotoUrl, parse_url, shown

MAX_CONNECTIONS = 32
KEPT_CONNECTIONS = 16
# Shorter than servers keep idle connections, so that they are seldom closed under a request. A host that sends more
# than it announced may mix up the next answers on a kept connection: those are its own photos, and no other host's.
KEPT_S = 4.0
REDIRECTS = (301, 302, 303, 307, 308)
PATIENCE = (408, 425, 429)
# Some object stores say aws-chunked about bytes that they long since put together again.
PLAIN_ENCODINGS = (b"", b"identity", b"aws-chunked")
ABSENT_NAMES = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))


@dataclass(frozen=True)
class FetchLimits:
    """What one photo may cost: bytes, seconds with its redirects, and redirects."""

    max_bytes: int
    timeout_s: float = 15.0
    max_redirects: int = 3


class ImageFetcher:
    """Gets photos from `hosts`, at public addresses only save for `private_hosts`. Safe to share between threads.

    An entry is `cdn.example.com`, `*.example.com` or `*`, with `:port` for any port but 80 and 443. Proxies that the
    environment names are not used: the address that is checked must be the one that is asked.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        private_hosts: Sequence[str],
        limits: FetchLimits,
        resolve: Resolver = resolve,
    ) -> None:
        """Raises InvalidSettings for an entry that is no host."""
        self._hosts, self._limits, self._deadline = AllowedHosts(hosts, private_hosts), limits, Deadline()
        self._headers = [
            ("User-Agent", f"Lookalike/{version('lookalike')}"),
            ("Accept", "image/*,*/*;q=0.5"),
            ("Accept-Encoding", "identity"),
        ]
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpcore2.default_ssl_context(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=KEPT_CONNECTIONS,
            keepalive_expiry=KEPT_S,
            network_backend=CheckedBackend(self._hosts, resolve, self._deadline),
        )

    def check(self, url: str) -> None:
        """Raises BlockedAddress for a URL that would not be fetched, as far as can be told without asking anyone."""
        self._hosts.check(parse_url(url))

    def fetch(self, url: str, timeout_s: float | None = None) -> bytes:
        """The bytes at `url`, redirects followed, within `timeout_s` where that is less than the limit.

        Raises BlockedAddress where it may not be asked, UnreachableUrl where there is no photo, ImageTooLarge, and
        HostAway where the host does not answer for now.
        """
        limit_s = self._limits.timeout_s if timeout_s is None else min(timeout_s, self._limits.timeout_s)
        with self._deadline.within(limit_s):
            try:
                return self._follow(parse_url(url))
            except httpcore2.PoolTimeout as exc:
                raise HostAway(f"{shown(url)}: too many photos are being fetched at once") from exc
            except (TimeoutError, httpcore2.TimeoutException) as exc:
                raise HostAway(f"{shown(url)}: no photo came within {limit_s:g} s") from exc

    def close(self) -> None:
        """Let go of connections."""
        self._pool.close()

    def _follow(self, url: PhotoUrl) -> bytes:
        for _ in range(self._limits.max_redirects + 1):
            self._hosts.check(url)
            answer = self._ask(url)
            if isinstance(answer, bytes):
                return answer
            if (url.scheme, answer.scheme) == ("https", "http"):
                raise BlockedAddress(f"{url.shown}: it redirects from https to http, which anyone could alter")
            url = answer
        raise UnreachableUrl(f"{url.shown}: still redirected after {self._limits.max_redirects} redirects")

    def _ask(self, url: PhotoUrl) -> bytes | PhotoUrl:
        """The photo, or where it is said to be instead."""
        where = httpcore2.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target)
        headers = [("Host", url.authority), *self._headers]
        waiting = {"timeout": {"pool": self._deadline.left_s()}}
        try:
            with self._pool.stream("GET", where, headers=headers, extensions=waiting) as response:
                if response.status in REDIRECTS:
                    return url.join(_header(response, b"location").decode("utf-8", "replace"))
                _check(response, url)
                return self._body(response, url)
        except BlockedAddress as exc:
            raise BlockedAddress(f"{url.shown}: {exc}") from exc
        except (socket.gaierror, httpcore2.NetworkError, httpcore2.ProtocolError) as exc:
            raise _mapped(exc, url) from exc

    def _body(self, response: httpcore2.Response, url: PhotoUrl) -> bytes:
        """The bytes of an answer. They are counted as they come: its own word on them can only end it sooner."""
        too_large = f"{url.shown}: over {self._limits.max_bytes:,} bytes, the most that a photo may have"
        length = _header(response, b"content-length")
        if length.isdigit() and int(length) > self._limits.max_bytes:
            raise ImageTooLarge(too_large)
        body = bytearray()
        for part in response.iter_stream():
            body += part
            if len(body) > self._limits.max_bytes:
                raise ImageTooLarge(too_large)
        # Many a server answers 200 and a page where it has no such photo; no image format begins like one.
        if bytes(body[:100]).lstrip()[:1] in (b"", b"<", b"{"):
            kind = _header(response, b"content-type").decode("ascii", "replace") or "no type"
            raise UnreachableUrl(f"{url.shown}: not a photo but {len(body):,} bytes of {shown(kind)}")
        return bytes(body)


def _mapped(exc: Exception, url: PhotoUrl) -> UnreachableUrl | HostAway:
    """What a failure below HTTP means: a name that does not exist or a bad certificate stays so, the rest passes."""
    # The connection pool cuts an error off from its cause, which is also its argument.
    cause = exc.args[0] if exc.args else None
    if isinstance(exc, socket.gaierror):
        kind = UnreachableUrl if exc.errno in ABSENT_NAMES else HostAway
        return kind(f"{url.shown}: host {url.host!r} cannot be found: {exc.strerror}")
    if isinstance(cause, ssl.SSLCertVerificationError):
        return UnreachableUrl(f"{url.shown}: its certificate is not accepted: {cause.verify_message}")
    if isinstance(exc, httpcore2.ConnectError):
        return HostAway(f"{url.shown}: no connection to {url.authority!r}: {exc}")
    return HostAway(f"{url.shown}: the answer broke off or is not HTTP: {exc}")


def _check(response: httpcore2.Response, url: PhotoUrl) -> None:
    """Raises HostAway for what passes, and UnreachableUrl for any other answer that holds no photo as it is."""
    status = response.status
    if status in PATIENCE or status >= 500:
        raise HostAway(f"{url.shown}: the host answered {status}")
    if status != 200:
        raise UnreachableUrl(f"{url.shown}: the host answered {status}")
    encoding = _header(response, b"content-encoding").lower()
    if encoding not in PLAIN_ENCODINGS:
        kind = encoding.decode("ascii", "replace")
        raise UnreachableUrl(f"{url.shown}: sent as {shown(kind)!r}, though asked for the photo as it is")


def _header(response: httpcore2.Response, name: bytes) -> bytes:
    """All values of a header, as one."""
    return b", ".join(value for key, value in response.headers if key.lower() == name).strip()
