"""Stored photos, whole or as thumbnails."""

import io

from flask import Blueprint, Response, request
from PIL import Image

from services.errors import InvalidRequest, NotFound
from services.images import decode_image
from web.bodies import whole_number
from web.context import context

bp = Blueprint("images", __name__)

MAX_SIZE = 1024
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif", "BMP": "image/bmp"}


@bp.get("/v1/products/<segment:product_id>/images/<segment:name>")
def image(product_id: str, name: str) -> Response:
    """The photo as it was stored, or `?size=` pixels on its longer side, as JPEG."""
    platform = context().platform
    found = [image for image in platform.catalogue.get(product_id).product.images if image.name == name]
    if not found:
        raise NotFound(f"product {product_id!r} has no image {name!r}")
    size = _size()
    response = Response()
    response.set_etag(f"{found[0].digest}-{size}")
    # The name may come to stand for another photo, so browsers ask again; the answer is then a cheap 304.
    response.headers["Cache-Control"] = "no-cache"
    # The bytes are a stranger's: were they ever taken for a page, it could do nothing.
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    if not request.if_none_match.contains(response.get_etag()[0] or ""):
        data = platform.images.read(found[0].digest)
        media_type = None if size else _type(data)
        response.data = data if media_type else _thumbnail(data, size or MAX_SIZE)
        response.mimetype = media_type or "image/jpeg"
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug types it as its own Response


def _size() -> int:
    size = whole_number(request.args.get("size", "0"), "size")
    if not 0 <= size <= MAX_SIZE:
        raise InvalidRequest(f"size={size}: between 1 and {MAX_SIZE} pixels are allowed")
    return size


def _thumbnail(data: bytes, size: int) -> bytes:
    picture = decode_image(data, context().platform.limits)
    picture.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _type(data: bytes) -> str | None:
    """The media type that the bytes themselves show, if it is one that browsers display."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(TYPES)) as picture:
            return TYPES[picture.format or ""]
    # Anything Pillow stumbles over is no photo; decoding it will say so properly.
    except Exception:
        return None
