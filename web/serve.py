"""Runs the app under waitress, a production WSGI server."""

import logging
import sys
from typing import Any

import waitress

from services.bootstrap import build
from services.settings import Settings
from web.app import create_app
from web.auth import before_bodies
from web.body_limits import limit_bodies
from workers.app import make_app
from workers.queue import WorkQueue


def serve(settings: Settings) -> None:
    """Serve until told to stop. The model is loaded first, so that the first request does not wait for it."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Alembic tells of every look at the schema version, which each readiness probe takes.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    platform = build(settings)
    platform.database.check()
    platform.warm_up()
    app = create_app(platform, WorkQueue(make_app(settings), settings.chunk_size))
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        app,
        map=sockets,
        host=settings.host,
        port=settings.port,
        threads=settings.web_threads,
        max_request_body_size=settings.max_import_bytes,
        channel_timeout=60,
        ident="lookalike",
        # Left as they came: whether a proxy is to be believed, and whether there is one at all, is decided in the app.
        clear_untrusted_proxy_headers=False,
    )
    limit_bodies(sockets, settings.max_request_bytes, before_bodies(app, settings.trusted_proxies))
    server.run()
