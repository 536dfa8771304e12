"""Kinds: the shop's range, one row a category: how it is drawn, and what it may sensibly be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from indexer.sample import accessories, bags, bottoms, dresses, heels, jackets, knits, shoes, tops, watches
from indexer.sample.marks import Garment
from indexer.sample.palette import PALETTE


@dataclass(frozen=True)
class Kind:
    """One category of the range. A value given twice in a tuple comes up twice as often."""

    category: str
    noun: str  # how a title names one of them
    code: str  # how its product ids begin
    draw: Callable[[str, str], Garment]  # (style, gender) -> drawing
    count: int
    price: tuple[float, float]
    styles: tuple[str, ...]
    genders: tuple[str, ...] = ("Men", "Women")
    patterns: tuple[str, ...] = ("Solid",)
    colours: tuple[str, ...] = tuple(PALETTE)
    seasons: tuple[str, ...] = ("Summer", "Winter", "Fall", "Spring")


_WOMEN: Final = ("Women",)
_FAMILY: Final = ("Men", "Women", "Men", "Women", "Boys", "Girls", "Unisex")
_ANYONE: Final = ("Unisex", "Men", "Women")
_WARM: Final = ("Summer", "Spring")
_COLD: Final = ("Winter", "Fall")
_DENIM: Final = ("Blue", "Navy Blue", "Black", "Grey", "Blue", "White", "Blue", "Brown", "Green", "Pink", "Red")

# A table is read across, so it is laid out by hand.
# fmt: off
KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        "Tshirts", "Tshirt", "tsh", tops.tshirt, 22, (9, 35), ("Crew Neck", "V-Neck", "Polo", "Long Sleeve"),
        _FAMILY, ("Solid", "Striped", "Solid", "Colour-block", "Dotted"), seasons=_WARM,
    ),
    Kind(
        "Dresses", "Dress", "drs", dresses.dress, 24, (29, 120), ("A-Line", "Shift", "Wrap", "Maxi", "Slip"),
        ("Women", "Women", "Women", "Girls"),
        ("Solid", "Floral", "Dotted", "Striped", "Solid", "Checked", "Colour-block"),
        seasons=_WARM,
    ),
    Kind(
        "Casual Shoes", "Casual Shoes", "sho", shoes.casual_shoes, 18, (35, 95), ("Low Top", "High Top", "Slip-On"),
        ("Men", "Women", "Unisex"), ("Solid", "Solid", "Checked", "Solid", "Striped"),
    ),
    Kind(
        "Shirts", "Shirt", "shi", tops.shirt, 22, (19, 69), ("Slim Fit", "Casual", "Short Sleeve"),
        ("Men", "Women", "Men", "Boys"), ("Checked", "Solid", "Striped", "Solid", "Dotted", "Floral"),
    ),
    Kind(
        "Handbags", "Handbag", "bag", bags.handbag, 18, (35, 180), ("Tote", "Satchel", "Bucket", "Shoulder"),
        _WOMEN, ("Solid", "Solid", "Striped", "Solid", "Floral", "Checked"),
    ),
    Kind("Jeans", "Jeans", "jea", bottoms.jeans, 14, (29, 99), ("Skinny", "Straight", "Flared"), colours=_DENIM),
    Kind(
        "Sweaters", "Sweater", "swe", knits.sweater, 14, (29, 110), ("Crew Neck", "Turtleneck", "Cardigan"),
        patterns=("Solid", "Striped", "Solid", "Colour-block"), seasons=_COLD,
    ),
    Kind(
        "Heels", "Heels", "hee", heels.heels, 16, (39, 140), ("Pump", "Ankle Strap", "Block", "Ankle Boot"),
        _WOMEN, ("Solid", "Solid", "Solid", "Dotted"),
    ),
    Kind(
        "Skirts", "Skirt", "ski", dresses.skirt, 16, (19, 75), ("Flared", "Pencil", "Pleated", "Button Front"),
        _WOMEN, ("Solid", "Floral", "Checked", "Dotted", "Solid", "Striped"),
    ),
    Kind("Watches", "Watch", "wat", watches.watch, 12, (49, 260), ("Analogue", "Chronograph", "Square")),
    Kind(
        "Jackets", "Jacket", "jac", jackets.jacket, 16, (59, 240), ("Bomber", "Trucker", "Biker", "Puffer"),
        ("Men", "Women"), ("Solid", "Solid", "Solid", "Colour-block"), seasons=_COLD,
    ),
    Kind(
        "Tops", "Top", "top", tops.top, 16, (15, 59), ("Camisole", "Peplum", "Blouse"),
        _WOMEN, ("Solid", "Floral", "Striped", "Dotted", "Solid", "Checked"), seasons=_WARM,
    ),
    Kind(
        "Caps", "Cap", "cap", accessories.cap, 12, (12, 39), ("Baseball", "Snapback"),
        _ANYONE, ("Solid", "Solid", "Checked"),
    ),
    Kind(
        "Shorts", "Shorts", "srt", bottoms.shorts, 14, (15, 49), ("Chino", "Sports"),
        ("Men", "Women", "Boys"), ("Solid", "Solid", "Checked", "Striped", "Floral"), seasons=("Summer",),
    ),
    Kind(
        "Sweatshirts", "Sweatshirt", "sws", knits.sweatshirt, 14, (25, 79), ("Hooded", "Crew Neck"),
        _FAMILY, ("Solid", "Solid", "Colour-block", "Striped"), seasons=_COLD,
    ),
    Kind("Belts", "Belt", "bel", accessories.belt, 12, (15, 59), ("Classic", "Braided")),
    Kind(
        "Trousers", "Trousers", "tro", bottoms.trousers, 14, (29, 99), ("Slim", "Straight", "Wide Leg"),
        patterns=("Solid", "Solid", "Checked", "Striped"),
    ),
    Kind(
        "Sunglasses", "Sunglasses", "sun", accessories.sunglasses, 12, (19, 160), ("Wayfarer", "Round", "Aviator"),
        _ANYONE, seasons=("Summer",),
    ),
    Kind(
        "Backpacks", "Backpack", "bkp", bags.backpack, 12, (35, 120), ("Daypack", "Roll-Top"),
        _ANYONE, ("Solid", "Solid", "Dotted", "Striped"),
    ),
    Kind(
        "Ties", "Tie", "tie", accessories.tie, 12, (12, 59), ("Classic", "Slim"),
        ("Men",), ("Striped", "Solid", "Dotted", "Checked"),
    ),
)
# fmt: on

KIND_OF: Final[dict[str, Kind]] = {kind.category: kind for kind in KINDS}
