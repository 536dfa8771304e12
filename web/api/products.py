"""One product: put, patch, get, delete, and its photos one by one."""

import time
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from services.catalogue import Change
from services.errors import BadImage, Conflict, ImageTooLarge, InvalidProduct, InvalidRequest, NotFound, Unavailable
from services.intake import IncomingImage
from services.products import checked_id
from web.bodies import ProductBody, read_json, validate
from web.context import context
from web.openapi import BODY, PHOTO, Bytes, Json, Multipart, QueryString, describes
from web.openapi.forms import ProductForm
from web.openapi.queries import ChangeQuery, DeleteQuery, PutQuery
from web.queries import flag
from web.schemas import RecordAnswer
from web.shown import product_json

bp = Blueprint("products", __name__)

MAX_WAIT_S = 30.0
POLL_S = 0.05
CHANGE = (InvalidProduct, NotFound, Conflict, Unavailable)
"""What may be wrong with any change of a product."""


@bp.put("/v1/products/<segment:product_id>")
@describes(
    "products",
    sends=(Json(ProductBody), Multipart(ProductForm)),
    query=QueryString(PutQuery),
    answers={200: RecordAnswer, 202: RecordAnswer},
    headers={200: ("Location",), 202: ("Location",)},
    problems=(*BODY, *CHANGE, *PHOTO),
)
def put(product_id: str) -> Response:
    """Accept a product, and queue it: 202, or 200 when `?wait=` seconds were enough to make it searchable."""
    version, wait_s = _version(), _wait()
    checked_id(product_id)  # before anything is decoded
    body = validate(ProductBody, read_json(request))
    refresh = flag(request.args.get("refresh", ""), "refresh")
    intake = context().platform.intake
    return _accept(intake.put(product_id, body.attributes, _images(body), version, refresh), wait_s)


@bp.patch("/v1/products/<segment:product_id>")
@describes(
    "products",
    sends=(Json(ProductBody), Multipart(ProductForm)),
    query=QueryString(ChangeQuery),
    answers={200: RecordAnswer, 202: RecordAnswer},
    headers={200: ("Location",), 202: ("Location",)},
    problems=(*BODY, *CHANGE, *PHOTO),
)
def patch(product_id: str) -> Response:
    """Change attributes, null taking one away; photos are added or replaced by name. Nothing else is embedded."""
    version, wait_s = _version(), _wait()
    checked_id(product_id)
    body = validate(ProductBody, read_json(request))
    intake = context().platform.intake
    return _accept(intake.patch(product_id, body.attributes, _images(body), version=version), wait_s)


@bp.get("/v1/products/<segment:product_id>")
@describes("products", answers={200: RecordAnswer}, problems=(NotFound, Unavailable))
def get(product_id: str) -> Response:
    """The record with its state."""
    return jsonify(product_json(context().platform.catalogue.get(product_id)))


@bp.delete("/v1/products/<segment:product_id>")
@describes("products", query=QueryString(DeleteQuery), answers={204: None}, problems=(InvalidRequest, *CHANGE))
def delete(product_id: str) -> Response:
    """Delete a product. Searches leave it out from now on; its rows go when a worker comes to it."""
    context().platform.catalogue.write_one(context().platform.intake.delete(product_id, _version()))
    _queue(product_id)
    return Response(status=204)


@bp.put("/v1/products/<segment:product_id>/images/<segment:name>")
@describes(
    "products",
    sends=(Bytes("application/octet-stream", "The photo, of any content type."),),
    query=QueryString(ChangeQuery),
    answers={200: RecordAnswer, 202: RecordAnswer},
    headers={200: ("Location",), 202: ("Location",)},
    problems=(InvalidRequest, 413, *CHANGE, BadImage, ImageTooLarge),
)
def put_image(product_id: str, name: str) -> Response:
    """Add a photo, the bytes of the body, to a product, in the place of the one of that name if there is one."""
    version, wait_s = _version(), _wait()
    image = IncomingImage(name, request.get_data(cache=False))
    return _accept(context().platform.intake.patch(product_id, {}, [image], version=version), wait_s)


@bp.delete("/v1/products/<segment:product_id>/images/<segment:name>")
@describes(
    "products",
    query=QueryString(ChangeQuery),
    answers={200: RecordAnswer, 202: RecordAnswer},
    headers={200: ("Location",), 202: ("Location",)},
    problems=(InvalidRequest, *CHANGE),
)
def delete_image(product_id: str, name: str) -> Response:
    """Take a photo away from a product."""
    version, wait_s = _version(), _wait()
    return _accept(context().platform.intake.patch(product_id, {}, without_images=[name], version=version), wait_s)


def _images(body: ProductBody) -> list[IncomingImage]:
    """The files of a multipart body, then the photos in JSON."""
    files = request.files.getlist("images")
    uploads = [IncomingImage(file.filename or f"image-{place}", file.read()) for place, file in enumerate(files, 1)]
    return uploads + [image.incoming() for image in body.images]


def _accept(change: Change, wait_s: float) -> Response:
    accepted = context().platform.catalogue.write_one(change)
    if accepted.changed:
        _queue(change.product_id)
    return _answer(change.product_id, accepted.revision, wait_s)


def _queue(product_id: str) -> None:
    try:
        context().queue.send([product_id], urgent=True)
    except Unavailable:
        # Accepted is accepted: the catalogue has it, and a sweep queues it once the broker is back.
        return


def _version() -> int | None:
    raw = request.args.get("version")
    if raw is None:
        return None
    try:
        return int(raw)
    except ValueError as exc:
        raise InvalidRequest(f"version={raw[:50]!r}: a whole number is needed") from exc


def _wait() -> float:
    raw = request.args.get("wait", "0")
    try:
        wait_s = float(raw)
    except ValueError as exc:
        raise InvalidRequest(f"wait={raw!r}: a number of seconds is needed") from exc
    if not 0 <= wait_s <= MAX_WAIT_S:
        raise InvalidRequest(f"wait={raw}: between 0 and {MAX_WAIT_S:.0f} seconds are allowed")
    return wait_s


def _answer(product_id: str, revision: int, wait_s: float) -> Response:
    """The record once `revision` is settled, or as it is when the time is over."""
    catalogue, until = context().platform.catalogue, time.monotonic() + wait_s
    record = catalogue.get(product_id)
    while max(record.indexed_revision, record.failed_revision) < revision and time.monotonic() < until:
        time.sleep(POLL_S)
        record = catalogue.get(product_id)
    body: dict[str, Any] = product_json(record)
    response = jsonify(body)
    response.status_code = 200 if record.indexed_revision >= revision else 202
    response.headers["Location"] = url_for("products.get", product_id=product_id)
    return response
