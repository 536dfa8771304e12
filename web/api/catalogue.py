"""The catalogue as a whole: lists, counts, the values of a field."""

from flask import Blueprint, Response, jsonify, request

from services.catalogue.catalogue import STATES
from services.catalogue.facet_parts import MAX_TOP
from services.errors import InvalidFilter, InvalidProduct, InvalidRequest, Unavailable
from services.facets import FacetRequest
from services.filters import Filter, parse_filter
from services.products import State
from web.bodies import parse_object, whole_number
from web.context import context
from web.openapi import QueryString, describes
from web.openapi.queries import ProductsQuery
from web.schemas import CountsAnswer, FieldsAnswer, FieldValuesAnswer, ProductsPage
from web.shown import product_json

bp = Blueprint("catalogue", __name__)

MAX_PAGE = 200


@bp.get("/v1/products")
@describes(
    "catalogue",
    query=QueryString(ProductsQuery),
    answers={200: ProductsPage},
    problems=(InvalidRequest, InvalidProduct, InvalidFilter, Unavailable),
)
def products() -> Response:
    """Products by id, a page at a time.

    `?state=`, `?limit=`, `?after=` the last id seen, `?filter=` a filter as JSON, `?<attribute>=` its text.
    """
    arguments = dict(request.args)
    state = _state(arguments.pop("state", None))
    limit = whole_number(arguments.pop("limit", "50"), "limit")
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidRequest(f"limit={limit}: between 1 and {MAX_PAGE} are allowed")
    after = arguments.pop("after", "")
    where = _filter(arguments.pop("filter", ""))
    # One more than is shown tells whether there is another page.
    records = context().platform.catalogue.page(limit + 1, after, state, arguments, where)
    following = records[limit - 1].product.id if len(records) > limit else None
    return jsonify({"products": [product_json(record) for record in records[:limit]], "next_after": following})


def _state(raw: str | None) -> State | None:
    for state in STATES:
        if raw == state:
            return state
    if raw is not None:
        raise InvalidRequest(f"state={raw!r}: allowed are {', '.join(STATES)}")
    return None


def _filter(raw: str) -> Filter | None:
    platform = context().platform
    return parse_filter(parse_object(raw, "filter"), platform.settings.fields, platform.known_fields()) if raw else None


@bp.get("/v1/counts")
@describes("catalogue", answers={200: CountsAnswer}, problems=(Unavailable,))
def counts() -> Response:
    """How many products are in each state."""
    return jsonify(context().platform.catalogue.counts())


@bp.get("/v1/fields")
@describes("catalogue", answers={200: FieldsAnswer}, problems=(Unavailable,))
def fields() -> Response:
    """Every attribute that a product has had or that is declared: the kinds of its values, and its declared type."""
    platform = context().platform
    known, declared = platform.attribute_names.known(), platform.settings.fields
    told = [
        {"field": name, "kinds": sorted(known.get(name, ())), "type": declared.get(name)}
        for name in sorted({*known, *declared})
    ]
    return jsonify({"fields": told})


@bp.get("/v1/fields/<segment:field>/values")
@describes("catalogue", answers={200: FieldValuesAnswer}, problems=(InvalidRequest, Unavailable))
def values(field: str) -> Response:
    """The values of a text attribute, with the number of products that searches find of each."""
    (facet,) = context().platform.facets.count(None, [FacetRequest(field, MAX_TOP)])
    found = [{"value": value, "products": number} for value, number in facet.values if isinstance(value, str)]
    return jsonify({"field": field, "values": found})
