"""Labels for photos."""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from PIL import Image

from services.deadline import Deadline
from services.encoders.protocol import Prediction
from services.errors import InvalidRequest
from services.search import Box
from services.search.photos import decode_part
from web.bodies import read_json, validate, whole_number
from web.context import context
from web.openapi import BODY, SEARCH, Json, Multipart, describes
from web.openapi.forms import ClassifyForm
from web.queries import Queries
from web.schemas import ClassifyAnswer, ClassifyManyAnswer
from web.search_bodies import ClassifyBody, QueryImageBody

bp = Blueprint("classify", __name__)

MAX_TOP = 50


@bp.post("/v1/classify")
@describes(
    "search",
    sends=(Json(ClassifyBody), Multipart(ClassifyForm)),
    answers={200: (ClassifyAnswer, ClassifyManyAnswer)},
    problems=(*BODY, *SEARCH),
)
def classify() -> Response:
    """Every label field the model knows, its likeliest labels first, of a photo or of each of several."""
    platform = context().platform
    queries = Queries(platform, Deadline(platform.settings.search_timeout_s))
    if request.mimetype == "multipart/form-data":
        photos = [part.photo for part in queries.uploads(request) if part.photo is not None]
        top, several = whole_number(request.form.get("top", "5"), "top"), len(photos) > 1
    else:
        body = validate(ClassifyBody, read_json(request))
        several, top = isinstance(body.image, list), body.top
        photos = [_photo(queries, one) for one in (body.image if isinstance(body.image, list) else [body.image])]
    if not photos or not 1 <= top <= MAX_TOP:
        raise InvalidRequest(f"{len(photos)} images, top {top}: send 1 image or more, and a top from 1 to {MAX_TOP}")
    told = [{"labels": _labels(prediction, top)} for prediction in platform.search.classify(photos)]
    model = platform.encoder.model.key
    return jsonify({"results": told, "model": model} if several else {**told[0], "model": model})


def _photo(queries: Queries, image: QueryImageBody) -> Image.Image:
    photo = queries.photo(image)
    if photo is None:
        platform = context().platform
        images = platform.catalogue.get(image.product_id).product.images
        named = [one for one in images if one.name == image.image or not image.image]
        if not named or not named[0].digest:
            raise InvalidRequest(f"image {image.image!r} of product {image.product_id!r} is not there")
        data = platform.images.read(named[0].digest)
        return decode_part(data, platform.limits, Box(*image.box) if image.box else None)
    return photo


def _labels(prediction: Prediction, top: int) -> dict[str, Any]:
    return {
        field: [{"label": label, "probability": round(probability, 4)} for label, probability in ranked[:top]]
        for field, ranked in prediction.items()
    }
