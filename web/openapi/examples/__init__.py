"""Requests that run, by the endpoint of their view. `tests/web/test_openapi.py` sends every one of them."""

from web.openapi.examples import catalogue, imports, products, search
from web.openapi.examples.example import Example

EXAMPLES: dict[str, tuple[Example, ...]] = {
    **search.EXAMPLES,
    **products.EXAMPLES,
    **catalogue.EXAMPLES,
    **imports.EXAMPLES,
}

__all__ = ["EXAMPLES", "Example"]
