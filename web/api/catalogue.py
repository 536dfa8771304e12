"""The catalogue as a whole: lists, counts, the values of a field."""

from flask import Blueprint, Response, jsonify, request

from services.catalogue.catalogue import STATES
from services.errors import InvalidRequest
from services.products import State
from web.bodies import whole_number
from web.context import context
from web.serialise import record_json

bp = Blueprint("catalogue", __name__)

MAX_PAGE = 200


@bp.get("/v1/products")
def products() -> Response:
    """Products by id, a page at a time: `?state=`, `?limit=`, `?after=` the last id seen, `?<attribute>=` its text."""
    arguments = dict(request.args)
    state = _state(arguments.pop("state", None))
    limit = whole_number(arguments.pop("limit", "50"), "limit")
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidRequest(f"limit={limit}: between 1 and {MAX_PAGE} are allowed")
    after = arguments.pop("after", "")
    # One more than is shown tells whether there is another page.
    records = context().platform.catalogue.page(limit + 1, after, state, arguments)
    following = records[limit - 1].product.id if len(records) > limit else None
    return jsonify({"products": [record_json(record) for record in records[:limit]], "next_after": following})


def _state(raw: str | None) -> State | None:
    for state in STATES:
        if raw == state:
            return state
    if raw is not None:
        raise InvalidRequest(f"state={raw!r}: allowed are {', '.join(STATES)}")
    return None


@bp.get("/v1/counts")
def counts() -> Response:
    """How many products are in each state."""
    return jsonify(context().platform.catalogue.counts())


@bp.get("/v1/fields/<segment:field>/values")
def values(field: str) -> Response:
    """The values of a text attribute, with the number of products that have each."""
    found = context().platform.catalogue.values(field)
    return jsonify({"field": field, "values": [{"value": value, "products": number} for value, number in found]})
