"""Words of titles and queries in one plain form, so that however they are spelt they meet."""

import re
import unicodedata

MAX_CHARS = 2_000
_JOINERS = re.compile(r"(?<=\w)['’`.\-](?=\w)")
_WORD = re.compile(r"[^\W_]+")
_ES = ("sses", "shes", "ches", "xes", "zes")
_NO_PLURAL = ("ss", "us", "is")


def words(text: str, max_chars: int = MAX_CHARS) -> list[str]:
    """Split `text` into normalised words: case folded, accents dropped, "T-Shirt" and "t shirt" made "tshirt".

    >>> words("Women's Blue T-Shirt, 100% Cotton")
    ['womens', 'blue', 'tshirt', '100', 'cotton']
    """
    # Folded last, since taking "𝐀" apart gives an "A".
    plain = unicodedata.normalize("NFKD", text[:max_chars].casefold()).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    found: list[str] = _WORD.findall(_JOINERS.sub("", plain))
    joined: list[str] = []
    for word in found:
        if joined and joined[-1] == "t" and word in ("shirt", "shirts"):
            joined[-1] = "t" + word
        else:
            joined.append(word)
    return joined


def singular(word: str) -> str:
    """An English plural without its ending; close enough for both sides of a comparison to meet.

    >>> [singular(word) for word in ("dresses", "shoes", "accessories", "dress", "mens", "bus", "gas")]
    ['dress', 'shoe', 'accessory', 'dress', 'men', 'bus', 'gas']
    """
    if len(word) <= 3 or not word.endswith("s") or word.endswith(_NO_PLURAL):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(_ES) else word[:-1]


def terms(text: str, max_chars: int = MAX_CHARS) -> list[str]:
    """The words of `text`, each in the singular: what texts are compared by, word for word.

    >>> terms("Red Dresses & T-Shirts")
    ['red', 'dress', 'tshirt']
    """
    return [singular(word) for word in words(text, max_chars)]
