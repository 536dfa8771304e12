"""Stored photos, whole or as thumbnails."""

from flask import Blueprint, Response, request

from services.errors import InvalidRequest, NotFound, Unavailable
from services.images.thumbnails import STEPS, step
from web.bodies import whole_number
from web.context import context
from web.openapi import Media, QueryString, describes
from web.openapi.queries import ImageQuery

bp = Blueprint("images", __name__)

MAX_SIZE = STEPS[-1]
# How the formats that browsers display begin.
SIGNATURES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}
MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp")


@bp.get("/v1/products/<segment:product_id>/images/<segment:name>")
@describes(
    "products",
    query=QueryString(ImageQuery),
    answers={200: Media(MEDIA_TYPES, "The photo."), 304: None},
    headers={200: ("ETag",), 304: ("ETag",)},
    problems=(InvalidRequest, NotFound, Unavailable),
)
def image(product_id: str, name: str) -> Response:
    """The photo as it was stored, or as JPEG with at least `?size=` pixels on its longer side if it has as many."""
    platform = context().platform
    found = [image for image in platform.catalogue.get(product_id).product.images if image.name == name]
    if not found:
        raise NotFound(f"product {product_id!r} has no image {name!r}")
    if not found[0].digest:
        raise NotFound(f"image {name!r} of product {product_id!r} has not been fetched from its URL yet")
    digest, size = found[0].digest, _size()
    response = Response()
    response.set_etag(f"{digest}-{size}")
    # The name may come to stand for another photo, so browsers ask again; the answer is then a cheap 304.
    response.headers["Cache-Control"] = "no-cache"
    # The bytes are a stranger's: were they ever taken for a page, it could do nothing.
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    if not request.if_none_match.contains(response.get_etag()[0] or ""):
        data = b"" if size else platform.images.read(digest)
        media_type = _type(data)
        response.data = data if media_type else platform.thumbnails.get(digest, size or MAX_SIZE)
        response.mimetype = media_type or "image/jpeg"
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug types it as its own Response


def _size() -> int:
    """The size of thumbnail that was asked for, 0 for the photo as it is."""
    size = whole_number(request.args.get("size", "0"), "size")
    if not 0 <= size <= MAX_SIZE:
        raise InvalidRequest(f"size={size}: between 1 and {MAX_SIZE} pixels are allowed")
    return step(size) if size else 0


def _type(data: bytes) -> str | None:
    """The media type that the bytes themselves show, if it is one that browsers display."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in SIGNATURES.items() if data.startswith(start)), None)
