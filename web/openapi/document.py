"""The whole description, from the app's URL map, the views' own words, and the models.

OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), whose schemas are JSON Schema 2020-12 as pydantic writes them.
"""

from importlib.metadata import version
from typing import Any

from flask import Flask

from web.openapi.components import schemas
from web.openapi.declaration import Bytes, Media, Model
from web.openapi.operations import operation
from web.openapi.routes import Route, routes
from web.openapi.security import SCHEMES
from web.openapi.words import DESCRIPTION, HEADERS, SUMMARY, TAGS, TITLE
from web.schemas import ProblemAnswer


def document(app: Flask) -> dict[str, Any]:
    """The description of `app`. Raises KeyError or ValueError for a view with a tag, or path, that has no words."""
    found = routes(app)
    paths: dict[str, Any] = {}
    for route in found:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": TITLE,
            "version": version("lookalike"),
            "summary": SUMMARY,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {"schemas": _schemas(found), "headers": HEADERS, "securitySchemes": SCHEMES},
    }


def _schemas(found: list[Route]) -> dict[str, Any]:
    sent = {body.model for route in found for body in route.operation.sends if not isinstance(body, Bytes)}
    answered: set[Model] = {ProblemAnswer}
    for route in found:
        for answer in route.operation.answers.values():
            if isinstance(answer, tuple):
                answered.update(answer)
            elif answer is not None and not isinstance(answer, Media):
                answered.add(answer)
    return schemas(sorted(sent, key=lambda model: model.__name__), sorted(answered, key=lambda model: model.__name__))
