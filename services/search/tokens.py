"""The words of a text, each with its place there, so that what was read can be cut out of it."""

import re
import unicodedata
from dataclasses import dataclass, replace

from services.search.lexicon import PLURAL_ONLY, VARIANTS
from services.words import MAX_CHARS, singular, words

MAX_WORD_CHARS = 100
MAX_DIGITS = 12

CURRENCIES = frozenset(
    [
        "$", "€", "£", "¥", "₹", "usd", "dollar", "buck", "eur", "euro", "gbp", "pound", "quid", "inr", "rs",
        "rupee", "jpy", "yen", "chf", "franc", "cad", "aud", "sek", "nok", "dkk", "kr", "pln",
    ]
)  # fmt: skip
# Each alternative takes a whole run, so none of its characters is looked at again: time is linear.
_TOKEN = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)*)(?:\s?[-–]\s?[$€£¥₹]?(?P<upper>\d+(?:[.,]\d+)*))?(?![^\W_]|['’`.\-][^\W_])"
    r"|(?P<word>[^\W_]+(?:['’`.\-][^\W_]+)*)"
    r"|(?P<sign>[$€£¥₹%≤≥]|[<>]=?)"
)
_JOINERS = re.compile(r"['’`.\-]")
_MONEY = re.compile(r"(?P<before>[a-z]{2,6}\.?)?(?P<number>\d+(?:[.,]\d+)*)(?P<after>[a-z]{2,6})?")
_BREAKS = frozenset(",;.!?()[]:|\n")
_UNUSABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Token:
    """A word at text[start:end]. `term` is its plain form, `word` the same before its plural was dropped.

    `number` is the value of one, and `upper` the second of "20-40".
    `breaks`: punctuation parts it from the word before. `minus`: a minus sign belongs to it, as in "-striped".
    `money`: a currency is written together with the number.
    """

    term: str
    start: int
    end: int
    word: str = ""
    number: float | None = None
    upper: float | None = None
    breaks: bool = False
    minus: bool = False
    money: bool = False
    sign: bool = False


def usable(text: str) -> str:
    """The first 2,000 characters of `text`, with spaces for NULs and halves of surrogate pairs."""
    return _UNUSABLE.sub(" ", text[:MAX_CHARS])


def tokens(text: str) -> list[Token]:
    """The words, numbers and signs of `text`, in order; places are those of `text` itself, which must be `usable`.

    >>> [token.term for token in tokens("Women's non-leather T-Shirts under $49.90")]
    ['women', 'non', 'leather', 'tshirt', 'under', '$', '4990']
    """
    plain, places = _plain(text)
    found: list[Token] = []
    last = 0
    for match in _TOKEN.finditer(plain):
        between = plain[last : match.start()]
        last = match.end()
        for token in _made(match, between):
            start, end = places[token.start], places[token.end - 1] + 1
            found.append(replace(token, start=start, end=end))
    return found


def fold(term: str) -> str:
    """One spelling for those that a word has.

    >>> fold("gray"), fold("stripe")
    ('grey', 'striped')
    """
    return VARIANTS.get(term, term)


def joined(word: str) -> str:
    """One word without apostrophes, hyphens and dots inside."""
    return _JOINERS.sub("", word)[:MAX_WORD_CHARS]


def term_of(word: str) -> str:
    """The plain form of one word: joined, in the singular, in one spelling."""
    whole = joined(word)
    return whole if whole in PLURAL_ONLY else fold(singular(whole))


def label_terms(label: str) -> list[str]:
    """The terms of a catalogue's label, which meet those of a text's tokens.

    >>> label_terms("Lounge Shorts"), label_terms("Grey Melange T-Shirts")
    (['lounge', 'shorts'], ['grey', 'melange', 'tshirt'])
    """
    return [term_of(word) for word in words(label)]


def _plain(text: str) -> tuple[str, list[int]]:
    """`text` without case and accents, and for each of its characters the place it comes from."""
    characters: list[str] = []
    places: list[int] = []
    for place, original in enumerate(text):
        for character in unicodedata.normalize("NFKD", original.casefold()):
            if not unicodedata.combining(character):
                characters.append(character)
                places.append(place)
    return "".join(characters), places


def _made(match: re.Match[str], between: str) -> list[Token]:
    start, end = match.span()
    breaks = any(character in _BREAKS for character in between)
    minus = between.endswith("-") and not between[:-1].strip() and (start == 1 or len(between) > 1)
    if match["sign"]:
        return [Token(match[0], start, end, breaks=breaks, sign=True)]
    if match["number"]:
        upper = amount(match["upper"]) if match["upper"] else None
        term = re.sub(r"\W", "", match[0])[:MAX_WORD_CHARS]
        return [Token(term, start, end, number=amount(match["number"]), upper=upper, breaks=breaks)]
    return _words(match["word"], start, breaks, minus)


def _words(word: str, start: int, breaks: bool, minus: bool) -> list[Token]:
    money = _MONEY.fullmatch(word)
    signs = [money["before"] or "", money["after"] or ""] if money else []
    if money and any(signs) and all(not sign or sign.rstrip(".") in CURRENCIES for sign in signs):
        value = amount(money["number"])
        return [Token(term_of(word), start, start + len(word), number=value, breaks=breaks, money=True)]
    if word.startswith("non-") and len(word) > 4:
        inner = start + 4
        return [
            Token("non", start, start + 3, breaks=breaks),
            Token(term_of(word[4:]), inner, start + len(word), joined(word[4:])),
        ]
    return [Token(term_of(word), start, start + len(word), joined(word), breaks=breaks, minus=minus)]


def amount(digits: str) -> float | None:
    """The number that is written with separators of thousands and of decimals; None where it is too long to be one.

    >>> [amount(digits) for digits in ("1,000", "49.90", "49,90", "1.299,00", "1,299.00", "9" * 30)]
    [1000.0, 49.9, 49.9, 1299.0, 1299.0, None]
    """
    if sum(character.isdigit() for character in digits) > MAX_DIGITS:
        return None
    whole, mark, last = digits.rpartition("," if digits.rfind(",") > digits.rfind(".") else ".")
    if not mark or len(last) == 3:  # a separator with three digits behind it is one of thousands
        return float(re.sub("[.,]", "", digits))
    return float(re.sub("[.,]", "", whole) + "." + last)
