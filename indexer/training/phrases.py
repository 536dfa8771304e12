"""What a photo is called: its title, or a phrase that a shopper might type, made of its labels."""

import random
from collections.abc import Mapping

from services.encoders.tokenizer import words

GENDERED = {
    "Men": ("men", "mens", "for men", "male"),
    "Women": ("women", "womens", "for women", "ladies"),
    "Boys": ("boys", "for boys", "kids"),
    "Girls": ("girls", "for girls", "kids"),
    "Unisex": ("unisex",),
}


def singular(label: str) -> str:
    """The everyday singular of a plural label.

    >>> singular("Casual Shoes"), singular("Watches"), singular("Dresses"), singular("Jeans")
    ('Casual Shoe', 'Watch', 'Dress', 'Jeans')
    """
    if label.endswith(("ches", "shes", "sses", "xes")):
        return label[:-2]
    if label.endswith("s") and not label.endswith(("ss", "eans", "Trousers", "glasses", "Shorts", "Pants")):
        return label[:-1]
    return label


def phrase(cells: Mapping[str, str], chance: random.Random) -> str:
    """A short query that `cells` answers: a garment, often with its colour, sometimes with who it is for."""
    kind = cells.get("article_type", "") if chance.random() < 0.8 else cells.get("sub_category", "")
    kind = kind if chance.random() < 0.5 else singular(kind)
    parts = [cells.get("base_colour", "")] if chance.random() < 0.75 else []
    usage = cells.get("usage", "")
    if usage not in ("", "NA", "Casual") and chance.random() < 0.3:
        parts.append(usage)
    who = chance.choice(GENDERED.get(cells.get("gender", ""), ("",))) if chance.random() < 0.5 else ""
    if who.startswith("for "):
        return " ".join([*parts, kind, who])
    if chance.random() < 0.5:
        return " ".join([who, *parts, kind])
    return " ".join([*parts, who, kind])


def training_words(title: str, cells: Mapping[str, str], chance: random.Random, phrases: float = 0.3) -> list[str]:
    """The words to learn from this time: a phrase with probability `phrases`, else the title, some words dropped."""
    if not title.strip() or chance.random() < phrases:
        return words(phrase(cells, chance))
    kept = words(title)
    if chance.random() < 0.5:
        kept = [word for word in kept if chance.random() > 0.15] or kept
    return kept
