"""JSON schemas of models, as the description refers to them."""

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from pydantic.json_schema import models_json_schema

from web.openapi.declaration import Model
from web.openapi.filters import CONDITION_SCHEMA, FILTER_REF, FILTER_SCHEMA

REF_TEMPLATE = "#/components/schemas/{model}"
Mode: TypeAlias = Literal["validation", "serialization"]


def schemas(sent: Iterable[Model], answered: Iterable[Model]) -> dict[str, Any]:
    """The component schemas of these models and of those that they are made of, by name."""
    models: list[tuple[Model, Mode]] = [(model, "validation") for model in sent]
    models += [(model, "serialization") for model in answered]
    _, found = models_json_schema(models, ref_template=REF_TEMPLATE)
    made = {**found.get("$defs", {}), "Filter": FILTER_SCHEMA, "Condition": CONDITION_SCHEMA}
    return {name: tidy(schema) for name, schema in sorted(made.items())}


def reference(model: Model) -> dict[str, str]:
    """How a schema of `schemas` is referred to."""
    return {"$ref": REF_TEMPLATE.format(model=model.__name__)}


def tidy(schema: Any) -> Any:
    """`schema` without what pydantic adds that says nothing: titles made of names, and defaults of null."""
    if isinstance(schema, list):
        return [tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "filter":
        schema = {**{key: value for key, value in schema.items() if key not in ("type", "format")}, "$ref": FILTER_REF}
    kept = {
        key: value
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }
    # The keys of these are names, which may be "title" as well.
    return {
        key: {name: tidy(part) for name, part in value.items()} if key in ("properties", "$defs") else tidy(value)
        for key, value in kept.items()
        if key not in ("examples", "default", "enum", "const")
    } | {key: value for key, value in kept.items() if key in ("examples", "default", "enum", "const")}
