"""Filters are data: a small tree, parsed from JSON once, matched in Python or rendered for an engine."""

from services.filters.grammar import parse_filter
from services.filters.matching import fields_of, matches
from services.filters.nodes import All, Any, Compare, Exists, Filter, Not, OneOf, Prefix

__all__ = [
    "All",
    "Any",
    "Compare",
    "Exists",
    "Filter",
    "Not",
    "OneOf",
    "Prefix",
    "fields_of",
    "matches",
    "parse_filter",
]
