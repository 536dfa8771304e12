"""The few English words that reading a query takes, each as a term: in the singular, as `services.words` has it."""

from typing import Literal, TypeAlias

GenderName: TypeAlias = Literal["men", "women", "boys", "girls", "kids", "unisex"]

VARIANTS = {
    "gray": "grey", "jewelry": "jewellery", "pajama": "pyjama", "hoody": "hoodie", "sari": "saree", "sox": "sock",
    "duffle": "duffel", "moisturizer": "moisturiser", "scarve": "scarf", "woolen": "woollen", "tyre": "tire",
    "stripe": "striped", "stripy": "striped", "stripey": "striped", "dot": "dotted", "dotty": "dotted",
    "check": "checked", "checkered": "checked", "chequered": "checked", "print": "printed", "flowery": "floral",
    "colorblock": "colourblock", "capri": "capris",
}  # fmt: skip
"""Spellings and forms of one word. Texts and the catalogue's values are both brought to the second, so they meet."""

PLURAL_ONLY = frozenset(["shorts", "tights", "flats", "briefs"])
"""Types whose singular is another word: a short dress has nothing to do with shorts."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "tee": ("tshirt",), "teeshirt": ("tshirt",), "tshirt": ("tee",),
    "trainer": ("sneaker", "sportshoe", "casualshoe", "runningshoe"),
    "sneaker": ("trainer", "sportshoe", "casualshoe", "runningshoe"),
    "runningshoe": ("sportshoe", "trainer", "sneaker"),
    "trouser": ("pant",), "pant": ("trouser",),
    "jumper": ("sweater", "pullover"), "pullover": ("sweater", "jumper"), "sweater": ("jumper", "pullover"),
    "hoodie": ("sweatshirt",),
    "handbag": ("bag", "purse"), "purse": ("handbag", "wallet"),
    "bag": ("handbag", "backpack", "clutch", "tote", "satchel"),
    "rucksack": ("backpack",), "backpack": ("rucksack",),
    "blouse": ("top", "shirt"), "timepiece": ("watch",), "wristwatch": ("watch",), "necktie": ("tie",),
    "gown": ("dress",), "nailvarnish": ("nailpolish",), "perfume": ("fragrance",),
    "navy": ("navyblue",), "flower": ("floral",), "polkadotted": ("dotted",), "polka": ("dotted",),
    "plain": ("solid",), "plaid": ("checked",), "tartan": ("checked",), "gingham": ("checked",),
}  # fmt: skip
"""Everyday words for the same thing, looked up among the catalogue's values; keys and values have no spaces."""

GENDERS: dict[str, GenderName] = {
    "men": "men", "man": "men", "male": "men", "gent": "men", "gentleman": "men", "gentlemen": "men", "him": "men",
    "his": "men", "guy": "men",
    "women": "women", "woman": "women", "female": "women", "lady": "women", "her": "women",
    "boy": "boys", "girl": "girls",
    "kid": "kids", "child": "kids", "children": "kids", "junior": "kids",
    "unisex": "unisex",
}  # fmt: skip
"""Words for whom a product is made, in queries and among a catalogue's own values."""

ALSO_FITS: dict[GenderName, tuple[GenderName, ...]] = {
    "men": ("men", "unisex"),
    "women": ("women", "unisex"),
    "boys": ("boys", "kids"),
    "girls": ("girls", "kids"),
    "kids": ("kids", "boys", "girls"),
    "unisex": ("unisex",),
}
"""Whose products are right for whom. What is called unisex is cut for adults."""

STOPS = frozenset(
    [
        "a", "an", "the", "and", "or", "for", "with", "in", "on", "of", "to", "by", "at", "from", "as", "is",
        "are", "be", "it", "its", "that", "this", "these", "those", "some", "any", "all", "i", "im", "me", "my",
        "we", "you", "your", "please", "show", "find", "search", "looking", "look", "need", "want", "buy",
        "get", "give", "something", "anything", "item", "product", "one", "which", "who", "like", "just",
        "really", "very", "so", "too", "but", "nor", "colour", "color", "coloured", "colored", "style", "kind",
        "type", "made", "wear", "available",
    ]
)  # fmt: skip
"""Words that say nothing of a product; they are no `rest`."""

SIDE_PHRASES = frozenset(["with", "for", "to", "on", "featuring", "having", "like", "matching"])
"""After the product's type these begin what it has or is for: "dress with a red belt" is not a red dress."""

COMMON = frozenset(
    [
        "only", "next", "gap", "guess", "free", "just", "more", "new", "all", "one", "my", "basic", "classic",
        "fit", "style", "fashion", "sale", "best", "casual", "formal", "small", "large", "big", "long", "short",
        "hot", "cool", "star", "sport", "street", "life", "love", "other", "good", "cheap", "summer", "winter",
        "spring", "fall", "ski", "running", "office", "party", "school", "work", "travel", "day", "night",
        "home", "be", "cotton", "leather", "lace", "denim", "silk", "wool", "canvas", "slim",
        "regular", "loose", "skinny", "oversized", "waterproof", "online", "shop", "size", "medium", "sleeveless",
    ]
)  # fmt: skip
"""Words that describe a product, also behind its type, and that are brands as well: rarely meant as the brand."""

GENERIC_HEADS = frozenset(
    [
        "set", "kit", "pack", "accessory", "gift", "sleeve", "care", "item", "piece", "product", "other",
        "collection",
    ]
)  # fmt: skip
"""Last words of labels that by themselves name no type: "twin set" is not any of the labels that end in "Set"."""

PLACEHOLDERS = frozenset(["", "na", "none", "null", "unknown", "other", "miscellaneous", "default", "notapplicable"])
"""Labels that say that there is no label."""

KNOWN = frozenset(
    [
        "shirt", "skirt", "short", "boot", "coat", "suit", "blouse", "heel", "belt", "scarf", "dress", "shoe",
        "trouser", "jacket", "blazer", "cardigan", "glove", "sandal", "slipper", "legging", "jean", "watch",
        "vest", "tunic", "canvas", "cotton", "linen", "denim", "velvet", "satin", "sweat", "sleeve", "collar",
        "button", "pocket", "strap", "black", "white", "brown", "green", "purple", "orange", "yellow", "beige",
        "cream", "light", "bright", "floor", "small", "large", "medium",
    ]
)  # fmt: skip
"""Words that are no misspelling of another, whether or not the catalogue has them."""
