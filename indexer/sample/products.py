"""Products: who the invented shop's some three hundred products are, before anything is drawn."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from indexer.sample.kinds import KINDS, Kind

BRANDS: Final = (
    "Marlow", "Fern & Field", "Oakhurst", "Luma", "Nord Vale", "Saltbox",
    "Piper Lane", "Copperline", "Juniper", "Atelier Sol", "Wren", "Halden",
)  # fmt: skip

VIEW_SETS: Final = (
    ("front", "detail", "styled"),
    ("front", "styled"),
    ("front", "detail"),
    ("front", "detail", "styled"),
)

# Every so many products, an id such as real feeds hold: quotes, plus signs, spaces, letters outside ASCII.
_AWKWARD_EVERY: Final = 29
_AWKWARD: Final = (
    "{gender}'s-{code}-{number:03d}",
    "{code}+{number:03d}",
    "{code} {number:03d} (new)",
    "{code}-nº{number}",
)


@dataclass(frozen=True)
class SampleProduct:
    """One product of the sample catalogue. `style` is the cut that is drawn; titles name it."""

    product_id: str
    attributes: dict[str, str | float | bool]
    views: tuple[str, ...]
    style: str


def sample_products(seed: int = 7) -> list[SampleProduct]:
    """The whole catalogue. Categories take turns, so that any first part of it is varied; equal seeds, equal lists."""
    ranges = [_range_of(kind, place, seed) for place, kind in enumerate(KINDS)]
    longest = max(len(products) for products in ranges)
    return [products[turn] for turn in range(longest) for products in ranges if turn < len(products)]


def _range_of(kind: Kind, place: int, seed: int) -> list[SampleProduct]:
    """All of one category: colours and patterns walk out of step, so that they meet in many combinations."""
    rng = random.Random(f"{seed}|{kind.category}")  # noqa: S311 (nothing here is secret)
    styles = _dealt(kind.styles, kind.count, rng)
    genders = _dealt(kind.genders, kind.count, rng)
    products = []
    for i, (style, gender) in enumerate(zip(styles, genders, strict=True)):
        colour = kind.colours[(i + 5 * place) % len(kind.colours)]
        pattern = kind.patterns[(i + i // len(kind.colours)) % len(kind.patterns)]
        awkward = i > 0 and (7 * i + 11 * place) % _AWKWARD_EVERY == 0
        products.append(
            SampleProduct(
                product_id=_product_id(kind, gender, i + 1, awkward),
                attributes=_attributes(kind, (style, gender, colour, pattern), rng),
                views=rng.choice(VIEW_SETS),
                style=style,
            )
        )
    return products


def _dealt(values: tuple[str, ...], count: int, rng: random.Random) -> list[str]:
    """`count` values in random order, each as often as the others."""
    deck = [values[i % len(values)] for i in range(count)]
    rng.shuffle(deck)
    return deck


def _attributes(kind: Kind, looks: tuple[str, str, str, str], rng: random.Random) -> dict[str, str | float | bool]:
    style, gender, colour, pattern = looks
    brand = rng.choice(BRANDS)
    described = "" if pattern == "Solid" else f" {pattern}"
    return {
        "title": f"{brand} {gender} {colour}{described} {style} {kind.noun}",
        "category": kind.category,
        "brand": brand,
        "base_colour": colour,
        "pattern": pattern,
        "gender": gender,
        "season": rng.choice(kind.seasons),
        "price": _price(kind, rng),
        "in_stock": rng.random() < 0.87,
        "year": rng.choice((2022, 2023, 2024, 2024, 2025, 2025)),
    }


def _price(kind: Kind, rng: random.Random) -> float:
    """A shop's price: more cheap ones than dear ones, ending as prices do."""
    low, high = kind.price
    whole = int(low + (high - low) * rng.random() ** 1.6)
    return round(whole + rng.choice((0.0, 0.5, 0.9, 0.95, 0.99)), 2)


def _product_id(kind: Kind, gender: str, number: int, awkward: bool) -> str:
    if not awkward:
        return f"{kind.code}-{number:03d}"
    form = _AWKWARD[number % len(_AWKWARD)]
    return form.format(gender=gender.lower(), code=kind.code, number=number)
