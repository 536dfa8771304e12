"""Domain types as JSON."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from services.catalogue import ImportProgress, Line, RefusedMessage
from services.confidence import PROBABILITY_DIGITS, SCORE_DIGITS
from services.facets import Facet
from services.predictions import PREFIX, suggested
from services.products import ImageRef, Problem, Record
from services.search import Answer, Explanation, Hit, Interpretation


def image_url(product_id: str, name: str) -> str:
    """Where a product's photo is served."""
    return f"/v1/products/{quote(product_id, safe='')}/images/{quote(name, safe='')}"


def record_json(record: Record, least: float | None) -> dict[str, Any]:
    """A product with its state. What is at least as probable as `least` is suggested; None suggests nothing."""
    product = record.product
    return {
        "id": product.id,
        **_product_json(record, least),
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


def answer_json(answer: Answer, least: float | None) -> dict[str, Any]:
    """The answer of a search, but for the time that it took. `least` is the probability of a suggestion."""
    told: dict[str, Any] = {
        "hits": [_hit_json(hit, least) for hit in answer.hits],
        "mode": answer.mode,
        "no_good_match": answer.no_good_match,
        "index": {"model": answer.model, "generation": answer.index.generation},
    }
    if answer.interpretation is not None:
        told["interpretation"] = _interpretation_json(answer.interpretation)
    if answer.total is not None:
        told["total"] = answer.total
    if answer.facets:
        told["facets"] = [_facet_json(facet) for facet in answer.facets]
    return told


def _hit_json(hit: Hit, least: float | None) -> dict[str, Any]:
    product_id = hit.record.product.id
    told = {
        "product_id": product_id,
        "image": hit.image,
        "image_url": image_url(product_id, hit.image),
        "score": _rounded(hit.score, SCORE_DIGITS),
        "probability": _rounded(hit.probability, PROBABILITY_DIGITS),
        "product": _product_json(hit.record, least),
    }
    return told if hit.explanation is None else {**told, "explain": _explanation_json(hit.explanation)}


def _explanation_json(explanation: Explanation) -> dict[str, Any]:
    return {
        "parts": [
            {
                "part": part.part,
                "weight": part.weight,
                "cosine": _rounded(part.cosine, SCORE_DIGITS),
                "share": _rounded(part.share, SCORE_DIGITS),
            }
            for part in explanation.parts
        ],
        "semantic_rank": explanation.semantic_rank,
        "lexical_rank": explanation.lexical_rank,
        "bm25": _rounded(explanation.bm25, PROBABILITY_DIGITS),
        "exact": explanation.exact,
        "boosts": list(explanation.boosts),
        "agrees": dict(explanation.agrees),
        "differs": {name: {"query": wanted, "hit": had} for name, (wanted, had) in explanation.differs.items()},
    }


def _interpretation_json(read: Interpretation) -> dict[str, Any]:
    terms = [
        {"words": term.words, "field": term.field, "kind": term.kind, "filter": term.filter_json, "sure": term.sure}
        for term in read.terms
    ]
    unknown = list(read.unknown_unwanted)
    return {"text": read.text, "terms": terms, "rest": list(read.rest), "unknown_unwanted": unknown}


def _facet_json(facet: Facet) -> dict[str, Any]:
    told: dict[str, Any] = {"field": facet.field, "products": facet.products}
    if facet.ranges:
        return {**told, "ranges": [{"gte": low, "lt": high, "products": number} for low, high, number in facet.ranges]}
    return {**told, "values": [{"value": value, "products": number} for value, number in facet.values]}


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)


def _product_json(record: Record, least: float | None) -> dict[str, Any]:
    product = record.product
    images = [_image_json(record, image) for image in product.images]
    told = {"attributes": dict(product.attributes), "images": images}
    predicted = _predicted_json(record, least)
    return {**told, "predicted": predicted} if predicted else told


def _predicted_json(record: Record, least: float | None) -> dict[str, Any]:
    """What the model takes the product for where the shop does not say, by label field."""
    fields = [name.removeprefix(PREFIX) for name in suggested(record.product.attributes, record.predictions, least)]
    labels = record.predictions.labels if record.predictions else {}
    return {name: {"label": labels[name][0], "probability": labels[name][1]} for name in fields}


def _image_json(record: Record, image: ImageRef) -> dict[str, Any]:
    told: dict[str, Any] = {"name": image.name, "url": image_url(record.product.id, image.name)}
    if image.url:
        told["source_url"] = image.url
    if image.name in record.image_problems:
        told["problem"] = _problem(record.image_problems[image.name])
    return told
