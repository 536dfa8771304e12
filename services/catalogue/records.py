"""From a row of the products table to a Record."""

from typing import Any

from services.predictions import Predictions, predictions_from_json
from services.products import ImageRef, Problem, Product, Record


def record_from_row(row: Any) -> Record:
    """The record that a row of `products` holds."""
    images = tuple(ImageRef(**image) for image in row.images)
    return Record(
        product=Product(row.id, row.attributes, images),
        revision=row.revision,
        indexed_revision=row.indexed_revision,
        failed_revision=row.failed_revision,
        deleted=row.deleted,
        attempts=row.attempts,
        problem=Problem(row.problem_code, row.problem_detail) if row.problem_code else None,
        updated_at=row.updated_at,
        version=row.version,
        deferrals=row.deferrals,
        problem_at=row.problem_at,
        image_problems={name: Problem(**problem) for name, problem in (row.image_problems or {}).items()},
        predictions=_of_main_photo(images, predictions_from_json(row.predictions)),
    )


def _of_main_photo(images: tuple[ImageRef, ...], predictions: Predictions | None) -> Predictions | None:
    """Nothing may be said of a photo that was said of the one before it."""
    if predictions is None or not images or images[0].digest != predictions.digest:
        return None
    return predictions
