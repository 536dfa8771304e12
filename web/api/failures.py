"""What could not be indexed or accepted: list, try again, give up."""

from collections.abc import Iterable
from itertools import chain

from flask import Blueprint, Response, jsonify, request

from services.errors import InvalidRequest, Unavailable
from web.bodies import FailuresBody, read_json, validate, whole_number
from web.context import context
from web.failures import drop_messages, drop_products, retry_messages, retry_products
from web.openapi import BODY, Json, QueryString, describes
from web.openapi.queries import FailuresQuery, MessagesQuery
from web.schemas import FailuresAnswer, MessagesAnswer, SettledAnswer
from web.serialise import message_json
from web.shown import product_json

bp = Blueprint("failures", __name__)

MAX_PAGE = 200


@bp.get("/v1/failures")
@describes(
    "failures", query=QueryString(FailuresQuery), answers={200: FailuresAnswer}, problems=(InvalidRequest, Unavailable)
)
def products() -> Response:
    """Products that could not be indexed, by id, and how many of each code: `?code=`, `?limit=`, `?after=`."""
    limit, after = _limit(), request.args.get("after", "")
    platform = context().platform
    records = platform.failures.page(limit + 1, after, request.args.get("code"))
    following = records[limit - 1].product.id if len(records) > limit else None
    counts = {"products": platform.failures.by_code(), "messages": platform.refused.count()}
    return jsonify(
        {"products": [product_json(record) for record in records[:limit]], "next_after": following, "counts": counts}
    )


@bp.get("/v1/failures/messages")
@describes(
    "failures", query=QueryString(MessagesQuery), answers={200: MessagesAnswer}, problems=(InvalidRequest, Unavailable)
)
def messages() -> Response:
    """Queue messages that could not be accepted: `?limit=`, `?after=`."""
    limit, after = _limit(), request.args.get("after", "")
    found = context().platform.refused.page(limit + 1, after)
    following = found[limit - 1].id if len(found) > limit else None
    return jsonify({"messages": [message_json(message) for message in found[:limit]], "next_after": following})


@bp.post("/v1/failures/retry")
@describes("failures", sends=(Json(FailuresBody),), answers={200: SettledAnswer}, problems=(*BODY, Unavailable))
def retry() -> Response:
    """Try products and messages again; says how many of each."""
    body = _body()
    platform, queue = context().platform, context().queue
    products = retry_products(platform, queue, _products(body))
    messages = retry_messages(platform, queue, _messages(body))
    return jsonify({"products": products, "messages": messages})


@bp.post("/v1/failures/drop")
@describes("failures", sends=(Json(FailuresBody),), answers={200: SettledAnswer}, problems=(*BODY, Unavailable))
def drop() -> Response:
    """Give products up, which deletes them, and forget messages; says how many of each."""
    body = _body()
    platform, queue = context().platform, context().queue
    products = drop_products(platform, queue, _products(body))
    return jsonify({"products": products, "messages": drop_messages(platform, _messages(body))})


def _body() -> FailuresBody:
    body = validate(FailuresBody, read_json(request))
    if not (body.product_ids or body.message_ids or body.code or body.all):
        raise InvalidRequest("say which: product_ids, message_ids, a code, or all")
    return body


def _products(body: FailuresBody) -> Iterable[list[str]]:
    every = context().platform.failures.every(body.code) if body.all or body.code else ()
    return chain([body.product_ids] if body.product_ids else [], every)


def _messages(body: FailuresBody) -> Iterable[list[str]]:
    every = context().platform.refused.every() if body.all else ()
    return chain([body.message_ids] if body.message_ids else [], every)


def _limit() -> int:
    limit = whole_number(request.args.get("limit", "50"), "limit")
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidRequest(f"limit={limit}: between 1 and {MAX_PAGE} are allowed")
    return limit
