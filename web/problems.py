"""Errors as RFC 9457 `application/problem+json`, by one table."""

import json
import logging
import math
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
    (errors.Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (errors.Forbidden, HTTPStatus.FORBIDDEN),
    (errors.TooManyRequests, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.DeadlineExceeded, HTTPStatus.GATEWAY_TIMEOUT),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.IndexMismatch, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.LookalikeError, HTTPStatus.INTERNAL_SERVER_ERROR),
)
RETRY_AFTER_S = 5
# Newer versions of Python call these otherwise, and codes are stable.
CODES = {413: "request_entity_too_large", 422: "unprocessable_entity"}


def problem(status: int, code: str, detail: str) -> Response:
    """A problem document. `code` is stable; `detail` is for people."""
    response = Response(json.dumps(_body(status, code, detail)), status, content_type="application/problem+json")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def problem_json(error: errors.LookalikeError) -> dict[str, str | int]:
    """The problem document of an error, for an answer that carries several."""
    return _body(_status(error), error.code, str(error))


def register(app: Flask) -> None:
    """Have `app` answer every error with a problem document."""
    app.register_error_handler(errors.LookalikeError, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def answer(error: errors.LookalikeError) -> Response:
    """The answer to an error of ours: the problem document, and the headers that go with its status."""
    response = problem(_status(error), error.code, str(error))
    if isinstance(error, errors.Unauthenticated):
        # RFC 6750: no reason where nothing was presented.
        reason = ', error="invalid_token"' if error.presented else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="lookalike"{reason}'
    if isinstance(error, errors.Forbidden) and error.scope:
        given = f'error="insufficient_scope", scope="{error.scope}"'
        response.headers["WWW-Authenticate"] = f'Bearer realm="lookalike", {given}'
    if isinstance(error, errors.TooManyRequests):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    return response


def _status(error: errors.LookalikeError) -> HTTPStatus:
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def _body(status: int, code: str, detail: str) -> dict[str, str | int]:
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}


def _http(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    code = CODES.get(status) or HTTPStatus(status).name.lower()
    response = problem(status, code, error.description or HTTPStatus(status).phrase)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    # The traceback belongs in the log; it would tell a stranger about our insides.
    log.exception("unexpected error", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "something went wrong; the log has the details")
