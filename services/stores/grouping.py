"""From images near a query to products near it."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from services.stores.protocol import Match, WordMatch

Hit = TypeVar("Hit", Match, WordMatch)

# Images that are asked for at least: so few more cost nothing, and short answers are cut from the same list.
LEAST = 32
# So many images may tie and still come in order of id. A photo that thousands share must not make all of them be read.
TIED = 512


def best_per_product(images: Iterable[Hit], limit: int) -> list[Hit]:
    """Keep the best image of each product, and of those the best `limit`, best first; ties in order of id.

    >>> best_per_product([Match("a", "1", 0.5), Match("b", "1", 0.7), Match("a", "2", 0.9)], 10)
    [Match(product_id='a', image='2', score=0.9), Match(product_id='b', image='1', score=0.7)]
    """
    best: dict[str, Hit] = {}
    for match in sorted(images, key=_order):
        best.setdefault(match.product_id, match)
    return list(best.values())[:limit]


def widened(
    ask: Callable[[list[int], int], list[list[Hit]]], chosen: list[int], queries: int, limit: int, most: int
) -> list[list[Hit]]:
    """The best `limit` products of each of so many queries, of which only the `chosen` are asked.

    `ask` finds so many images, at most `most`, for each query of a list. It is asked for more where the images of a
    query are of too few products, or where others may tie with the last of the products, as far as TIED images.
    """
    found: list[list[Hit]] = [[] for _ in range(queries)]
    waiting, rows = chosen, min(max(2 * limit, LEAST), most)
    while waiting:
        short = []
        for index, images in zip(waiting, ask(waiting, rows), strict=True):
            found[index] = best_per_product(images, limit)
            if len(images) < rows or rows == most:
                continue
            is_short = len(found[index]) < limit
            if is_short or (rows < TIED and _worth(images[-1]) >= _worth(found[index][-1])):
                short.append(index)
        waiting, rows = short, min(4 * rows, most)
    return found


def _worth(hit: Match | WordMatch) -> float:
    """What hits of one query are ranked by, higher is better."""
    return hit.score if isinstance(hit, Match) else hit.bm25


def _order(hit: Match | WordMatch) -> tuple[float, str, str]:
    return -_worth(hit), hit.product_id, hit.image
