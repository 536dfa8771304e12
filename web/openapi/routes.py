"""The described views of an app, and the paths that lead to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from web.openapi.declaration import Operation, operation_of
from web.openapi.examples import EXAMPLES
from web.openapi.words import TAGS

METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE")


@dataclass(frozen=True)
class Route:
    """A described view, and the rule and method that lead to it."""

    rule: Rule
    method: str
    view: Callable[..., Any]
    operation: Operation

    @property
    def path(self) -> str:
        """The path as the description has it: `/v1/products/{product_id}`."""
        return path_of(self.rule)

    @property
    def path_names(self) -> list[str]:
        """What stands in the path, in its order."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


def path_of(rule: Rule) -> str:
    """Flask's `/v1/products/<segment:product_id>` as `/v1/products/{product_id}`: an argument is a whole segment."""
    parts = rule.rule.split("/")
    return "/".join(f"{{{part[1:-1].rpartition(':')[2]}}}" if part.startswith("<") else part for part in parts)


def routes(app: Flask) -> list[Route]:
    """The described views of `app`, by tag, and then as their examples stand.

    Raises ValueError for a view whose tag has no words, or that has no example.
    """
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        operation = operation_of(view)
        if operation is not None:
            found += [Route(rule, method, view, operation) for method in METHODS if method in (rule.methods or ())]
    tags, endpoints = list(TAGS), list(EXAMPLES)
    return sorted(found, key=lambda route: (tags.index(route.operation.tag), endpoints.index(route.rule.endpoint)))
