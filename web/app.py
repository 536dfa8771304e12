"""The Flask app."""

from flask import Flask, Response

from services.bootstrap import Platform
from web import pages, problems
from web.api import catalogue, failures, health, images, imports, products, search
from web.context import EXTENSION, Context
from web.paths import KeepSlashes, SegmentConverter
from workers.queue import WorkQueue

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'",
}


def create_app(platform: Platform, queue: WorkQueue) -> Flask:
    """The app over `platform`; connects to nothing until it is asked."""
    app = Flask(__name__)
    limit = platform.settings.max_request_bytes
    app.config.update(MAX_CONTENT_LENGTH=limit, MAX_FORM_MEMORY_SIZE=limit, MAX_FORM_PARTS=200)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # DefaultJSONProvider has it
    app.extensions[EXTENSION] = Context(platform, queue)
    app.url_map.converters["segment"] = SegmentConverter
    # An id may contain "//"; Werkzeug would redirect to a path with one slash.
    app.url_map.merge_slashes = False
    problems.register(app)
    for blueprint in (products.bp, images.bp, imports.bp, failures.bp, catalogue.bp, search.bp, health.bp, pages.bp):
        app.register_blueprint(blueprint)
    app.after_request(_add_security_headers)
    app.wsgi_app = KeepSlashes(app.wsgi_app)  # type: ignore[method-assign]  # the way Flask documents
    return app


def _add_security_headers(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
