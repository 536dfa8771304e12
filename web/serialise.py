"""Domain types as JSON."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from services.catalogue import ImportProgress, Line, RefusedMessage
from services.confidence import PROBABILITY_DIGITS, SCORE_DIGITS
from services.products import ImageRef, Problem, Record
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
        "version": record.version,
        "problem": _problem(record.problem, record.problem_at),
        "updated_at": moment(record.updated_at),
    }


def import_json(progress: ImportProgress) -> dict[str, Any]:
    """Where an import stands."""
    return {
        **asdict(progress),
        "created_at": moment(progress.created_at),
        "problem": _problem(progress.problem),
        "settled": progress.settled,
    }


def line_json(line: Line) -> dict[str, Any]:
    """A line of an import that has a problem."""
    problem = line.problem or Problem("", "")
    return {"line": line.number, "product_id": line.product_id, "code": problem.code, "detail": problem.detail}


def message_json(message: RefusedMessage) -> dict[str, Any]:
    """A queue message that could not be accepted."""
    return {
        "id": message.id,
        "received_at": moment(message.received_at),
        "task": message.task,
        "product_id": message.product_id,
        "problem": _problem(message.problem),
        "body": message.body,
    }


def moment(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _problem(problem: Problem | None, at: float | None = None) -> dict[str, Any] | None:
    if problem is None:
        return None
    told = {"code": problem.code, "detail": problem.detail}
    return told if at is None else {**told, "at": moment(at)}


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
    images = [_image_json(record, image) for image in product.images]
    return {"attributes": dict(product.attributes), "images": images}


def _image_json(record: Record, image: ImageRef) -> dict[str, Any]:
    told: dict[str, Any] = {"name": image.name, "url": image_url(record.product.id, image.name)}
    if image.url:
        told["source_url"] = image.url
    if image.name in record.image_problems:
        told["problem"] = _problem(record.image_problems[image.name])
    return told
