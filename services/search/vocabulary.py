"""The catalogue's own words: which labels its products have, and by what words a person may mean them."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

from services.fields import Fields, FieldType
from services.search.lexicon import GENDERS, PLACEHOLDERS, GenderName
from services.search.roles import Role, role_of
from services.search.spelling import Spelling
from services.search.tokens import Token, fold, label_terms, term_of
from services.words import words

MAX_VALUES = 1_000
"""A keyword field with more values than this holds names or numbers of products rather than labels."""
MAX_BRANDS = 5_000
MAX_VALUE_CHARS = 60
MAX_PHRASE_WORDS = 6
_AND = re.compile(r"\band\b|[&/,]", re.IGNORECASE)
_CODE = re.compile(r"://|www\.|@|\d{4,}|_\d|\d_", re.IGNORECASE)


@dataclass(frozen=True)
class Value:
    """A label, and how many products have it. `key` is its plain form: its terms without spaces."""

    field: str
    value: str
    count: int
    role: Role
    key: str


Labels = Mapping[str, Sequence[tuple[str, int]]]
"""By field: its labels, and how many products have each."""


class Vocabulary:
    """What the words of a query are looked up in. Never changes, so threads may share it.

    Keys are terms without spaces, so that "flip flops", "flipflops" and "Flip-Flop" meet. `everywhere` are fields that
    every product has, as far as is known.
    """

    def __init__(self, labels: Labels, everywhere: Collection[str] = ()) -> None:
        self.everywhere = frozenset(everywhere)
        self._exact: dict[str, list[Value]] = {}
        self._wider: dict[str, list[Value]] = {}
        self._genders: dict[GenderName, list[Value]] = {}
        forms: set[str] = set()
        for field, counted in labels.items():
            for value, count in counted[: MAX_BRANDS if role_of(field) == "brand" else MAX_VALUES]:
                self._add(field, value, count)
                forms.update(words(value[:MAX_VALUE_CHARS]))
        self._terms = frozenset(term_of(form) for form in forms)
        self._spelling = Spelling(forms | self._terms)

    def doubting(self) -> "Vocabulary":
        """The same, of which no field is known to be everywhere."""
        other = copy(self)
        other.everywhere = frozenset()
        return other

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look up."""
        return not self._exact

    def exact(self, key: str) -> Sequence[Value]:
        """Labels that are `key`; of types also those of which it is one name, as "Chains" of "Necklaces and Chains"."""
        return self._exact.get(key, ())

    def wider(self, key: str) -> Sequence[Value]:
        """Labels that say `key` and more: types that end in it, and colours that have it as one word."""
        return self._wider.get(key, ())

    def of_gender(self, name: GenderName) -> Sequence[Value]:
        """Labels, however a catalogue spells them, for whom a product is made."""
        return self._genders.get(name, ())

    def knows(self, key: str) -> bool:
        """Whether there is any such label, or one with such a word."""
        return key in self._exact or key in self._terms

    def corrected(self, token: Token) -> str | None:
        """The one term of a label that the token is a misspelling of; None where there is none, or a choice."""
        near = self._spelling.near(token.word) | self._spelling.near(token.term)
        meant = {term_of(word) for word in near}
        return meant.pop() if len(meant) == 1 else None

    def _add(self, field: str, label: str, count: int) -> None:
        if len(label) > MAX_VALUE_CHARS:
            return
        found = [term for term in label_terms(label) if term != "and"]  # "Fern & Field" is "Fern and Field" as well
        key = fold("".join(found))
        if key in PLACEHOLDERS or len(found) > MAX_PHRASE_WORDS:
            return
        value = Value(field, label, count, role_of(field), key)
        self._exact.setdefault(key, []).append(value)
        if value.role == "type":
            self._add_type(value)
        elif value.role == "colour" and len(found) > 1:
            for word in dict.fromkeys(found):
                self._wider.setdefault(word, []).append(value)
        elif value.role == "gender":
            self._add_gender(value, found)

    def _add_type(self, value: Value) -> None:
        for name in _AND.split(value.value):
            found = label_terms(name)
            alias = fold("".join(found))
            if alias and alias != value.key:
                _append(self._exact, alias, value)
            for start in range(1, len(found)):
                _append(self._wider, fold("".join(found[start:])), value)

    def _add_gender(self, value: Value, found: Sequence[str]) -> None:
        names = {GENDERS[word] for word in found if word in GENDERS}
        if len(names) == 1:
            self._genders.setdefault(names.pop(), []).append(value)
        elif names == {"men", "women"}:
            self._genders.setdefault("unisex", []).append(value)
        elif names == {"boys", "girls"}:
            self._genders.setdefault("kids", []).append(value)


def usable_labels(field: str, counted: Sequence[tuple[str, int]]) -> bool:
    """Whether the labels of a keyword field are words that people would use, rather than ids, codes or addresses."""
    if role_of(field) == "brand":
        return True
    if not counted or len(counted) > MAX_VALUES:
        return False
    if len(counted) > 100 and sum(count for _, count in counted) < 1.5 * len(counted):
        return False  # nearly every product has its own
    codes = sum(1 for value, _ in counted if _is_code(value))
    return codes * 2 <= len(counted)


def keyword_fields(fields: Fields) -> list[str]:
    """The declared fields that labels are read from."""
    return [name for name, kind in fields.items() if kind is FieldType.KEYWORD]


def vocabulary_of(rows: Iterable[Mapping[str, object]], fields: Fields) -> Vocabulary:
    """The vocabulary of products with these attributes, counted here and now."""
    counts: dict[str, dict[str, int]] = {name: {} for name in keyword_fields(fields)}
    for row in rows:
        for name, counted in counts.items():
            value = row.get(name)
            if isinstance(value, str):
                counted[value] = counted.get(value, 0) + 1
    labels = {name: sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])) for name, counted in counts.items()}
    return Vocabulary({name: counted for name, counted in labels.items() if usable_labels(name, counted)})


def _is_code(value: str) -> bool:
    letters = sum(character.isalpha() or character.isspace() for character in value)
    return bool(_CODE.search(value)) or letters * 2 < len(value)


def _append(index: dict[str, list[Value]], key: str, value: Value) -> None:
    values = index.setdefault(key, [])
    if value not in values:
        values.append(value)
