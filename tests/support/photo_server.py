"""An HTTP server that says whatever a test wants it to, byte by byte."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress

Talk = Callable[[socket.socket], None]


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> Talk:
    """A well-formed answer; a header's name is written with _ for -."""
    lines = {"Content_Length": str(len(body)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return lambda sock: sock.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)


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


class PhotoServer:
    """Answers each path as `routes` has it, over connections that stay open; keeps the heads of requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Talk] = {}
        self.requests: list[str] = []
        self.connections = 0
        self.names: list[str] = []  # those that TLS clients asked for
        self.greeting = b""  # what is said before anything is asked
        self._tls = tls
        if tls:
            tls.sni_callback = lambda sock, name, context: self.names.append(name)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path: str, talk: Talk | None = None) -> str:
        """The URL of `path`, which is answered by `talk` from now on."""
        if talk:
            self.routes[path] = talk
        return f"{'https' if self._tls else 'http'}://{self.host}{path}"

    def close(self) -> None:
        for sock in (self._listening, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listening.accept()
                self.connections += 1
                self._open.append(sock)
                threading.Thread(target=self._talk, args=(sock,), daemon=True).start()

    def _talk(self, sock: socket.socket) -> None:
        with suppress(OSError):
            sock.sendall(self.greeting)
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            while head := _head(sock):
                self.requests.append(head)
                self.routes[head.split()[1]](sock)
        sock.close()


def _head(sock: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        part = sock.recv(1)
        if not part:
            return ""
        received += part
    return received.decode("latin-1")
