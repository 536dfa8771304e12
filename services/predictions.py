"""What the model takes a product's main photo for, and which of it is suggested where the shop says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.fields import Attributes, Scalar

PREFIX = "predicted_"


@dataclass(frozen=True)
class Predictions:
    """The likeliest label of each field, with its probability, for the photo `digest`, as `model` (its key) has it."""

    model: str
    digest: str
    labels: Mapping[str, tuple[str, float]]


def suggested(
    attributes: Attributes, predictions: Predictions | None, min_probability: float | None
) -> dict[str, Scalar]:
    """The attributes that a product gets besides the shop's `attributes`: `predicted_<field>`, the field's label.

    A field is suggested where the shop did not fill it, its label is at least as probable as `min_probability`, and
    the shop has no attribute of the suggestion's own name. With `min_probability` None nothing is suggested. This is
    the definition: whatever filters on suggestions, in the index or in the database, must agree with it.

    >>> found = Predictions("m@1", "d", {"gender": ("Women", 0.9), "base_colour": ("Red", 0.4), "usage": ("Home", 1.0)})
    >>> suggested({"usage": "Casual"}, found, 0.5)
    {'predicted_gender': 'Women'}
    """
    if predictions is None or min_probability is None:
        return {}
    return {
        f"{PREFIX}{field}": label
        for field, (label, probability) in predictions.labels.items()
        if field not in attributes and f"{PREFIX}{field}" not in attributes and probability >= min_probability
    }


def with_suggestions(
    attributes: Attributes, predictions: Predictions | None, min_probability: float | None
) -> dict[str, Scalar]:
    """The attributes that filters see: the shop's own, and what is suggested beside them."""
    return {**attributes, **suggested(attributes, predictions, min_probability)}


def predictions_json(predictions: Predictions | None) -> dict[str, Any] | None:
    """As the catalogue keeps it: `{"model", "digest", "labels": {field: [label, probability]}}`."""
    if predictions is None:
        return None
    labels = {field: [label, probability] for field, (label, probability) in predictions.labels.items()}
    return {"model": predictions.model, "digest": predictions.digest, "labels": labels}


def predictions_from_json(kept: Mapping[str, Any] | None) -> Predictions | None:
    """The inverse of `predictions_json`."""
    if kept is None:
        return None
    labels = {field: (label, probability) for field, (label, probability) in kept["labels"].items()}
    return Predictions(kept["model"], kept["digest"], labels)
