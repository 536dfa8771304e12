"""Search by photo, stored product, words or a mix; look-alikes; labels for a photo."""

import time
from typing import Any

from flask import Blueprint, Response, jsonify, request
from PIL import Image

from services.confidence import Minima
from services.errors import InvalidRequest
from services.filters import parse_filter
from services.images import decode_image
from services.search import Query
from web.bodies import (
    ClassifyBody,
    QueryImageBody,
    SearchBody,
    decimal_number,
    decode_base64,
    parse_object,
    read_json,
    validate,
    whole_number,
)
from web.context import context
from web.serialise import answer_json

bp = Blueprint("search", __name__)

TOP_LABELS = 5
MINIMA = ("min_score", "min_probability")


@bp.post("/v1/search")
def search() -> Response:
    """Products near a photo, a stored product, words, or all of them together."""
    body = validate(SearchBody, _form() if request.mimetype == "multipart/form-data" else read_json(request))
    return _run(
        Query(
            images=[*_uploads(), *(_decode(image) for image in body.images if not image.product_id)],
            product_ids=[image.product_id for image in body.images if image.product_id],
            text=body.text,
            where=parse_filter(body.filter, context().platform.settings.fields),
            limit=body.limit,
            offset=body.offset,
            minima=Minima(body.min_score, body.min_probability),
        )
    )


@bp.get("/v1/products/<segment:product_id>/similar")
def similar(product_id: str) -> Response:
    """Look-alikes of a stored product, by the search's own fields as `?name=value`; `?filter=` is JSON."""
    arguments = request.args
    where = parse_object(arguments["filter"], "filter") if arguments.get("filter") else None
    return _run(
        Query(
            product_ids=[product_id],
            where=parse_filter(where, context().platform.settings.fields),
            limit=whole_number(arguments.get("limit", "20"), "limit"),
            offset=whole_number(arguments.get("offset", "0"), "offset"),
            minima=Minima(*(decimal_number(arguments[name], name) if name in arguments else None for name in MINIMA)),
        )
    )


@bp.post("/v1/classify")
def classify() -> Response:
    """Every label field the model knows, its likeliest labels first."""
    if request.mimetype == "multipart/form-data":
        images = _uploads()
    else:
        images = [_decode(validate(ClassifyBody, read_json(request)).image)]
    if len(images) != 1:
        raise InvalidRequest(f"{len(images)} images; one is needed, as the file `image` or as {{image: {{data}}}}")
    (prediction,) = context().platform.search.classify(images)
    labels = {
        field: [{"label": label, "probability": round(probability, 4)} for label, probability in ranked[:TOP_LABELS]]
        for field, ranked in prediction.items()
    }
    return jsonify({"labels": labels, "model": context().platform.encoder.model.key})


def _run(query: Query) -> Response:
    began = time.perf_counter()
    answer = context().platform.search.run(query)
    return jsonify(answer_json(answer, (time.perf_counter() - began) * 1000))


def _form() -> dict[str, Any]:
    """The fields of a multipart search as the JSON body would have them; the photos come beside, as files."""
    fields: dict[str, Any] = dict(request.form)
    for name in ("limit", "offset"):
        if name in fields:
            fields[name] = whole_number(fields[name], name)
    for name in MINIMA:
        if name in fields:
            fields[name] = decimal_number(fields[name], name)
    if fields.get("filter"):
        fields["filter"] = parse_object(fields["filter"], "filter")
    else:
        fields.pop("filter", None)
    if "product_id" in fields:
        fields["image"] = {"product_id": fields.pop("product_id")}
    return fields


def _uploads() -> list[Image.Image]:
    files = request.files.getlist("image")
    return [decode_image(file.read(), context().platform.limits) for file in files]


def _decode(image: QueryImageBody) -> Image.Image:
    if not image.data:
        raise InvalidRequest("image: give `data` in base64, or the `product_id` of a stored product")
    return decode_image(decode_base64(image.data, "image.data"), context().platform.limits)
