"""Runs the app under waitress, a production WSGI server."""

import logging
import sys
from typing import Any

import waitress

from services.bootstrap import build
from services.settings import Settings
from web.app import create_app
from web.body_limits import limit_others
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
    )
    limit_others(sockets, settings.max_request_bytes)
    server.run()
