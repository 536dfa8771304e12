"""What a phrase means in a catalogue's terms, and whether that is sure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.filters import Any, Filter, OneOf
from services.search.lexicon import ALSO_FITS, COMMON, GENDERS, GENERIC_HEADS, KNOWN, SYNONYMS
from services.search.roles import Role
from services.search.vocabulary import Value, Vocabulary

DOMINANT = 0.95
"""A phrase that is a label of two kinds, such as an olive dress and the brand Olive, is sure where this share of the
products has one of them. Products of the other pass its filter all the same, so nothing right is lost."""


@dataclass(frozen=True)
class Meaning:
    """The labels that fit a phrase. `exact` are those that say just that, and are to come first among `labels`.

    `narrow` are what to leave out where the phrase is negated: what surely is meant by it. One that is `weak` counts
    only where nothing else of its role is said.
    """

    role: Role
    labels: tuple[Value, ...]
    exact: tuple[Value, ...]
    narrow: tuple[Value, ...]
    sure: bool
    weak: bool = False

    def misspelt(self) -> "Meaning":
        """The same, where the words are nearly those of the label."""
        return replace(self, sure=False, weak=True)


def meaning_of(key: str, vocabulary: Vocabulary) -> Meaning | None:
    """What `key`, terms without spaces, means; None where the catalogue has no label for it."""
    if key in GENDERS:
        gender = _gender(key, vocabulary)
        if gender is not None:
            return gender
    exact = vocabulary.exact(key)
    if exact:
        return _exact(key, exact, vocabulary)
    return _looked_up(key, vocabulary)


def field_filter(labels: Sequence[Value]) -> Filter:
    """What products with one of the labels pass; labels of several fields are alternatives."""
    by_field: dict[str, list[Value]] = {}
    for label in sorted(labels, key=lambda label: -label.count):
        if label not in by_field.setdefault(label.field, []):
            by_field[label.field].append(label)
    parts = [OneOf(field, tuple(found.value for found in values)) for field, values in by_field.items()]
    return parts[0] if len(parts) == 1 else Any(tuple(parts))


def main_field(labels: Sequence[Value]) -> str:
    """The field that most products with one of the labels have it in."""
    return max(labels, key=lambda label: label.count).field


def _gender(key: str, vocabulary: Vocabulary) -> Meaning | None:
    name = GENDERS[key]
    exact = [*vocabulary.of_gender(name)]
    labels = _distinct(label for fitting in ALSO_FITS[name] for label in vocabulary.of_gender(fitting))
    if not labels:
        return None
    sure = bool(exact) or name == "kids"
    return Meaning("gender", labels, tuple(exact), tuple(exact) or labels, sure)


def _exact(key: str, exact: Sequence[Value], vocabulary: Vocabulary) -> Meaning:
    weights: dict[Role, int] = {}
    for label in exact:
        weights[label.role] = weights.get(label.role, 0) + label.count
    role = max(weights, key=lambda kind: weights[kind])
    main = [label for label in exact if label.role == role]
    # A shop that has the word itself tells it from its synonyms.
    more = [label for label in vocabulary.wider(key) if label.role == role]
    sure = role != "other" and weights[role] >= DOMINANT * sum(weights.values())
    if role == "brand" and (len(key) <= 2 or any(key in words for words in (COMMON, KNOWN, SYNONYMS))):
        sure = False
    return Meaning(role, _distinct([*exact, *more]), _distinct(main), _distinct([*main, *more]), sure)


def _looked_up(key: str, vocabulary: Vocabulary) -> Meaning | None:
    """A phrase that is no label: another word for some, or a part of some."""
    named = [label for other in SYNONYMS.get(key, ()) for label in vocabulary.exact(other)]
    wider = list(vocabulary.wider(key))
    if not named and not wider:
        return None
    role = (named or wider)[0].role
    labels = _distinct(label for label in [*named, *wider] if label.role == role)
    several = len({label.key for label in wider if label.role == role}) > 1
    sure = len({label.key for label in named}) == 1 or (several and key not in GENERIC_HEADS)
    sure = sure and role != "other"
    return Meaning(role, labels, (), labels, sure, weak=not sure and not named)


def _distinct(labels: Iterable[Value]) -> tuple[Value, ...]:
    return tuple(dict.fromkeys(labels))
