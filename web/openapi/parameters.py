"""Parameters of an operation: those of its path, and those of its query string."""

from typing import Any

from web.openapi.components import REF_TEMPLATE, tidy
from web.openapi.declaration import QueryString

# What stands in a path, by name. An id is one segment, percent-encoded.
PATH = {
    "product_id": ("The product's id: any characters but NUL, percent-encoded.", "sku-1"),
    "name": ("The photo's name.", "front"),
    "import_id": ("The import's id.", "3f2a9c0b17de"),
    "field": ("The attribute's name.", "category"),
}


def path_parameter(name: str) -> dict[str, Any]:
    """A parameter of the path. Raises KeyError for one that has no line in PATH."""
    description, example = PATH[name]
    described = {"name": name, "in": "path", "required": True, "description": description}
    return {**described, "schema": {"type": "string", "minLength": 1}, "example": example}


def query_parameters(query: QueryString) -> list[dict[str, Any]]:
    """The fields of a query string as parameters."""
    whole = tidy(query.model.model_json_schema(ref_template=REF_TEMPLATE))
    fields, required = whole.get("properties", {}), whole.get("required", [])
    return [_query(name, schema, name in required) for name, schema in fields.items() if name not in query.without]


def _query(name: str, schema: dict[str, Any], required: bool) -> dict[str, Any]:
    schema = _without_null(schema)
    described: dict[str, Any] = {"name": name, "in": "query", "required": required}
    if "description" in schema:
        described["description"] = schema.pop("description")
    if schema.get("type") not in ("string", "integer", "number", "boolean"):
        return {**described, "content": {"application/json": {"schema": schema}}}
    if schema.get("default") == "":  # it stands for none
        schema.pop("default")
    return {**described, "schema": schema}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is not given is no null: the schema of one that is given."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return dict(schema)
    beside = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**kinds[0], **beside}
