"""The Flask app."""

from flask import Flask

from services.bootstrap import Platform
from web import auth, cors, pages, problems, rate_limits, security_headers
from web.api import catalogue, classify, docs, failures, health, images, imports, products, search, session
from web.context import EXTENSION, Context
from web.gate import Gate
from web.paths import KeepSlashes, SegmentConverter
from web.quotas import Quotas
from workers.queue import WorkQueue


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
    for blueprint in (
        products.bp,
        images.bp,
        imports.bp,
        failures.bp,
        catalogue.bp,
        search.bp,
        classify.bp,
        health.bp,
        session.bp,
        docs.bp,
        pages.bp,
    ):
        app.register_blueprint(blueprint)
    security_headers.register(app, platform.settings.cors_origins)
    cors.register(app, platform.settings.cors_origins)
    rate_limits.register(app, Quotas(platform.settings.redis), platform.settings)
    auth.register(app, Gate(platform.settings, platform.key_ring), platform.settings)
    app.wsgi_app = KeepSlashes(app.wsgi_app)  # type: ignore[method-assign]  # the way Flask documents
    return app
