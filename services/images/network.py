"""Connections that go only to addresses that were checked, and never outlast their fetch's deadline."""

import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import httpcore2

from services.errors import BlockedAddress
from services.images.addresses import Resolver
from services.images.hosts import AllowedHosts

MAX_ADDRESSES = 4


class Deadline(threading.local):
    """The moment by which what the calling thread does must be over. Each thread has its own."""

    _until = float("inf")

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Have everything inside the `with` block end in `seconds`."""
        self._until = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._until

    def left_s(self) -> float:
        """Seconds that are left. Raises TimeoutError when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this photo is over")
        return left


class CheckedBackend(httpcore2.NetworkBackend):
    """Resolves a host once, checks every address it got, and connects to one of just those.

    A name that is resolved again between check and connection could have changed its answer (DNS rebinding).
    """

    def __init__(self, hosts: AllowedHosts, resolve: Resolver, deadline: Deadline) -> None:
        self._hosts, self._resolve, self._deadline = hosts, resolve, deadline
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Raises BlockedAddress for an address that may not be asked, TimeoutError, and what httpcore2 raises."""
        addresses = self._resolved(host, port)
        if reason := self._hosts.refusal(host, port, addresses):
            raise BlockedAddress(reason)
        addresses = addresses[:MAX_ADDRESSES]
        failure: Exception = httpcore2.ConnectError(f"{host} has no address")
        for position, address in enumerate(addresses):
            # An address that swallows packets leaves time for the next one.
            share_s = self._deadline.left_s() / (len(addresses) - position)
            try:
                stream = self._sockets.connect_tcp(address, port, share_s, local_address, socket_options)
                return DeadlineStream(stream, self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as exc:
                failure = exc
        raise failure

    def _resolved(self, host: str, port: int) -> Sequence[str]:
        """Resolve in a thread of its own: the system's resolver knows no deadline."""
        found: Future[Sequence[str]] = Future()

        def ask() -> None:
            try:
                found.set_result(self._resolve(host, port))
            except Exception as exc:  # it is raised again below, in the thread that asked
                found.set_exception(exc)

        threading.Thread(target=ask, name="resolve", daemon=True).start()
        return found.result(timeout=self._deadline.left_s())


class DeadlineStream(httpcore2.NetworkStream):
    """A connection each of whose operations gets only what is left of the deadline, so that drips end too."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Raises TimeoutError past the deadline."""
        return self._stream.read(max_bytes, self._deadline.left_s())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Raises TimeoutError past the deadline."""
        self._stream.write(buffer, self._deadline.left_s())

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Raises TimeoutError past the deadline."""
        inner = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left_s())
        return DeadlineStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What the connection underneath knows about `info`."""
        return self._stream.get_extra_info(info)
