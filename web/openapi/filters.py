"""The filter grammar of `services/filters/grammar.py`, as a JSON schema."""

from typing import Any

FILTER_REF = "#/components/schemas/Filter"
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_BOUND: dict[str, Any] = {"type": ["string", "number"]}
_FILTERS: dict[str, Any] = {"type": "array", "items": {"$ref": FILTER_REF}, "minItems": 1}

FILTER_SCHEMA: dict[str, Any] = {
    "title": "Filter",
    "description": (
        "Keeps products: every key must hold. A key is an attribute with a value, a list of which any may be, or a "
        "condition; or `not`, `any`, `all` with filters. At most 10 deep, with 1,000 values."
    ),
    "type": "object",
    "properties": {"not": {"$ref": FILTER_REF}, "any": _FILTERS, "all": _FILTERS},
    "additionalProperties": {
        "anyOf": [
            _SCALAR,
            {"type": "array", "items": _SCALAR, "minItems": 1},
            {"$ref": "#/components/schemas/Condition"},
        ]
    },
    "examples": [
        {"category": ["Dresses", "Skirts"], "price": {"gte": 10, "lt": 50}},
        {"not": {"brand": {"exists": True}}},
    ],
}

CONDITION_SCHEMA: dict[str, Any] = {
    "title": "Condition",
    "description": "A range of numbers, dates or text; whether the attribute is there at all; how its text begins.",
    "type": "object",
    "minProperties": 1,
    "properties": {
        "gt": _BOUND,
        "gte": _BOUND,
        "lt": _BOUND,
        "lte": _BOUND,
        "exists": {"type": "boolean"},
        "prefix": {"type": "string"},
    },
    "additionalProperties": False,
}
