"""Bounds of a price in words: "under $50", "from 20 to 40", "50 or less"."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.filters import All, Compare, Filter
from services.filters.nodes import Operator
from services.search.tokens import CURRENCIES, Token

_BOUNDS: dict[tuple[str, ...], Operator] = {
    **dict.fromkeys([("under",), ("below",), ("beneath",), ("less", "than"), ("cheaper", "than"), ("<",)], "lt"),
    **dict.fromkeys(
        [
            ("up", "to"), ("upto",), ("at", "most"), ("max",), ("maximum",), ("no", "more", "than"), ("≤",), ("<=",),
            ("not", "more", "than"), ("not", "over"), ("not", "above"), ("nothing", "over"), ("nothing", "above"),
            ("not", "exceeding"),
        ],
        "lte",
    ),
    **dict.fromkeys([("over",), ("above",), ("more", "than"), (">",)], "gt"),
    **dict.fromkeys(
        [
            ("at", "least"), ("min",), ("minimum",), ("from",), ("starting", "at"), ("starting", "from"), ("≥",),
            (">=",),
            ("not", "under"), ("not", "below"), ("not", "less", "than"), ("no", "less", "than"), ("nothing", "under"),
        ],
        "gte",
    ),
}  # fmt: skip
_AFTER: dict[str, Operator] = {
    **dict.fromkeys(["less", "under", "below", "cheaper", "lower"], "lte"),
    **dict.fromkeys(["more", "over", "above", "up", "higher"], "gte"),
}  # fmt: skip
_PRICE_WORDS = frozenset(["price", "priced", "pricing", "costing", "cost", "costs", "budget"])
_WITH_CURRENCY_ONLY = frozenset([("max",), ("min",), ("from",)])
_NOT_PRICES = frozenset(
    [
        "size", "waist", "age", "aged", "uk", "eu", "us", "length", "width", "inch", "inseam", "band", "cup",
        "air", "level", "series", "model", "number", "no", "w", "l",
    ]
)  # fmt: skip
_UNITS = frozenset(
    [
        "%", "percent", "mm", "cm", "m", "metre", "meter", "inch", "ft", "ml", "l", "liter", "litre", "g",
        "gram", "kg", "oz", "lb", "year", "yr", "month", "day", "hour", "minute", "size", "piece", "pc", "pack",
        "denier", "den", "gsm", "w", "watt", "carat", "ct", "karat", "k", "people", "person", "pair", "atm",
    ]
)  # fmt: skip
YEARS = range(1950, 2101)


@dataclass(frozen=True)
class Price:
    """A bound, or two, said by tokens[start:end]."""

    start: int
    end: int
    where: Filter
    sure: bool


@dataclass(frozen=True)
class _Amount:
    end: int
    low: float
    high: float | None
    money: bool


def price_at(tokens: Sequence[Token], start: int, field: str) -> Price | None:
    """The price that begins at tokens[start]; None where none does.

    A bare number is none: "501 jeans", "size 42". Neither is one with a unit behind it, or "size" before.
    """
    if start and tokens[start - 1].term in _NOT_PRICES and not tokens[start].breaks:
        return None
    place = start
    while place < len(tokens) - 1 and place < start + 2 and tokens[place].term in _PRICE_WORDS | {"is", "of"}:
        place += 1
    named = place > start and tokens[start].term in _PRICE_WORDS
    if place > start and not named:
        return None
    return _between(tokens, start, place, field, named) or _bound(tokens, start, place, field, named)


def _between(tokens: Sequence[Token], start: int, place: int, field: str, named: bool) -> Price | None:
    opener = tokens[place].term if tokens[place].term in ("between", "from") else ""
    first = _amount(tokens, place + bool(opener))
    if first is None:
        return None
    if first.high is not None:
        known = named or bool(opener) or first.money
        return _range(start, first.end, field, first.low, first.high, not _years(first)) if known else None
    if first.end >= len(tokens) or tokens[first.end].term not in ("to", "and", "-", "till", "until"):
        return None
    if tokens[first.end].term == "and" and opener != "between":
        return None
    second = _amount(tokens, first.end + 1)
    if second is None or second.high is not None or not (named or opener or first.money or second.money):
        return None
    sure = named or first.money or second.money or not (_years(first) and _years(second))
    return _range(start, second.end, field, first.low, second.low, sure)


def _bound(tokens: Sequence[Token], start: int, place: int, field: str, named: bool) -> Price | None:
    for length in (3, 2, 1):
        words = tuple(token.term for token in tokens[place : place + length])
        if len(words) < length or words not in _BOUNDS:
            continue
        after = place + length
        while after < len(tokens) and tokens[after].term in _PRICE_WORDS:
            after, named = after + 1, True
        amount = _amount(tokens, after)
        if amount is None or amount.high is not None:
            return None
        sure = named or amount.money or words not in _WITH_CURRENCY_ONLY
        if words == ("from",) and not amount.money and not named:
            return None  # "from 2024", or "from 5 brands"
        return Price(start, amount.end, Compare(field, _BOUNDS[words], amount.low), sure)
    return _suffixed(tokens, start, place, field, named)


def _suffixed(tokens: Sequence[Token], start: int, place: int, field: str, named: bool) -> Price | None:
    """ "50 or less", "$50 and up", "$50 max"."""
    amount = _amount(tokens, place)
    if amount is None or amount.high is not None or amount.end >= len(tokens):
        return None
    word = tokens[amount.end].term
    if word in ("max", "maximum") and (amount.money or named):
        return Price(start, amount.end + 1, Compare(field, "lte", amount.low), True)
    last = tokens[amount.end + 1].term if amount.end + 1 < len(tokens) else ""
    if word in ("or", "and") and last in _AFTER:
        return Price(start, amount.end + 2, Compare(field, _AFTER[last], amount.low), True)
    return None


def _amount(tokens: Sequence[Token], place: int) -> _Amount | None:
    """A number at tokens[place], with its currency before or behind it, and no unit."""
    money = False
    if place < len(tokens) and tokens[place].term in CURRENCIES:
        place, money = place + 1, True
    number = tokens[place] if place < len(tokens) else None
    value = number.number if number is not None else None
    if number is None or value is None:
        return None
    end, money = place + 1, money or number.money
    if end < len(tokens) and tokens[end].term in CURRENCIES and not tokens[end].breaks:
        end, money = end + 1, True
    if end < len(tokens) and tokens[end].term in _UNITS and not tokens[end].breaks and not money:
        return None
    return _Amount(end, value, number.upper, money)


def _range(start: int, end: int, field: str, low: float, high: float, sure: bool) -> Price:
    low, high = min(low, high), max(low, high)
    return Price(start, end, All((Compare(field, "gte", low), Compare(field, "lte", high))), sure)


def _years(amount: _Amount) -> bool:
    return not amount.money and amount.low in YEARS
