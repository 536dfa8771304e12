"""What was found in a text becomes terms: several labels of one kind are alternatives, or a guess."""

from collections.abc import Sequence
from itertools import pairwise

from services.filters import All, Compare, Filter, Not
from services.search.filter_json import to_json
from services.search.findings import Findings
from services.search.interpretation import Term, TermKind
from services.search.meaning import Meaning, field_filter, main_field
from services.search.negation import Unwanted
from services.search.phrases import Phrase
from services.search.prices import Price
from services.search.roles import Role
from services.search.tokens import Token

# Whoever it is for or made by, it is said of the product wherever it stands.
_ANYWHERE: frozenset[Role] = frozenset(["brand", "gender"])


class Assembly:
    """The terms of one text."""

    def __init__(self, text: str, tokens: Sequence[Token], found: Findings) -> None:
        self._text, self._tokens, self._found = text, tokens, found

    def terms(self) -> list[Term]:
        """All of them, in the order of the text; one that only prefers comes behind what it belongs to."""
        placed = [(price.start, [self._price(price)]) for price in self._found.prices]
        placed += [
            (fact.start, [self._term(fact.start, fact.end, fact.where.field, "value", fact.where, fact.sure)])
            for fact in self._found.facts
        ]
        placed += [
            (item.start, [self._negated(item)]) for negation in self._found.negations for item in negation.unwanted
            if item.parts
        ]  # fmt: skip
        for role in self._roles():
            placed += self._of_role(role)
        return [term for _, terms in sorted(placed, key=lambda pair: pair[0]) for term in terms]

    def dropped(self) -> list[Phrase]:
        """Phrases that no term stands for: weak ones, and types in a side phrase, beside what is surely meant."""
        kept = {phrase.start for role in self._roles() for phrases in self._split(role) for phrase in phrases}
        return [phrase for phrase in self._found.phrases if phrase.start not in kept]

    def unknown_unwanted(self) -> list[str]:
        """What negations are about that filters cannot keep out, or not surely."""
        has_type = any(phrase.meaning.role == "type" for phrase in self._found.phrases)
        return [
            self.words(item.start, item.end)
            for negation in self._found.negations
            for item in negation.unwanted
            if not item.parts or not _is_sure(item) or (has_type and item.parts[0].meaning.role == "type")
        ]

    def words(self, start: int, end: int) -> str:
        """The text of tokens[start:end]."""
        return self._text[self._tokens[start].start : self._tokens[end - 1].end]

    def _roles(self) -> list[Role]:
        return list(dict.fromkeys(phrase.meaning.role for phrase in self._found.phrases))

    def _split(self, role: Role) -> tuple[list[Phrase], list[Phrase]]:
        """The phrases of a role that speak of the product, and those that speak of what it has or is for."""
        phrases = [phrase for phrase in self._found.phrases if phrase.meaning.role == role]
        sides = () if role in _ANYWHERE else self._found.sides
        beside = [phrase for phrase in phrases if phrase.start in sides]
        main = [phrase for phrase in phrases if phrase.start not in sides]
        if any(not phrase.meaning.weak for phrase in main):
            main = [phrase for phrase in main if not phrase.meaning.weak]
        return main, [] if role == "type" and main else beside

    def _of_role(self, role: Role) -> list[tuple[int, list[Term]]]:
        main, beside = self._split(role)
        if role == "other":
            return [(phrase.start, self._values(phrase, False)) for phrase in (*main, *beside)]
        placed = self._main(role, main) if main else []
        return placed + [(phrase.start, self._values(phrase, self._plainly(phrase, main))) for phrase in beside]

    def _plainly(self, phrase: Phrase, main: Sequence[Phrase]) -> bool:
        """ "With stripes" and no more: the product is striped, unless its main words say otherwise."""
        plain = self._found.sides[phrase.start] in self._found.plain_sides
        return plain and phrase.meaning.role == "pattern" and not main

    def _main(self, role: Role, phrases: Sequence[Phrase]) -> list[tuple[int, list[Term]]]:
        certain = role != "type" or phrases[-1].start not in self._found.followed
        if len({phrase.meaning.labels for phrase in phrases}) == 1:
            return [(phrases[0].start, self._values(phrases[0], certain))]
        if certain and all(phrase.meaning.sure for phrase in phrases) and self._are_alternatives(role, phrases):
            return [(phrases[0].start, [self._any_of(phrases)])]
        return [(phrase.start, self._values(phrase, False)) for phrase in phrases]

    def _are_alternatives(self, role: Role, phrases: Sequence[Phrase]) -> bool:
        """Whether a right product has at least one of them: not so for "red and blue", which may be labelled "Multi".

        "Boxer shorts" are one type or the other, and so is what "skirts and dresses" asks for.
        """
        if role in ("gender", "type"):
            return True
        joins = [self._join(one, other) for one, other in pairwise(phrases)]
        return None not in joins and ("or" in joins or (role == "brand" and "" not in joins))

    def _join(self, one: Phrase, other: Phrase) -> str | None:
        """What stands between them: "or", "and", a comma, nothing (""), or None for anything else."""
        between = [token.term for token in self._tokens[one.end : other.start]]
        if between in (["or"], ["and"]):
            return between[0]
        if between:
            return None
        return "," if self._tokens[other.start].breaks else ""

    def _values(self, phrase: Phrase, certain: bool) -> list[Term]:
        meaning = phrase.meaning
        sure = certain and meaning.sure
        terms = [self._value(phrase.start, phrase.end, meaning, sure)]
        if sure and meaning.exact and set(meaning.exact) < set(meaning.labels):
            where = field_filter(meaning.exact)
            terms.append(self._term(phrase.start, phrase.end, main_field(meaning.exact), "value", where, False))
        return terms

    def _value(self, start: int, end: int, meaning: Meaning, sure: bool) -> Term:
        return self._term(start, end, main_field(meaning.labels), "value", field_filter(meaning.labels), sure)

    def _any_of(self, phrases: Sequence[Phrase]) -> Term:
        labels = tuple(dict.fromkeys(label for phrase in phrases for label in phrase.meaning.labels))
        return self._term(phrases[0].start, phrases[-1].end, main_field(labels), "value", field_filter(labels), True)

    def _price(self, price: Price) -> Term:
        first = price.where.parts[0] if isinstance(price.where, All) else price.where
        name = first.field if isinstance(first, Compare) else ""
        return self._term(price.start, price.end, name, "range", price.where, price.sure)

    def _negated(self, item: Unwanted) -> Term:
        narrow = [part.meaning.narrow for part in item.parts]
        field = main_field(narrow[-1])
        return self._term(item.start, item.end, field, "negation", unwanted_filter(item.parts), _is_sure(item))

    def _term(self, start: int, end: int, field: str, kind: TermKind, where: Filter, sure: bool) -> Term:
        return Term(self.words(start, end), field, kind, where, to_json(where), sure)


def unwanted_filter(phrases: Sequence[Phrase]) -> Filter:
    """What is not all of these at once."""
    parts = [field_filter(phrase.meaning.narrow) for phrase in phrases]
    return Not(parts[0] if len(parts) == 1 else All(tuple(parts)))


def _is_sure(item: Unwanted) -> bool:
    # A label of any kind may be refused: whoever wants nothing casual wants nothing that is labelled so.
    return all(part.meaning.sure or part.meaning.role == "other" for part in item.parts)
