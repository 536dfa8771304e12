"""Answers queries: photos, stored products, words, or a mix, inside a filter."""

from services.facets import Facet, FacetRequest
from services.search.answer import Answer, Explanation, Hit, PartShare
from services.search.boxes import Box, crop
from services.search.interpretation import Interpretation, Term
from services.search.query import Fusion, ImagePart, Mode, Query, Sort, TextPart
from services.search.search import Search

__all__ = [
    "Answer",
    "Box",
    "Explanation",
    "Facet",
    "FacetRequest",
    "Fusion",
    "Hit",
    "ImagePart",
    "Interpretation",
    "Mode",
    "PartShare",
    "Query",
    "Search",
    "Sort",
    "Term",
    "TextPart",
    "crop",
]
