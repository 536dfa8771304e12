"""The description as the page at `/docs` shows it: what a template should not have to work out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A parameter, header or property: its type in words, and the name of the schema that says more, if one does."""

    name: str
    kind: str
    required: bool
    description: str
    schema: str = ""
    place: str = ""


@dataclass(frozen=True)
class Body:
    """What may be sent, or come back, in one media type; `schema` names its model."""

    media_type: str
    kind: str
    schema: str
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Reply:
    """An answer by its status; `codes` are those of problems."""

    status: str
    description: str
    bodies: tuple[Body, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """An operation. `samples` are (what it shows, a curl line)."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: tuple[Row, ...]
    bodies: tuple[Body, ...]
    replies: tuple[Reply, ...]
    samples: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Schema:
    """A model, with a row for each of its properties, or a sentence on what it is."""

    name: str
    description: str
    rows: tuple[Row, ...]
    kind: str
    example: str


@dataclass(frozen=True)
class Page:
    """All of the page: calls by (tag, what it is about)."""

    info: dict[str, Any]
    groups: tuple[tuple[str, str, tuple[Call, ...]], ...]
    schemas: tuple[Schema, ...]


def readable(description: dict[str, Any]) -> Page:
    """The page of an OpenAPI description that `document` made."""
    calls = [
        (operation["tags"][0], _call(method, path, operation))
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    ]
    groups = tuple(
        (tag["name"], tag["description"], tuple(call for name, call in calls if name == tag["name"]))
        for tag in description["tags"]
    )
    schemas = description["components"]["schemas"]
    return Page(description["info"], groups, tuple(_schema(name, schema) for name, schema in schemas.items()))


def kind(schema: dict[str, Any]) -> str:
    """The type of a schema in a few words.

    >>> kind({"type": "array", "items": {"type": "integer"}}), kind({"anyOf": [{"type": "string"}, {"type": "null"}]})
    ('list of integer', 'string or null')
    """
    if "$ref" in schema:
        return _name(schema)
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
    if schema.get("contentMediaType") == "application/octet-stream":
        return "file"
    if schema.get("contentMediaType") == "application/json":
        return "JSON"
    parts = schema.get("anyOf") or schema.get("allOf") or schema.get("oneOf")
    if parts:
        return " or ".join(dict.fromkeys(kind(part) for part in parts if part.get("type") or len(part) > 0))
    types = schema.get("type", "any")
    return " or ".join(_typed(name, schema) for name in ([types] if isinstance(types, str) else types))


def _typed(name: str, schema: dict[str, Any]) -> str:
    if name == "array":
        return f"list of {kind(schema.get('items', {}))}"
    if name == "object" and isinstance(values := schema.get("additionalProperties"), dict):
        return f"object of {kind(values)}"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None and high < 2**53:
        return f"{name}, {low:,} to {high:,}"
    return f"{name}, at least {low:,}" if low is not None and name != "string" else name


def _call(method: str, path: str, operation: dict[str, Any]) -> Call:
    return Call(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        scope=next((roles[0] for needed in operation["security"] for roles in needed.values() if roles), ""),
        parameters=tuple(_parameter(parameter) for parameter in operation["parameters"]),
        bodies=tuple(_bodies(operation.get("requestBody", {}))),
        replies=tuple(_reply(status, reply) for status, reply in operation["responses"].items()),
        samples=tuple((sample["label"], sample["source"]) for sample in operation["x-codeSamples"]),
    )


def _parameter(parameter: dict[str, Any]) -> Row:
    schema = parameter.get("schema") or parameter["content"]["application/json"]["schema"]
    described = kind(schema) if "schema" in parameter else f"{kind(schema)} as JSON"
    told = _sentence(parameter.get("description", ""), schema)
    return Row(parameter["name"], described, parameter["required"], told, _name(schema), parameter["in"])


def _bodies(body: dict[str, Any]) -> Iterator[Body]:
    for media_type, content in body.get("content", {}).items():
        schema = content.get("schema", {})
        several = [_name(part) for part in schema.get("anyOf", [])]
        yield Body(media_type, schema.get("description", "") or kind(schema), _name(schema) or next(iter(several), ""))


def _reply(status: str, reply: dict[str, Any]) -> Reply:
    problem = reply.get("content", {}).get("application/problem+json")
    codes = problem["schema"]["allOf"][1]["properties"]["code"]["enum"] if problem else ()
    return Reply(status, reply["description"], () if problem else tuple(_bodies(reply)), tuple(codes))


def _schema(name: str, schema: dict[str, Any]) -> Schema:
    required = schema.get("required", [])
    rows = tuple(
        Row(key, kind(each), key in required, _sentence(each.get("description", ""), each), _inner(each))
        for key, each in schema.get("properties", {}).items()
    )
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        rows += (Row("any other key", kind(others), False, "", _inner(others)),)
    example = json.dumps(schema["examples"][0], ensure_ascii=False) if schema.get("examples") else ""
    return Schema(name, schema.get("description", ""), rows, "" if rows else kind(schema), example)


def _sentence(description: str, schema: dict[str, Any]) -> str:
    """What is said of a field, with its default where that is worth a word."""
    default = schema.get("default")
    if default in (None, "", [], {}) or isinstance(default, dict):
        return description
    return f"{description} Default: {json.dumps(default)}.".strip()


def _name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _inner(schema: dict[str, Any]) -> str:
    """The first model that a schema is made of, for a link."""
    if "$ref" in schema:
        return _name(schema)
    parts = [schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", [])]
    return next((found for part in parts if isinstance(part, dict) and (found := _inner(part))), "")
