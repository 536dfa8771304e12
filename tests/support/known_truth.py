"""Queries over the sample catalogue with the truth about each: which of its products are a right answer.

The sample's labels are exact, so what is right can be told without looking. Two lists: `generated`, in the words of the
tables below, and `WRITTEN` by hand, as people type. Neither uses the words that the search itself knows.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from indexer.sample.products import BRANDS, SampleProduct, sample_products

Attributes = Mapping[str, str | float | bool]

NOUNS = {
    "Tshirts": ("t-shirt", "tshirts", "tee"),
    "Dresses": ("dress", "dresses"),
    "Casual Shoes": ("casual shoes", "casual shoe"),
    "Shirts": ("shirt", "shirts"),
    "Handbags": ("handbag", "hand bag"),
    "Jeans": ("jeans", "jeans"),
    "Sweaters": ("sweater", "jumper"),
    "Heels": ("heels", "heels"),
    "Skirts": ("skirt", "skirts"),
    "Watches": ("watch", "watches"),
    "Jackets": ("jacket", "jackets"),
    "Tops": ("top", "tops"),
    "Caps": ("cap", "caps"),
    "Shorts": ("shorts", "shorts"),
    "Sweatshirts": ("sweatshirt", "sweatshirts"),
    "Belts": ("belt", "belts"),
    "Trousers": ("trousers", "pants"),
    "Sunglasses": ("sunglasses", "sunglasses"),
    "Backpacks": ("backpack", "back pack"),
    "Ties": ("tie", "ties"),
}
PATTERNS = {
    "Striped": ("striped", "stripy"),
    "Floral": ("floral", "floral"),
    "Dotted": ("dotted", "polka dot"),
    "Checked": ("checked", "checkered"),
    "Colour-block": ("colour-block", "color block"),
}
NEGATED = {"Striped": "stripes", "Floral": "floral", "Dotted": "dots", "Checked": "checks"}
FOR_WHOM = {"Men": ("{} for men", "men's {}", "mens {}"), "Women": ("{} for women", "ladies {}", "women's {}")}


@dataclass(frozen=True)
class Truth:
    """A query, and what a right answer has (`want`), has not (`refuse`), and costs: from `low` to below `high`."""

    query: str
    want: Mapping[str, Sequence[str | bool]] = field(default_factory=dict)
    refuse: Mapping[str, Sequence[str]] = field(default_factory=dict)
    low: float = 0.0
    high: float = float("inf")

    def right(self, attributes: Attributes) -> bool:
        """Whether a product with these attributes answers the query."""
        return (
            all(attributes[name] in values for name, values in self.want.items())
            and not any(attributes[name] in values for name, values in self.refuse.items())
            and self.low <= float(attributes["price"]) < self.high
        )


def generated(products: Sequence[SampleProduct], number: int = 110, seed: int = 11) -> list[Truth]:
    """Queries about products drawn at random, each of the forms in turn: so that every one has an answer."""
    rng = random.Random(seed)
    forms = (_coloured, _gendered, _patterned, _branded, _priced, _negated, _whole)
    found: dict[str, Truth] = {}
    for turn in range(10 * number):
        truth = forms[turn % len(forms)](rng.choice(products).attributes, rng)
        if truth is not None and any(truth.right(product.attributes) for product in products):
            found.setdefault(truth.query, truth)
    return list(found.values())[:number]


def _noun(attributes: Attributes, rng: random.Random) -> str:
    return rng.choice(NOUNS[str(attributes["category"])])


def _coloured(attributes: Attributes, rng: random.Random) -> Truth:
    colour = str(attributes["base_colour"])
    form = rng.choice(("{colour} {noun}", "{noun} in {colour}", "{colour} coloured {noun}"))
    return Truth(
        form.format(colour=colour.lower(), noun=_noun(attributes, rng)), _same(attributes, "category", "base_colour")
    )


def _gendered(attributes: Attributes, rng: random.Random) -> Truth | None:
    gender = str(attributes["gender"])
    if gender not in FOR_WHOM:
        return None
    query = rng.choice(FOR_WHOM[gender]).format(_noun(attributes, rng))
    return Truth(query, {**_same(attributes, "category"), "gender": (gender, "Unisex")})


def _patterned(attributes: Attributes, rng: random.Random) -> Truth | None:
    pattern = str(attributes["pattern"])
    if pattern not in PATTERNS:
        return None
    query = f"{rng.choice(PATTERNS[pattern])} {_noun(attributes, rng)}"
    return Truth(query, _same(attributes, "category", "pattern"))


def _branded(attributes: Attributes, rng: random.Random) -> Truth:
    brand = str(attributes["brand"])
    form = rng.choice(("{brand} {noun}", "{noun} by {brand}"))
    return Truth(form.format(brand=brand, noun=_noun(attributes, rng)), _same(attributes, "category", "brand"))


def _priced(attributes: Attributes, rng: random.Random) -> Truth:
    bound = int(float(attributes["price"])) + 3
    form = rng.choice(("{noun} under {bound}", "{noun} below ${bound}", "{noun} less than {bound} euros"))
    return Truth(
        form.format(noun=_noun(attributes, rng), bound=bound), _same(attributes, "category"), high=float(bound)
    )


def _negated(attributes: Attributes, rng: random.Random) -> Truth | None:
    refused = rng.choice([*NEGATED, *BRANDS])
    if refused in (attributes["pattern"], attributes["brand"]):
        return None
    noun = _noun(attributes, rng)
    if refused in NEGATED:
        form = rng.choice(("{noun} without {word}", "{noun}, no {word}"))
        query = form.format(noun=noun, word=NEGATED[refused])
        return Truth(query, _same(attributes, "category"), {"pattern": (refused,)})
    return Truth(f"{noun} except {refused}", _same(attributes, "category"), {"brand": (refused,)})


def _whole(attributes: Attributes, rng: random.Random) -> Truth | None:
    """Everything at once: "women's navy blue tops under 40"."""
    gender, colour = str(attributes["gender"]), str(attributes["base_colour"])
    if gender not in FOR_WHOM:
        return None
    bound = int(float(attributes["price"])) + 3
    words = rng.choice(FOR_WHOM[gender]).format(f"{colour.lower()} {_noun(attributes, rng)}")
    want = {**_same(attributes, "category", "base_colour"), "gender": (gender, "Unisex")}
    return Truth(f"{words} under {bound}", want, high=float(bound))


def _same(attributes: Attributes, *names: str) -> dict[str, Sequence[str | bool]]:
    return {name: (str(attributes[name]),) for name in names}


def _of(category: str, **want: Sequence[str | bool]) -> dict[str, Sequence[str | bool]]:
    return {"category": (category,), **want}


_MEN, _WOMEN, _KIDS = ("Men", "Unisex"), ("Women", "Unisex"), ("Boys", "Girls")
_BAGS, _SHOES = ("Handbags", "Backpacks"), ("Casual Shoes", "Heels")

WRITTEN: tuple[Truth, ...] = (
    Truth("red dress under 50", _of("Dresses", base_colour=("Red",)), high=50),
    Truth("women's navy blue tops", _of("Tops", base_colour=("Navy Blue",), gender=_WOMEN)),
    Truth("something striped for men", {"pattern": ("Striped",), "gender": _MEN}),
    Truth("dresses not striped", _of("Dresses"), {"pattern": ("Striped",)}),
    Truth("anything checked for boys", {"pattern": ("Checked",), "gender": ("Boys",)}),
    Truth("dress without stripes or dots", _of("Dresses"), {"pattern": ("Striped", "Dotted")}),
    Truth("skirt, no flowers", _of("Skirts"), {"pattern": ("Floral",)}),
    Truth("-striped shirt", _of("Shirts"), {"pattern": ("Striped",)}),
    Truth("shirt not black", _of("Shirts"), {"base_colour": ("Black",)}),
    Truth("t-shirts except Wren and Luma", _of("Tshirts"), {"brand": ("Wren", "Luma")}),
    Truth("plain shirts", _of("Shirts", pattern=("Solid",))),
    Truth("plaid skirt", _of("Skirts", pattern=("Checked",))),
    Truth("gray trousers", _of("Trousers", base_colour=("Grey",))),
    Truth("grey pullover", _of("Sweaters", base_colour=("Grey",))),
    Truth("navy jeans", _of("Jeans", base_colour=("Navy Blue",))),
    Truth("white sneakers", _of("Casual Shoes", base_colour=("White",))),
    Truth("trainers for him", _of("Casual Shoes", gender=_MEN)),
    Truth("ladies bag", {"category": _BAGS, "gender": _WOMEN}),
    Truth("black bag", {"category": _BAGS, "base_colour": ("Black",)}),
    Truth("red shoes", {"category": _SHOES, "base_colour": ("Red",)}),
    Truth("hoodie for kids", _of("Sweatshirts", gender=_KIDS)),
    Truth("girls dress", _of("Dresses", gender=("Girls",))),
    Truth("boys shorts", _of("Shorts", gender=("Boys",))),
    Truth("gents wrist watch", _of("Watches", gender=_MEN)),
    Truth("unisex sunglasses", _of("Sunglasses", gender=("Unisex",))),
    Truth("Fern & Field handbag", _of("Handbags", brand=("Fern & Field",))),
    Truth("nord vale skirts", _of("Skirts", brand=("Nord Vale",))),
    Truth("saltbox", {"brand": ("Saltbox",)}),
    Truth("jeans from 40 to 60", _of("Jeans"), low=40, high=60.01),
    Truth("between 20 and 40 euros shirt", _of("Shirts"), low=20, high=40.01),
    Truth("watches over 100", _of("Watches"), low=100.01),
    Truth("belt max 30 dollars", _of("Belts"), high=30.01),
    Truth("handbag up to $80", _of("Handbags"), high=80.01),
    Truth("jacket 100 or less", _of("Jackets"), high=100.01),
    Truth("20-40 dollars skirt", _of("Skirts"), low=20, high=40.01),
    Truth("red or blue dress", _of("Dresses", base_colour=("Red", "Blue", "Navy Blue"))),
    Truth("skirts and dresses in pink", {"category": ("Skirts", "Dresses"), "base_colour": ("Pink",)}),
    Truth("jeans in stock", _of("Jeans", in_stock=(True,))),
    Truth("available white shirts under 60", _of("Shirts", base_colour=("White",)), high=60),
    Truth("black shirt in stock under 50", _of("Shirts", base_colour=("Black",), in_stock=(True,)), high=50),
    Truth("sunglases", _of("Sunglasses")),
    Truth("stripped tshirt", _of("Tshirts", pattern=("Striped",))),
    Truth("yelow skirt", _of("Skirts", base_colour=("Yellow",))),
    Truth("purpel sweater", _of("Sweaters", base_colour=("Purple",))),
    Truth("jakcet", _of("Jackets")),
    Truth("back packs for school", _of("Backpacks")),
    Truth("neck tie", _of("Ties")),
    Truth("I am looking for a green dress", _of("Dresses", base_colour=("Green",))),
    Truth("show me brown belts please", _of("Belts", base_colour=("Brown",))),
    Truth("floral dress for a summer party", _of("Dresses", pattern=("Floral",))),
    Truth("white dress without a red belt", _of("Dresses", base_colour=("White",))),
    Truth("polka dot blouse", {"category": ("Tops", "Shirts"), "pattern": ("Dotted",)}),
)


def all_truths() -> list[Truth]:
    """Both lists, over the whole sample catalogue."""
    return [*generated(sample_products()), *WRITTEN]
