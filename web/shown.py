"""Products and answers as this platform shows them: with what its settings suggest beside the shop's own words."""

from typing import Any

from services.products import Record
from services.search import Answer
from web.context import context
from web.serialise import answer_json, record_json


def product_json(record: Record) -> dict[str, Any]:
    """A product with its state."""
    return record_json(record, context().platform.settings.predict_from)


def found_json(answer: Answer) -> dict[str, Any]:
    """The answer of a search, but for the time that it took."""
    return answer_json(answer, context().platform.settings.predict_from)
