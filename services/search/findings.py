"""One pass through a text: which words are prices, labels, negations, and which are none of these."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.fields import Fields, FieldType
from services.filters import OneOf
from services.search.lexicon import COMMON, SIDE_PHRASES, STOPS
from services.search.negation import Negation, NegationReader, trigger_at
from services.search.phrases import Phrase, Phrases
from services.search.prices import YEARS, Price, price_at
from services.search.tokens import Token
from services.search.vocabulary import Vocabulary

STOCK = {
    ("in", "stock"): True, ("instock",): True, ("available",): True, ("available", "now"): True,
    ("not", "sold", "out"): True, ("not", "out", "of", "stock"): True,
    ("out", "of", "stock"): False, ("sold", "out"): False, ("not", "in", "stock"): False, ("not", "available"): False,
    ("unavailable",): False,
}  # fmt: skip


@dataclass(frozen=True)
class NumberFields:
    """The declared fields that numbers and stock are read as; empty where the shop has none."""

    price: str = ""
    year: str = ""
    stock: str = ""

    @classmethod
    def among(cls, fields: Fields, price: str, year: str, stock: str) -> "NumberFields":
        """Those of the names that are declared, with the type that they need."""
        return cls(
            price if fields.get(price) is FieldType.NUMBER else "",
            year if fields.get(year) is FieldType.NUMBER else "",
            stock if fields.get(stock) is FieldType.BOOLEAN else "",
        )


@dataclass(frozen=True)
class Fact:
    """A filter that tokens[start:end] stand for by themselves: in stock, or a year."""

    start: int
    end: int
    where: OneOf
    sure: bool


@dataclass
class Findings:
    """What one text says. `sides` holds, by the place of a phrase, which side phrase ("with ...") it stands in.

    `plain_sides` are side phrases without any word that the catalogue does not know. `followed` are places of phrases
    with such a word right behind: "football boots" are no footballs.
    """

    prices: list[Price] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    phrases: list[Phrase] = field(default_factory=list)
    negations: list[Negation] = field(default_factory=list)
    rest: list[int] = field(default_factory=list)
    sides: dict[int, int] = field(default_factory=dict)
    plain_sides: set[int] = field(default_factory=set)
    followed: set[int] = field(default_factory=set)


class _Pass:
    """One pass. `negating` off takes no word as a negation, for texts that as a whole say what is unwanted."""

    def __init__(self, tokens: Sequence[Token], vocabulary: Vocabulary, numbers: NumberFields, negating: bool) -> None:
        self._tokens, self._numbers, self._negating = tokens, numbers, negating
        self._phrases = Phrases(tokens, vocabulary)
        self._negations = NegationReader(tokens, self._phrases, lambda place: self._price(place) is not None)
        self._prices: dict[int, Price | None] = {}
        self._side = 0
        self._has_type = False
        self.found = Findings()

    def run(self) -> Findings:
        place = 0
        while place < len(self._tokens):
            if self._tokens[place].breaks:
                self._side = 0
            place = self._step(place)
        return self.found

    def _step(self, place: int) -> int:
        """Takes what begins at `place`; returns where the next begins."""
        price = self._price(place)
        if price is not None:
            # "Belt max 50", but not "air max 90".
            bound = self._tokens[place].term in ("max", "min") and self._after_type(place)
            self.found.prices.append(replace(price, sure=price.sure or bound))
            self._side = 0
            return price.end
        fact = self._stock(place)
        if fact is not None:
            self.found.facts.append(fact)
            return fact.end
        phrase = self._phrases.at(place)
        length = trigger_at(self._tokens, place)
        if (length or self._tokens[place].minus) and (phrase is None or phrase.end <= place + length + 1):
            return self._negation(place, length, phrase)
        return self._word(place, phrase)

    def _negation(self, place: int, length: int, phrase: Phrase | None) -> int:
        label = phrase is not None and length > 0 and phrase.end > place + length
        if label or not self._negating:
            # "No Show" may be a label; "-striped" without negating is striped.
            return self._word(place, phrase) if label or not length else place + length
        negation = self._negations.at(place, self._has_type)
        if negation is None:
            return self._word(place, phrase) if not length else place + length
        self.found.negations.append(negation)
        self._side = 0
        return negation.end

    def _word(self, place: int, phrase: Phrase | None) -> int:
        if phrase is not None:
            self.found.phrases.append(phrase)
            if self._side:
                self.found.sides[phrase.start] = self._side
            elif phrase.meaning.role == "type":
                self._has_type = True
            return phrase.end
        token = self._tokens[place]
        year = self._year(place)
        if year is not None:
            self.found.facts.append(year)
        elif token.term in SIDE_PHRASES and self._has_type:
            self._side = place + 1
            self.found.plain_sides.add(self._side)
        elif token.term == "in":
            self._side = 0
        elif token.term not in STOPS and not token.sign:
            self._unknown(place)
        return place + 1

    def _after_type(self, place: int) -> bool:
        last = self.found.phrases[-1] if self.found.phrases else None
        return last is not None and last.end == place and last.meaning.role == "type"

    def _unknown(self, place: int) -> None:
        found, token = self.found, self._tokens[place]
        found.rest.append(place)
        found.plain_sides.discard(self._side)
        describes = token.breaks or token.number is not None or token.term in COMMON
        if found.phrases and found.phrases[-1].end == place and not describes:
            found.followed.add(found.phrases[-1].start)

    def _price(self, place: int) -> Price | None:
        if not self._numbers.price:
            return None
        if place not in self._prices:
            self._prices[place] = price_at(self._tokens, place, self._numbers.price)
        return self._prices[place]

    def _stock(self, place: int) -> Fact | None:
        for length in range(4 if self._numbers.stock else 0, 0, -1):
            words = tuple(token.term for token in self._tokens[place : place + length])
            if len(words) == length and words in STOCK:
                end = place + length
                # "available in red" says nothing of stock.
                if words == ("available",) and end < len(self._tokens) and self._tokens[end].term in ("in", "for"):
                    return None
                return Fact(place, end, OneOf(self._numbers.stock, (STOCK[words],)), True)
        return None

    def _year(self, place: int) -> Fact | None:
        number = self._tokens[place].number
        if not self._numbers.year or number is None or number not in YEARS or self._tokens[place].upper is not None:
            return None
        if place and self._tokens[place - 1].term in ("size", "model"):
            return None
        return Fact(place, place + 1, OneOf(self._numbers.year, (float(number),)), False)


def find(tokens: Sequence[Token], vocabulary: Vocabulary, numbers: NumberFields, negating: bool = True) -> Findings:
    """What `tokens` say."""
    return _Pass(tokens, vocabulary, numbers, negating).run()
