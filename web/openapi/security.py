"""Who may call what, from the table of scopes that lets callers through."""

from typing import Any

from services.errors import Forbidden, TooManyRequests, Unauthenticated
from web.openapi.declaration import Refusal
from web.openapi.routes import Route
from web.scopes import scope_of

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer KEY`."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key, by itself."},
}


def security(route: Route) -> list[dict[str, Any]]:
    """What a call needs: a key with the scope, in either header; nothing where everybody may."""
    scope = scope_of(route.rule.endpoint)
    # For schemes other than OAuth's the list names roles that are needed, as of OpenAPI 3.1.
    return [] if scope is None else [{name: [scope.value]} for name in SCHEMES]


def refusals_of(route: Route) -> tuple[Refusal, ...]:
    """What a caller without the right key, or with too many calls, is told."""
    return () if scope_of(route.rule.endpoint) is None else (Unauthenticated, Forbidden, TooManyRequests)
