"""Is the process alive, and can it serve?"""

from flask import Blueprint, Response, jsonify

from services.encoders import Classifier, TextEncoder
from services.errors import IndexMismatch, Unavailable
from web.context import context
from web.openapi import describes
from web.schemas import HealthAnswer, ReadyAnswer

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@describes("health", answers={200: HealthAnswer})
def healthz() -> Response:
    """Alive: the process answers. Asks nothing of other components."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
@describes("health", answers={200: ReadyAnswer}, problems=(Unavailable, IndexMismatch))
def readyz() -> Response:
    """Able to serve: the catalogue and the index answer, and the index is this model's. A 503 says what is wrong."""
    platform = context().platform
    platform.database.check()
    platform.search.ready()
    encoder = platform.encoder
    able = {"text": isinstance(encoder, TextEncoder), "classify": isinstance(encoder, Classifier)}
    return jsonify({"status": "ready", "model": encoder.model.key, **able})
