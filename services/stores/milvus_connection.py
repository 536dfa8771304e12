"""One process's connection to Milvus: opened at the first call, and the only place where pymilvus's errors are mapped.

pymilvus repeats a call that finds no server, for as long as its timeout and under one lock for the whole process;
and gRPC waits up to two minutes before it tries an address again. Here a server that is away is reported at once,
and found again about a second after it returns; and nobody waits for another's call longer than for one's own.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import grpc  # type: ignore[import-untyped]
from pymilvus import MilvusClient, MilvusException
from pymilvus.exceptions import ConnectionConfigException, MilvusUnavailableException

from services.deadline import Deadline
from services.errors import DeadlineExceeded, InvalidSettings, LookalikeError, Unavailable
from services.stores.checks import check_time
from services.stores.write_lock import WriteLock

Result = TypeVar("Result")

# Codes of Milvus, in its pkg/util/merr.
SERVICE_UNAVAILABLE, RATE_LIMITED, FORCE_DENIED = 2, 8, 9
COLLECTION_NOT_FOUND, NOT_LOADED, NOT_FULLY_LOADED = 100, 101, 103
ALIAS_NOT_FOUND = 1600
PASSING_CODES = {
    SERVICE_UNAVAILABLE,
    RATE_LIMITED,
    FORCE_DENIED,
    COLLECTION_NOT_FOUND,  # dropped under us: the caller asks again which index is live
    NOT_LOADED,
    NOT_FULLY_LOADED,
}
LASTING_STATUSES = {"INVALID_ARGUMENT", "ALREADY_EXISTS", "RESOURCE_EXHAUSTED", "UNIMPLEMENTED"}
REFUSED_STATUSES = {"UNAUTHENTICATED", "PERMISSION_DENIED"}
TOO_SLOW = "DEADLINE_EXCEEDED"

CHANNEL_OPTIONS = {
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 1_000,
    # A server may hang up on a client that pings more than it asked for; Milvus Lite does.
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_permit_without_calls": 0,
}


class Patience:
    """How long the remote calls of one caller may take: `each_s` seconds each, and `timeout_s` all together."""

    def __init__(self, each_s: float, timeout_s: float | None) -> None:
        check_time(timeout_s)
        self.each_s = each_s
        self.is_limited = timeout_s is not None
        self._deadline = Deadline(timeout_s) if timeout_s is not None else None

    def left_s(self) -> float:
        """The most that the next remote call may take. Raises DeadlineExceeded when no time is left."""
        return self.each_s if self._deadline is None else min(self._deadline.left_s(), self.each_s)


class MilvusConnection:
    """Calls Milvus, in terms of our errors. Safe to share between threads; not across a fork.

    Write inside `writing()`: Milvus Lite wants writes one at a time, also from several processes, which keep each
    other out by `lock_file`. A real Milvus takes them side by side.
    """

    def __init__(self, uri: str, token: str, timeout_s: float, lock_file: Path | None = None) -> None:
        self.uri = uri
        self.timeout_s = timeout_s
        self._lite_lock = WriteLock(lock_file)
        self._lite: bool | None = None
        self._token = token
        self._client: Any = None
        self._connecting = threading.Lock()
        self._failure: tuple[float, str] | None = None

    def call(
        self, what: str, function: Callable[[MilvusClient, float], Result], timeout_s: float | None = None
    ) -> Result:
        """Run `function` with the client and the seconds that it has; `what` it does is for the message of an error.

        Raises Unavailable when Milvus is away, or too slow for the settings; DeadlineExceeded when it is too slow for
        `timeout_s`, waiting and connecting included; InvalidSettings for an address or credentials that it refuses;
        LookalikeError for anything else.
        """
        return self._run(what, function, Patience(self.timeout_s, timeout_s))

    def call_loaded(
        self,
        collection: str,
        what: str,
        function: Callable[[MilvusClient, float], Result],
        timeout_s: float | None = None,
    ) -> Result:
        """`call`, for work on a collection's rows; loads the collection first where Milvus says that it is not.

        On Milvus Lite every collection is released when the server restarts.
        """
        patience = Patience(self.timeout_s, timeout_s)

        def attempt(client: MilvusClient, left_s: float) -> Result:
            try:
                return function(client, left_s)
            except MilvusException as exc:
                if exc.code != NOT_LOADED:
                    raise
            self._load(client, collection, patience)
            return function(client, patience.left_s())

        return self._run(what, attempt, patience)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold this around writes. Raises what `call` raises, and nothing is held then."""
        with self._lite_lock.held() if self.is_lite() else contextlib.nullcontext():
            yield

    def is_lite(self) -> bool:
        """Whether the server is Milvus Lite. Raises what `call` raises."""
        if self._lite is None:
            version = self.call(
                "asking for its version", lambda client, left_s: client.get_server_version(timeout=left_s)
            )
            self._lite = "lite" in str(version).lower()
        return self._lite

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._connecting:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _run(self, what: str, function: Callable[[MilvusClient, float], Result], patience: Patience) -> Result:
        client = self._connected(patience)
        try:
            return function(client, patience.left_s())
        except (MilvusException, grpc.RpcError) as exc:
            raise self._mapped(exc, what, patience) from exc

    def _load(self, client: MilvusClient, collection: str, patience: Patience) -> None:
        try:
            client.load_collection(collection, timeout=patience.left_s())
        except MilvusException as exc:
            if _grpc_status(exc) == TOO_SLOW:
                raise
            patience.left_s()  # pymilvus asks again and again how far it is
            raise Unavailable(f"Milvus is loading {collection}: {_message(exc)}; try again soon") from exc

    def _connected(self, patience: Patience) -> Any:
        if self._client is not None:
            return self._client
        asked_at = time.monotonic()
        if not self._connecting.acquire(timeout=patience.left_s()):
            patience.left_s()
            raise Unavailable(f"Milvus at {self.uri}: no connection within {patience.each_s:g} s")
        try:
            if self._client is None:
                # Whoever waited while another thread failed to connect need not wait as long once more.
                if self._failure is not None and self._failure[0] > asked_at:
                    raise Unavailable(self._failure[1])
                self._client = self._connect(patience)
            return self._client
        finally:
            self._connecting.release()

    def _connect(self, patience: Patience) -> Any:
        _silence()
        try:
            client = MilvusClient(
                self.uri, token=self._token, timeout=patience.left_s(), dedicated=True, grpc_options=CHANNEL_OPTIONS
            )
        except (MilvusException, grpc.RpcError) as exc:
            error = self._mapped(exc, "connecting", patience)
            if not isinstance(error, DeadlineExceeded):  # another may have more time
                self._failure = (time.monotonic(), str(error))
            raise error from exc
        # What pymilvus calls when an attempt failed, before it tries again. There is no public way to tell it not to.
        client._handler._on_rpc_error = _give_up
        return client

    def _mapped(self, exc: Exception, what: str, patience: Patience) -> LookalikeError:
        """The one table from pymilvus's errors to ours."""
        detail = f"Milvus at {self.uri}, {what}: {_message(exc)}"
        status = _grpc_status(exc)
        if status == TOO_SLOW and patience.is_limited:
            return DeadlineExceeded(f"{detail}; ask again, or for less")
        if isinstance(exc, ConnectionConfigException):
            return InvalidSettings(f"LOOKALIKE_MILVUS_URI={self.uri!r}: {_message(exc)}")
        if status in REFUSED_STATUSES:
            return InvalidSettings(f"{detail}; check LOOKALIKE_MILVUS_TOKEN")
        if isinstance(exc, MilvusUnavailableException) or (status and status not in LASTING_STATUSES):
            return Unavailable(detail)
        if isinstance(exc, MilvusException) and (exc.code in PASSING_CODES or exc.retriable):
            return Unavailable(detail)
        return LookalikeError(detail)


def is_missing(exc: MilvusException) -> bool:
    """Whether Milvus says that there is no such collection or alias."""
    return exc.code in (COLLECTION_NOT_FOUND, ALIAS_NOT_FOUND)


def _give_up(error: Exception) -> bool:
    if isinstance(error, grpc.RpcError):
        raise MilvusUnavailableException(message=f"{error.code().name}: {error.details()}") from error
    return False


def _grpc_status(exc: Exception) -> str:
    """The gRPC status behind an error, or ""; pymilvus raises some as they are, and wraps what connecting meets."""
    for error in (exc, exc.__cause__):
        if isinstance(error, grpc.RpcError):
            return str(error.code().name)
    return ""


def _message(exc: Exception) -> str:
    if isinstance(exc, grpc.RpcError):
        return f"{exc.code().name}: {exc.details()}"
    return str(getattr(exc, "message", exc))


def _silence() -> None:
    """pymilvus prints a traceback for every call that fails; our error says the same in a line."""
    for name in ("pymilvus", "pymilvus.milvus_client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
