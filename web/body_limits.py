"""Which bodies are taken in: from whom, and how large, by what is asked for.

waitress takes a request in whole before the app sees it, and has one limit for all. Its parser is where a request can
be refused as soon as its head was read: a stranger's large body, and anybody's that is too large. An import may be a
file of gigabytes, nothing else may.
"""

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

from flask import Response
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer

from web.origins import Headers

IMPORTS = "/v1/imports"
# Anybody may send these, so they are small.
SESSION, SESSION_BYTES = "/v1/session", 10_000
# A smaller body is read even from a stranger, whom the app then refuses: a client that is still sending when its
# connection is closed sees a reset, and no reason. A large one is worth that.
SMALL_BYTES = 2**20

Refuse: TypeAlias = Callable[[str, str, Headers, str], Callable[[], Response] | None]
"""By method, path, headers and the client's address: None, or what makes the answer to one who may not send a body.

It is called by the one thread that reads every connection, so it must be quick; what it returns is not.
"""


def limit_bodies(sockets: dict[int, Any], max_bytes: int, refuse: Refuse | None = None) -> None:
    """Have the servers among `sockets` refuse bodies over `max_bytes` with a 413, but for uploads of imports.

    `refuse` is asked before a body over SMALL_BYTES is read, or one of unknown length.
    """

    class Channel(HTTPChannel):  # type: ignore[misc]  # waitress is untyped
        def parser_class(self, adj: Any) -> _Parser:
            # The address of a Unix socket's peer is no tuple.
            return _Parser(adj, max_bytes, refuse, str(self.addr[0]) if isinstance(self.addr, tuple) else "")

    for server in sockets.values():
        if isinstance(server, BaseWSGIServer):
            server.channel_class = Channel


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    adj: Any
    error: Any

    def __init__(self, adj: Any, max_bytes: int, refuse: Refuse | None, address: str) -> None:
        super().__init__(adj)
        self._max_bytes, self._refuse, self._address = max_bytes, refuse, address

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if not (self.command == "POST" and self.path == IMPORTS):
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = SESSION_BYTES if self.path == SESSION else self._max_bytes

    def received(self, data: bytes) -> int:
        in_head = not self.headers_finished
        consumed: int = super().received(data)
        if in_head and self.headers_finished:
            self._judge()
        return consumed

    def _judge(self) -> None:
        large = self.chunked or self.content_length > SMALL_BYTES
        if self._refuse is not None and self.error is None and large and self.path != SESSION:
            answer = self._refuse(self.command, self.path, self._header, self._address)
            if answer is not None:
                self.error, self.completed = _Refusal(answer), True
        if self.error is not None:
            # Else waitress would ask for the body, and read it, in spite of the error.
            self.expect_continue = False

    def _header(self, name: str) -> str | None:
        value: str | None = self.headers.get(name.upper().replace("-", "_"))
        return value


class _Refusal:
    """What waitress answers with in the place of the app, and then closes the connection; made by a worker thread."""

    def __init__(self, answer: Callable[[], Response]) -> None:
        self._answer = answer

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status, headers and body, as waitress wants them."""
        response = self._answer()
        headers = [(name, value) for name, value in response.headers if name.lower() != "content-length"]
        return response.status, headers, response.get_data()
