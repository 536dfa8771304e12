"""Domain types as JSON."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from services.confidence import PROBABILITY_DIGITS, SCORE_DIGITS
from services.products import Record
from services.search import Answer


def image_url(product_id: str, name: str) -> str:
    """Where a product's photo is served."""
    return f"/v1/products/{quote(product_id, safe='')}/images/{quote(name, safe='')}"


def record_json(record: Record) -> dict[str, Any]:
    """A product with its state."""
    product = record.product
    return {
        "id": product.id,
        **_product_json(record),
        "state": record.state,
        "revision": record.revision,
        "indexed_revision": record.indexed_revision,
        "attempts": record.attempts,
        "problem": {"code": record.problem.code, "detail": record.problem.detail} if record.problem else None,
        "updated_at": datetime.fromtimestamp(record.updated_at, UTC).isoformat(timespec="milliseconds"),
    }


def answer_json(answer: Answer, took_ms: float) -> dict[str, Any]:
    """The hits of a search."""
    hits = [
        {
            "product_id": hit.record.product.id,
            "image": hit.image,
            "image_url": image_url(hit.record.product.id, hit.image),
            "score": round(hit.score, SCORE_DIGITS),
            "probability": None if hit.probability is None else round(hit.probability, PROBABILITY_DIGITS),
            "product": _product_json(hit.record),
        }
        for hit in answer.hits
    ]
    index = {"model": answer.model, "generation": answer.index.generation}
    return {"hits": hits, "no_good_match": answer.no_good_match, "index": index, "took_ms": round(took_ms, 1)}


def _product_json(record: Record) -> dict[str, Any]:
    product = record.product
    images = [{"name": image.name, "url": image_url(product.id, image.name)} for image in product.images]
    return {"attributes": dict(product.attributes), "images": images}
