"""Product ids in URLs: any character, `/` included, as one percent-encoded segment."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from werkzeug.routing import BaseConverter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class SegmentConverter(BaseConverter):
    """A path segment whose `/` and `%` were kept encoded by KeepSlashes."""

    def to_python(self, value: str) -> str:
        """Decode what KeepSlashes left encoded."""
        return unquote(value)

    def to_url(self, value: str) -> str:
        """Encode a value, `/` included."""
        return quote(value, safe="")


class KeepSlashes:
    """WSGI middleware: keeps `%2F` apart from `/`.

    WSGI decodes the path before routing, which makes product `a/similar` and "what is similar to product `a`"
    the same path. Servers pass the path as it was sent too; from it, each segment is decoded on its own.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request."""
        raw = environ.get("REQUEST_URI") or environ.get("RAW_URI")
        if raw and "%2f" in raw.lower():
            segments = urlsplit(raw).path.split("/")
            path = "/".join(_decode(segment) for segment in segments)
            environ["PATH_INFO"] = path.encode("utf-8", "surrogateescape").decode("latin-1")
        elif "%" in environ.get("PATH_INFO", ""):
            environ["PATH_INFO"] = environ["PATH_INFO"].replace("%", "%25")
        return self._app(environ, start_response)


def _decode(segment: str) -> str:
    decoded = unquote(segment, errors="surrogateescape")
    return decoded.replace("%", "%25").replace("/", "%2F")
