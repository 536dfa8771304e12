"""From images to products, and how far is looked for them."""

from collections.abc import Callable

import pytest

from services.stores.grouping import LEAST, TIED, widened
from services.stores.protocol import Match

MOST = 4_000


def engine(images: list[Match], asked: list[tuple[list[int], int]]) -> Callable[[list[int], int], list[list[Match]]]:
    """Answers every query with the same images, best first, and notes what it was asked."""

    def ask(chosen: list[int], rows: int) -> list[list[Match]]:
        asked.append((chosen, rows))
        return [images[:rows] for _ in chosen]

    return ask


def ranked(count: int, of_each: int = 1) -> list[Match]:
    return [Match(f"p{number // of_each:05}", str(number), 1 - number / 10_000) for number in range(count)]


@pytest.mark.parametrize(
    ("images", "limit", "rows"),
    [
        ([], 5, [32]),
        (ranked(5_000), 5, [32]),
        (ranked(5_000), 100, [200]),
        (ranked(5_000, of_each=50), 5, [32, 128, 512]),
        (ranked(40, of_each=40), 5, [32, 128]),
        (ranked(5_000, of_each=5_000), 5, [32, 128, 512, 2048, MOST]),
        ([Match(f"p{number:05}", "1", 0.5) for number in range(5_000)], 5, [32, 128, 512]),
        ([Match(f"p{number:05}", "1", 0.5) for number in range(100)], 5, [32, 128]),
        ([Match("best", "1", 0.9), *(Match(f"p{n:05}", "1", 0.5) for n in range(5_000))], 1, [32]),
    ],
    ids=["none", "plain", "more", "crowded", "few", "one crowd", "ties without end", "ties", "ties below the cut"],
)
def test_it_is_asked_for_more_while_that_may_change_the_answer(
    images: list[Match], limit: int, rows: list[int]
) -> None:
    asked: list[tuple[list[int], int]] = []
    (found,) = widened(engine(images, asked), [0], 1, limit, MOST)
    assert [count for _, count in asked] == rows
    assert len(found) == min(limit, len({image.product_id for image in images}))
    assert (LEAST, TIED) == (32, 512)


def test_only_the_chosen_are_asked_and_only_the_short_ones_again() -> None:
    crowd, plain = ranked(200, of_each=200), ranked(200)
    asked: list[list[int]] = []

    def ask(chosen: list[int], rows: int) -> list[list[Match]]:
        asked.append(chosen)
        return [(crowd if index == 3 else plain)[:rows] for index in chosen]

    found = widened(ask, [1, 3], 4, 2, MOST)
    assert [len(hits) for hits in found] == [0, 2, 0, 1]
    assert asked == [[1, 3], [3], [3]]
    assert widened(ask, [], 2, 2, MOST) == [[], []]
