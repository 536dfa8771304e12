"""Search by photos, stored products, words or a mix, one query or many; look-alikes."""

import time

from flask import Blueprint, Response, jsonify, request

from services.deadline import Deadline
from services.errors import InvalidFilter, InvalidRequest, LookalikeError
from services.search import Query
from web.bodies import read_json, validate
from web.context import context
from web.openapi import BODY, SEARCH, Json, Multipart, QueryString, describes
from web.openapi.forms import SearchForm
from web.problems import problem_json
from web.queries import Queries, form_fields, parsed
from web.rate_limits import charge
from web.schemas import BatchAnswer, SearchAnswer
from web.search_bodies import BatchBody, SearchBody
from web.shown import found_json

bp = Blueprint("search", __name__)

MAX_BATCH_IMAGES = 200
"""All of them are decoded before the first query is answered."""
SIMILAR = ("product_id", "image", "text", "not")
"""Fields of a search that look-alikes have no use for."""


@bp.post("/v1/search")
@describes(
    "search",
    sends=(Json(SearchBody), Multipart(SearchForm)),
    answers={200: SearchAnswer},
    problems=(*BODY, *SEARCH, InvalidFilter),
)
def search() -> Response:
    """Products near photos, stored products, words, or all of them together, inside a filter."""
    deadline = Deadline(context().platform.settings.search_timeout_s)
    queries = Queries(context().platform, deadline)
    if request.mimetype == "multipart/form-data":
        uploads = queries.uploads(request)
        return _run(queries.query(parsed(form_fields(request.form)), uploads), deadline)
    return _run(queries.query(validate(SearchBody, read_json(request))), deadline)


@bp.post("/v1/search/batch")
@describes("search", sends=(Json(BatchBody),), answers={200: BatchAnswer}, problems=(*BODY, *SEARCH))
def batch() -> Response:
    """Up to 100 searches at once. Each has an answer or a problem, in their order; one that fails harms no other."""
    began = time.perf_counter()
    body = validate(BatchBody, read_json(request))
    charge(len(body.queries))
    _check_images(body)
    search, settings = context().platform.search, context().platform.settings
    queries = Queries(context().platform, Deadline(settings.search_timeout_s))
    asked = [_query(queries, one) for one in body.queries]
    answers = iter(search.run_many([query for query in asked if isinstance(query, Query)]))
    outcomes = [next(answers) if isinstance(query, Query) else query for query in asked]
    told = [
        {"problem": problem_json(outcome)} if isinstance(outcome, LookalikeError) else found_json(outcome)
        for outcome in outcomes
    ]
    return jsonify({"answers": told, "took_ms": _ms_since(began)})


@bp.get("/v1/products/<segment:product_id>/similar")
@describes(
    "search",
    query=QueryString(SearchBody, without=SIMILAR),
    answers={200: SearchAnswer},
    problems=(*SEARCH, InvalidFilter),
)
def similar(product_id: str) -> Response:
    """Look-alikes of a stored product, by the search's own fields as `?name=value`; what is no text is JSON."""
    deadline = Deadline(context().platform.settings.search_timeout_s)
    if wrong := [name for name in SIMILAR if name in request.args]:
        raise InvalidRequest(f"{', '.join(wrong)}: look-alikes are of this product alone; POST /v1/search takes more")
    body = parsed({**form_fields(request.args), "image": {"product_id": product_id}})
    return _run(Queries(context().platform, deadline).query(body), deadline)


def _check_images(body: BatchBody) -> None:
    number = sum(len(one.image) if isinstance(one.image, list) else one.image is not None for one in body.queries)
    if number > MAX_BATCH_IMAGES:
        raise InvalidRequest(f"queries: {number} images in all; at most {MAX_BATCH_IMAGES} in one batch")


def _query(queries: Queries, body: SearchBody) -> Query | LookalikeError:
    try:
        return queries.query(body)
    except LookalikeError as exc:
        return exc


def _run(query: Query, deadline: Deadline) -> Response:
    began = time.perf_counter()
    answer = context().platform.search.run(query, deadline)
    return jsonify({**found_json(answer), "took_ms": _ms_since(began)})


def _ms_since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
