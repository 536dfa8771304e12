"""Errors as RFC 9457 `application/problem+json`, by one table."""

import json
import logging
from http import HTTPStatus

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from services import errors

log = logging.getLogger(__name__)

# The first class that fits decides, so narrower ones stand above wider ones.
STATUSES: tuple[tuple[type[errors.LookalikeError], HTTPStatus], ...] = (
    (errors.ImageTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (errors.InvalidRequest, HTTPStatus.BAD_REQUEST),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Unsupported, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.IndexMismatch, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.LookalikeError, HTTPStatus.INTERNAL_SERVER_ERROR),
)
RETRY_AFTER_S = 5


def problem(status: int, code: str, detail: str) -> Response:
    """A problem document. `code` is stable; `detail` is for people."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail}
    response = Response(json.dumps(body), status, content_type="application/problem+json")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def register(app: Flask) -> None:
    """Have `app` answer every error with a problem document."""
    app.register_error_handler(errors.LookalikeError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _ours(error: errors.LookalikeError) -> Response:
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    return problem(status, error.code, str(error))


def _http(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    response = problem(status, HTTPStatus(status).name.lower(), error.description or HTTPStatus(status).phrase)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    # The traceback belongs in the log; it would tell a stranger about our insides.
    log.exception("unexpected error", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "something went wrong; the log has the details")
