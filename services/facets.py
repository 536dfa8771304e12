"""How many products have each value of a field: what is asked, and what is answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.fields import Scalar


@dataclass(frozen=True)
class FacetRequest:
    """Count the products of each of the `top` values of a field, or in each range [low, high); None is open."""

    field: str
    top: int = 10
    ranges: tuple[tuple[float | None, float | None], ...] = ()


@dataclass(frozen=True)
class Facet:
    """A field's values, most frequent first, or its ranges as (low, high), with the number of products of each.

    `products` have the field at all.
    """

    field: str
    values: Sequence[tuple[Scalar, int]] = ()
    ranges: Sequence[tuple[float | None, float | None, int]] = ()
    products: int = 0
