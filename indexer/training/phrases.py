"""What a photo is called: its title, or a phrase that a shopper might type, made of its labels."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

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
    >>> singular("Sunglasses")
    'Sunglasses'
    """
    if label.endswith("glasses"):
        return label
    if label.endswith(("ches", "shes", "sses", "xes")):
        return label[:-2]
    if label.endswith("s") and not label.endswith(("ss", "eans", "Trousers", "Shorts", "Pants")):
        return label[:-1]
    return label


def phrase(cells: Mapping[str, str], chance: random.Random) -> str:
    """A short query that `cells` answers: a garment, often with its colour, sometimes with who it is for."""
    fine = cells.get("article_type", "") or cells.get("category", "")
    kind = fine if chance.random() < 0.8 else cells.get("sub_category", "") or fine
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


@dataclass(frozen=True)
class Captions:
    """How captions vary; the fields are those of a recipe."""

    phrases: float = 0.3
    word_dropout: float = 0.15
    typos: float = 0.0

    def of(self, title: str, cells: Mapping[str, str], chance: random.Random) -> str:
        """The words to learn from this time: a phrase made of labels, or the title with some words lost."""
        made = phrase(cells, chance) if not title.strip() or chance.random() < self.phrases else ""
        kept = made.split() or title.split()
        if not made and chance.random() < 0.5:
            kept = [word for word in kept if chance.random() > self.word_dropout] or kept
        return " ".join(misspelt(word, chance) if chance.random() < self.typos else word for word in kept)


def misspelt(word: str, chance: random.Random) -> str:
    """`word` with two letters swapped, one lost or one doubled, as hurried fingers do; short words stay.

    >>> misspelt("sunglasses", random.Random(1))
    'sungglasses'
    """
    if len(word) < 4 or not word.isalpha():
        return word
    at = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if kind == 1 else word[:at] + word[at] + word[at:]
