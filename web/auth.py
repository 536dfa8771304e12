"""Lets a request through to its view, or not: who calls, what they may, how often."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from flask import Flask, Response, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from services.api_keys import Scope
from services.errors import Forbidden, LookalikeError, Unauthenticated
from services.settings import Settings
from web import problems
from web.body_limits import IMPORTS, Refuse
from web.gate import Access, Gate
from web.origins import Headers, is_loopback
from web.rate_limits import count, count_failure, failure, quotas_of
from web.scopes import scope_of

log = logging.getLogger(__name__)

EXTENSION = "lookalike-gate"
READINESS = "health.readyz"
# The thread that reads every connection waits no longer than this for the database.
READER_WAIT_S = 0.2


def register(app: Flask, gate: Gate, settings: Settings) -> None:
    """Have every request of `app` pass `gate` before its view runs."""
    app.extensions[EXTENSION] = gate
    app.before_request(_admit)
    app.after_request(_tell_strangers_less)
    if settings.trusted_proxies:
        number = settings.trusted_proxies
        fixed = ProxyFix(app.wsgi_app, x_for=number, x_proto=number, x_host=number)
        app.wsgi_app = fixed  # type: ignore[method-assign]  # the way Flask documents
    if gate.access is Access.OPEN and not is_loopback(settings.host):
        log.warning("LOOKALIKE_AUTH=off: everybody who reaches %s may read, change and delete all", settings.host)


def gate() -> Gate:
    """The gate of the app that serves this request."""
    return cast(Gate, current_app.extensions[EXTENSION])


def before_bodies(app: Flask, trusted_proxies: int) -> Refuse:
    """What lets nobody send a body to `app` who may not: for `web/body_limits.py`."""
    guard, quotas = cast(Gate, app.extensions[EXTENSION]), quotas_of(app)

    def refuse(method: str, path: str, headers: Headers, address: str) -> Callable[[], Response] | None:
        def as_passed(name: str) -> str | None:
            return (_passed(headers, "X-Forwarded-Host", trusted_proxies) if name == "Host" else None) or headers(name)

        try:
            caller = guard.caller(method, as_passed, READER_WAIT_S)
            # A body that may be huge: the one call whose scope is asked for as soon as this.
            if path == IMPORTS and Scope.WRITE not in caller.scopes:
                raise Forbidden(f"this needs the scope {Scope.WRITE}", Scope.WRITE)
        except LookalikeError as exc:
            refused, client = exc, _passed(headers, "X-Forwarded-For", trusted_proxies) or address
            return lambda: problems.answer(failure(quotas, refused, client))
        return None

    return refuse


def _passed(headers: Headers, name: str, trusted_proxies: int) -> str:
    """What the outermost trusted proxy put into a header, as ProxyFix reads it; empty if none did."""
    values = (headers(name) or "").split(",")
    return values[-trusted_proxies].strip() if 0 < trusted_proxies <= len(values) else ""


def _tell_strangers_less(response: Response) -> Response:
    """Keep from those without a key why we cannot serve, where keys are needed: reasons name hosts and databases."""
    unready = request.endpoint == READINESS and response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    if not unready or gate().access is not Access.KEYS:
        return response
    try:
        gate().caller(request.method, request.headers.get)
    except LookalikeError:
        code = (response.get_json() or {}).get("code", "unavailable")
        return problems.problem(response.status_code, code, "not ready to serve; with an API key this says why")
    return response


def _admit() -> None:
    # Where no route fits the answer is a 404 or 405, which tells nothing. Preflights carry no key.
    if request.endpoint is None or request.method == "OPTIONS":
        return
    scope = scope_of(request.endpoint)
    if scope is None:
        gate().refuse_strangers(request.method, request.headers.get)
        return
    try:
        caller = gate().caller(request.method, request.headers.get)
    except Unauthenticated as exc:
        count_failure(exc)
        raise
    count(caller, unlimited=caller.key is None and gate().access is Access.LOOPBACK)
    if scope not in caller.scopes:
        raise Forbidden(f"this needs the scope {scope}; this key has {', '.join(sorted(caller.scopes))}", scope)
