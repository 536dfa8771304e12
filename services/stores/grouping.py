"""From images near a query to products near it."""

from collections.abc import Iterable

from services.stores.protocol import Match


def best_per_product(images: Iterable[Match], limit: int) -> list[Match]:
    """Keep the best image of each product, and of those the best `limit`, best first; ties in order of id.

    >>> best_per_product([Match("a", "1", 0.5), Match("b", "1", 0.7), Match("a", "2", 0.9)], 10)
    [Match(product_id='a', image='2', score=0.9), Match(product_id='b', image='1', score=0.7)]
    """
    best: dict[str, Match] = {}
    for match in sorted(images, key=_order):
        best.setdefault(match.product_id, match)
    return list(best.values())[:limit]


def _order(match: Match) -> tuple[float, str, str]:
    return -match.score, match.product_id, match.image
