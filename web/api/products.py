"""One product: put, get, delete."""

import time
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from services.errors import BadImage, InvalidProduct, InvalidRequest, NotFound, Unavailable
from services.images import decode_image
from services.products import MAX_IMAGES, ImageRef, Product, checked_attributes, checked_id, checked_image_name
from web.bodies import ProductBody, decode_base64, read_json, validate
from web.context import context
from web.serialise import record_json

bp = Blueprint("products", __name__)

MAX_WAIT_S = 30.0
POLL_S = 0.05


@bp.put("/v1/products/<segment:product_id>")
def put(product_id: str) -> Response:
    """Accept a product, and queue it: 202, or 200 when `?wait=` seconds were enough to make it searchable."""
    wait_s = _wait()
    product_id = checked_id(product_id)
    body = validate(ProductBody, read_json(request))
    platform = context().platform
    attributes = checked_attributes(body.attributes, platform.settings.fields)
    product = Product(product_id, attributes, _images(product_id, body))
    (accepted,) = platform.catalogue.put([product])
    if accepted.changed:
        _queue(product_id)
    return _answer(product_id, accepted.revision, wait_s)


@bp.get("/v1/products/<segment:product_id>")
def get(product_id: str) -> Response:
    """The record with its state."""
    return jsonify(record_json(context().platform.catalogue.get(product_id)))


@bp.delete("/v1/products/<segment:product_id>")
def delete(product_id: str) -> Response:
    """Delete a product. Searches leave it out from now on; its rows go when a worker comes to it."""
    context().platform.catalogue.delete(product_id)
    _queue(product_id)
    return Response(status=204)


def _images(product_id: str, body: ProductBody) -> tuple[ImageRef, ...]:
    """Store the photos of a request: files of a multipart body, then those in JSON. Each is decoded to check it."""
    named = [(file.filename or "", file.read()) for file in request.files.getlist("images")]
    references: dict[str, ImageRef] = {}
    for position, (filename, data) in enumerate(named):
        name = checked_image_name(filename or f"image-{position + 1}")
        references[name] = ImageRef(name, _store(name, data))
    for image in body.images:
        name = checked_image_name(image.name or f"image-{len(references) + 1}")
        if image.data:
            references[name] = ImageRef(name, _store(name, decode_base64(image.data, f"image {name!r}")))
        else:
            references[name] = _stored(product_id, name)
    if not 1 <= len(references) <= MAX_IMAGES:
        raise InvalidProduct(f"{len(references)} images; a product has 1 to {MAX_IMAGES}")
    return tuple(references.values())


def _store(name: str, data: bytes) -> str:
    platform = context().platform
    try:
        decode_image(data, platform.limits)
    except BadImage as exc:
        raise type(exc)(f"image {name!r}: {exc}") from exc
    return platform.images.add(data)


def _stored(product_id: str, name: str) -> ImageRef:
    try:
        images = context().platform.catalogue.get(product_id).product.images
    except NotFound:
        images = ()
    for image in images:
        if image.name == name:
            return image
    raise InvalidProduct(f"image {name!r} has no data, and the product has no stored image of that name")


def _queue(product_id: str) -> None:
    try:
        context().queue.send([product_id])
    except Unavailable:
        # Accepted is accepted: the catalogue has it, and a sweep queues it once the broker is back.
        return


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
    body: dict[str, Any] = record_json(record)
    response = jsonify(body)
    response.status_code = 200 if record.indexed_revision >= revision else 202
    response.headers["Location"] = url_for("products.get", product_id=product_id)
    return response
