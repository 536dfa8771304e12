"""How large a request may be, by what it asks for: an import may be a file of gigabytes, nothing else may.

waitress takes a request in whole before the app sees it, and has one limit for all. Its parser is where a request can
be refused as soon as its head was read.
"""

import copy
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer

IMPORTS = "/v1/imports"


def limit_others(sockets: dict[int, Any], max_bytes: int) -> None:
    """Have the servers among `sockets` refuse bodies over `max_bytes` with a 413, but for uploads of imports."""

    class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress is untyped
        adj: Any

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            if not (self.command == "POST" and self.path == IMPORTS):
                self.adj = copy.copy(self.adj)
                self.adj.max_request_body_size = max_bytes

    class Channel(HTTPChannel):  # type: ignore[misc]
        parser_class = Parser

    for server in sockets.values():
        if isinstance(server, BaseWSGIServer):
            server.channel_class = Channel
