"""Which scope each route needs, in one table. A route that is not in it needs `admin`, and a test says so."""

from services.api_keys import Scope

OPEN: frozenset[str] = frozenset(
    {
        "static",
        "pages.home",
        "health.healthz",
        "health.readyz",
        "openapi.description",
        "openapi.docs",
        # Whoever comes here shows the key in the body, or has nothing but a cookie to be rid of.
        "session.begin",
        "session.end",
    }
)
"""Endpoints that everybody may call: what they say is no secret, and they change nothing."""

SCOPES: dict[str, Scope] = {
    "search.search": Scope.READ,
    "search.batch": Scope.READ,
    "search.similar": Scope.READ,
    "classify.classify": Scope.READ,
    "catalogue.products": Scope.READ,
    "catalogue.counts": Scope.READ,
    "catalogue.fields": Scope.READ,
    "catalogue.values": Scope.READ,
    "products.get": Scope.READ,
    "images.image": Scope.READ,
    "imports.recent": Scope.READ,
    "imports.get": Scope.READ,
    "imports.errors": Scope.READ,
    "failures.products": Scope.READ,
    # Messages are shown as they came, with URLs that may hold a password.
    "failures.messages": Scope.WRITE,
    "products.put": Scope.WRITE,
    "products.patch": Scope.WRITE,
    "products.delete": Scope.WRITE,
    "products.put_image": Scope.WRITE,
    "products.delete_image": Scope.WRITE,
    "imports.create": Scope.WRITE,
    "imports.cancel": Scope.WRITE,
    "failures.retry": Scope.WRITE,
    # `all` of them in one call, and products are deleted with it.
    "failures.drop": Scope.ADMIN,
}


def scope_of(endpoint: str) -> Scope | None:
    """The scope that a Flask endpoint needs; None for one that everybody may call."""
    return None if endpoint in OPEN else SCOPES.get(endpoint, Scope.ADMIN)
