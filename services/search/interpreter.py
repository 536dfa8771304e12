"""Reads the words of a query in the catalogue's own terms: "red dress under 50" has a colour, a type and a price."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from services.fields import Fields
from services.filters import All, Filter, Not, fields_of
from services.search.assembly import Assembly
from services.search.filter_json import to_json
from services.search.findings import Findings, NumberFields, find
from services.search.interpretation import Interpretation, Term
from services.search.meaning import field_filter
from services.search.tokens import Token, tokens, usable
from services.search.vocabulary import Vocabulary

MAX_TERMS = 50
_SEGMENTS = re.compile(r"[,;]| or ", re.IGNORECASE)
_LOOSE = frozenset(["and", "but", "or", "with"])


class Interpreter:
    """Reads texts with the vocabulary in force. Safe to share between threads; no text makes it raise.

    `price`, `year` and `stock` name the fields that numbers and "in stock" are about, where they are declared.
    """

    def __init__(
        self,
        vocabulary: Callable[[], Vocabulary],
        fields: Fields,
        price: str = "price",
        year: str = "year",
        stock: str = "in_stock",
    ) -> None:
        self._vocabulary = vocabulary
        self._numbers = NumberFields.among(fields, price, year, stock)

    def read(self, text: str, unwanted: Sequence[str] = ()) -> Interpretation:
        """What `text` asks for, and the `unwanted` texts away from; of each the first 2,000 characters count.

        Takes time in proportion to their lengths, whatever they hold.
        """
        vocabulary = self._vocabulary()
        whole = self._wanted(usable(text), vocabulary)
        terms, unknown = list(whole.terms), list(whole.unknown_unwanted)
        for each in unwanted:
            known, understood = self._unwanted(usable(each), vocabulary)
            terms += known
            if not understood and each.strip():
                unknown.append(each)
        # Words said twice mean no more, and nobody means a hundred things.
        said = {(term.kind, repr(term.where), term.sure): term for term in reversed(terms)}
        kept = [_placed(term, vocabulary.everywhere) for term in reversed(said.values())][:MAX_TERMS]
        return Interpretation(whole.text, whole.rest, tuple(kept), tuple(unknown))

    def _wanted(self, text: str, vocabulary: Vocabulary) -> Interpretation:
        parts = tokens(text)
        found = find(parts, vocabulary, self._numbers)
        assembly = Assembly(text, parts, found)
        rest = [place for phrase in assembly.dropped() for place in range(phrase.start, phrase.end)] + found.rest
        return Interpretation(
            text=_without(text, parts, _cuts(parts, found)),
            rest=tuple(assembly.words(place, place + 1) for place in sorted(rest)),
            terms=tuple(assembly.terms()),
            unknown_unwanted=tuple(assembly.unknown_unwanted()),
        )

    def _unwanted(self, text: str, vocabulary: Vocabulary) -> tuple[list[Term], bool]:
        """Terms that keep away from `text`, and whether they say all of it."""
        terms: list[Term] = []
        understood = True
        for segment in _SEGMENTS.split(text):
            if segment.strip():
                term = self._kept_away(segment.strip(), vocabulary)
                understood = understood and term is not None and term.sure
                terms += [term] if term is not None else []
        return terms, understood

    def _kept_away(self, text: str, vocabulary: Vocabulary) -> Term | None:
        """What is not all that `text` says; None where the catalogue has no words for some of it."""
        parts = tokens(text)
        found = find(parts, vocabulary, self._numbers, negating=False)
        filters: list[Filter] = [price.where for price in found.prices]
        filters += [fact.where for fact in found.facts]
        filters += [field_filter(phrase.meaning.narrow) for phrase in found.phrases]
        if found.rest or not filters:
            return None
        whole = Assembly(text, parts, found).terms()
        sure = all(phrase.meaning.sure or phrase.meaning.role == "other" for phrase in found.phrases)
        where = Not(filters[0] if len(filters) == 1 else All(tuple(filters)))
        return Term(text, whole[0].field, "negation", where, to_json(where), sure)


def _placed(term: Term, everywhere: Collection[str]) -> Term:
    return replace(term, everywhere=not fields_of(term.where).isdisjoint(everywhere))


def _cuts(parts: Sequence[Token], found: Findings) -> list[tuple[int, int]]:
    """The places of what is not to be embedded: a text tower understands neither "under 50" nor "not"."""
    spans = [(price.start, price.end) for price in found.prices if price.sure]
    spans += [(fact.start, fact.end) for fact in found.facts if fact.sure]
    spans += [(negation.start, negation.end) for negation in found.negations]
    return [(_loose_start(parts, start), end) for start, end in sorted(spans)]


def _loose_start(parts: Sequence[Token], start: int) -> int:
    """Before it, an "and" or "but" would be left dangling."""
    while start and parts[start - 1].term in _LOOSE:
        start -= 1
    return start


def _without(text: str, parts: Sequence[Token], cuts: Sequence[tuple[int, int]]) -> str:
    kept, last = [], 0
    for start, end in cuts:
        begin = parts[start].start - parts[start].minus
        kept.append(text[last:begin])
        last = max(last, parts[end - 1].end)
    kept.append(text[last:])
    words = re.sub(r"\s*,[\s,]*", ", ", " ".join(piece.strip() for piece in kept))
    return " ".join(words.split()).strip(" ,;:-")
