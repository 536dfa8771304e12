"""What every vector store asks of rows and queries before it touches anything."""

from collections.abc import Sequence

import numpy as np

from services.arrays import FloatArray
from services.errors import DeadlineExceeded, InvalidRequest
from services.fields import Fields, FieldType, Scalar
from services.filters.matching import Kind, kind_of
from services.stores.protocol import Row

# Somewhat more than the products that a search shows, so that some can be dropped from what is found.
MAX_LIMIT = 1_200
UNIT_TOLERANCE = 1e-3
STORED_KIND: dict[FieldType, Kind] = {
    FieldType.KEYWORD: "text",
    FieldType.DATE: "text",
    FieldType.NUMBER: "number",
    FieldType.BOOLEAN: "boolean",
}


def checked_rows(rows: Sequence[Row], dimensions: int, fields: Fields) -> dict[str, Row]:
    """Return `rows` by key, the last one where a key comes twice.

    Raises InvalidRequest, naming the product and image, for a vector that is missing or unusable, or a declared
    attribute of another type than its field.
    """
    for row in rows:
        what = f"product {row.product_id!r}, image {row.image!r}"
        if row.vector is None:
            raise InvalidRequest(f"{what}: has no vector; only rows with one can be written")
        check_vectors(row.vector[np.newaxis], dimensions, what)
        for name, value in row.attributes.items():
            _check_attribute(what, name, value, fields)
    return {row.key: row for row in rows}


def check_query(vectors: FloatArray, limit: int, dimensions: int) -> None:
    """Raises InvalidRequest unless every query (Q, D) is a unit vector of the index, and `limit` is in range."""
    check_limit(limit)
    check_vectors(vectors, dimensions, "query")


def check_limit(limit: int) -> None:
    """Raises InvalidRequest unless so many products can be asked for."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"limit {limit!r}: 1 to {MAX_LIMIT:,} products can be asked for")


def check_time(timeout_s: float | None) -> None:
    """Raises DeadlineExceeded when no time is left to begin with; None is no limit."""
    if timeout_s is not None and not timeout_s > 0:
        raise DeadlineExceeded(f"no time is left to ask the index (timeout_s={timeout_s:g}); allow more")


def check_vectors(vectors: FloatArray, dimensions: int, what: str) -> None:
    """Raises InvalidRequest unless `vectors` (N, D) are finite rows of length one and of this index's dimension."""
    if vectors.ndim != 2 or vectors.shape[1] != dimensions:
        raise InvalidRequest(f"{what}: a vector of shape {vectors.shape[1:]}; this index holds ({dimensions},)")
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1)  # (N,), NaN or infinite where an entry is
    if not (np.abs(norms - 1.0) <= UNIT_TOLERANCE).all():
        raise InvalidRequest(f"{what}: its vector is not finite and of length one; scale it with `unit_rows`")


def _check_attribute(what: str, name: str, value: Scalar, fields: Fields) -> None:
    kind = fields.get(name)
    if kind is not None and kind_of(value) != STORED_KIND[kind]:
        raise InvalidRequest(f"{what}: attribute {name!r} is {value!r}, which a {kind} field cannot hold")
