"""Filters are data: a small tree, parsed from JSON once, matched in Python or rendered for an engine."""

from services.filters.grammar import parse_filter
from services.filters.matching import matches
from services.filters.nodes import All, Any, Compare, Filter, Not, OneOf

__all__ = ["All", "Any", "Compare", "Filter", "Not", "OneOf", "matches", "parse_filter"]
