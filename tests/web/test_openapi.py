"""The description of the API: valid, whole, and true; and the page made of it."""

import json
from collections.abc import Iterator
from itertools import chain

import pytest
from curl import parse, send
from documented_shop import files, stock
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, TypeAdapter

from web.openapi.declaration import Media
from web.openapi.document import document
from web.openapi.examples import EXAMPLES
from web.openapi.routes import path_of, routes
from web.scopes import scope_of

PAGES = {"static", "pages.home", "openapi.description", "openapi.docs"}
"""Endpoints that are no part of the API."""


@pytest.fixture
def described(app: Flask) -> dict:
    return document(app)


@pytest.fixture
def stocked(client, platform):
    stock(client, platform)
    return client


def test_the_description_is_valid_openapi(client) -> None:
    served = client.get("/openapi.json")
    assert (served.status_code, served.mimetype) == (200, "application/json")
    assert served.json["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(served.json).iter_errors()) == []
    for schema in served.json["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_route_is_described(app, described) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in PAGES]
    assert {path_of(rule) for rule in rules} == set(described["paths"])
    assert {rule.endpoint for rule in rules} == {route.rule.endpoint for route in routes(app)} == set(EXAMPLES)


def test_every_operation_has_words_an_example_and_problems(described) -> None:
    ids = []
    for path, operations in described["paths"].items():
        for operation in operations.values():
            ids.append(operation["operationId"])
            assert len(operation["summary"]) > 4, path
            assert operation["x-codeSamples"], path
            assert operation["tags"][0] in {tag["name"] for tag in described["tags"]}
            assert all(
                parameter.get("description") or parameter["in"] == "query" for parameter in operation["parameters"]
            )
    assert len(set(ids)) == len(ids)


def test_security_is_that_of_the_table_of_scopes(app, described) -> None:
    for route in routes(app):
        operation = described["paths"][route.path][route.method.lower()]
        scope = scope_of(route.rule.endpoint)
        assert operation["security"] == ([{"bearer": [scope]}, {"apiKey": [scope]}] if scope else [])
        assert {"401", "403", "429"} <= set(operation["responses"]) or scope is None


def test_every_reference_leads_somewhere(described) -> None:
    for reference in set(_references(described)):
        place = described
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_no_schema_goes_unused(described) -> None:
    referred = {reference.rpartition("/")[2] for reference in _references(described)}
    assert set(described["components"]["schemas"]) <= referred


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        yield from chain.from_iterable(map(_references, part.values()))
    elif isinstance(part, list):
        yield from chain.from_iterable(map(_references, part))


def samples() -> list[tuple[str, int]]:
    """(endpoint, place of the example)"""
    return [(endpoint, place) for endpoint, several in EXAMPLES.items() for place in range(len(several))]


@pytest.mark.parametrize(("endpoint", "place"), samples(), ids=lambda value: str(value))
def test_every_example_runs_and_is_answered_as_described(app, stocked, endpoint, place) -> None:
    (route,) = [route for route in routes(app) if route.rule.endpoint == endpoint]
    description = document(app)
    sample = description["paths"][route.path][route.method.lower()]["x-codeSamples"][place]
    response = send(stocked, parse(sample["source"].replace("\\\n", " ")), files())
    assert 200 <= response.status_code < 300, f"{sample['source']}\n{response.text}"
    answer = route.operation.answers[response.status_code]
    if isinstance(answer, Media):
        assert response.mimetype in answer.media_types
    elif answer is None:
        assert response.data == b""
    else:
        assert response.mimetype == "application/json"
        exactly(answer, response.text)


def exactly(answer: type[BaseModel] | tuple[type[BaseModel], ...], text: str) -> None:
    """The answer is of the model, or of one of several, to the last key."""
    kind = answer[0] if isinstance(answer, tuple) and len(answer) == 1 else answer
    if isinstance(kind, tuple):
        kind = kind[0] | kind[1]
    TypeAdapter(kind).validate_json(text, strict=True, extra="forbid")


def test_examples_are_of_the_schemas_that_they_show(described) -> None:
    shown = 0
    for operations in described["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema = {**content["schema"], "components": described["components"]}
                for example in content.get("examples", {}).values():
                    Draft202012Validator(schema).validate(example["value"])
                    shown += 1
    assert shown >= 10


def test_the_page_shows_every_call_schema_and_example(client, described) -> None:
    page = client.get("/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    text = page.text
    for path, operations in described["paths"].items():
        assert path in text
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in text
    for name in described["components"]["schemas"]:
        assert f'id="schema-{name}"' in text
    assert text.count("curl ") >= len(samples())


def test_the_page_needs_nothing_that_its_policy_forbids(client) -> None:
    page = client.get("/docs")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    for forbidden in ("<script", " style=", "<style", "http://", "https://", " onclick"):
        assert forbidden not in page.text


def test_links_within_the_page_lead_somewhere(client) -> None:
    text = client.get("/docs").text
    wanted = {part.partition('"')[0] for part in text.split('href="#')[1:]}
    there = {part.partition('"')[0] for part in text.split(' id="')[1:]}
    assert wanted <= there


def test_the_description_is_plain_json(described) -> None:
    assert json.loads(json.dumps(described, allow_nan=False)) == described
