"""What is not wanted: "without stripes", "no logo", "not red or blue", "-striped", "non-leather"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.search.lexicon import STOPS
from services.search.phrases import Phrase, Phrases
from services.search.tokens import Token

MAX_TRIGGER_WORDS = 3
MAX_UNKNOWN_WORDS = 3
# After these stands a thing, with its adjectives: "without red stripes". After the others a property: "not red".
BEFORE_THINGS = frozenset(
    [
        ("without",), ("no",), ("except",), ("except", "for"), ("excluding",), ("exclude",), ("minus",), ("w", "o"),
        ("other", "than"), ("apart", "from"), ("anything", "but"), ("everything", "but"), ("free", "of"), ("avoid",),
        ("lacking",), ("sans",), ("dont", "want"), ("do", "not", "want"),
    ]
)  # fmt: skip
BEFORE_PROPERTIES = frozenset(
    [("not",), ("non",), ("isnt",), ("arent",), ("never",), ("nor",), ("neither",), ("nothing",)]
)
_NO_TRIGGER_BEFORE = frozenset(["only", "just", "sure", "too", "more", "less", "least"])
_MODIFIERS = frozenset(["colour", "pattern", "material"])
_THINGS = frozenset(["pattern", "material", "type"])


@dataclass(frozen=True)
class Unwanted:
    """One thing that tokens[start:end] say is unwanted: all of `parts` at once, or, without any, what has no label."""

    start: int
    end: int
    parts: tuple[Phrase, ...]


@dataclass(frozen=True)
class Negation:
    """Everything that one negation, tokens[start:end], keeps away from."""

    start: int
    end: int
    unwanted: tuple[Unwanted, ...]


def trigger_at(tokens: Sequence[Token], start: int) -> int:
    """How many words that negate what follows begin at tokens[start]."""
    for length in range(MAX_TRIGGER_WORDS, 0, -1):
        words = tuple(token.term for token in tokens[start : start + length])
        if len(words) == length and (words in BEFORE_THINGS or words in BEFORE_PROPERTIES):
            after = tokens[start + length] if start + length < len(tokens) else None
            if after is None or after.number is not None or after.term in _NO_TRIGGER_BEFORE:
                return 0
            return length
    return 0


class NegationReader:
    """Reads negations of one text. `other` tells places where something else begins, such as a price."""

    def __init__(self, tokens: Sequence[Token], phrases: Phrases, other: Callable[[int], bool]) -> None:
        self._tokens, self._phrases, self._other = tokens, phrases, other

    def at(self, start: int, has_type: bool) -> Negation | None:
        """The negation that begins at tokens[start]; None where none does, or where nothing follows it.

        `has_type`: the text has said before what kind of product is wanted.
        """
        length = trigger_at(self._tokens, start)
        while length and (more := trigger_at(self._tokens, start + length)):
            length += more  # said twice is not taken back: "no, not the striped ones"
        if not length and not self._tokens[start].minus:
            return None
        words = tuple(token.term for token in self._tokens[start : start + length])
        things = any(words[place:] in BEFORE_THINGS for place in range(len(words)))
        first = self._item(self._skip(start + length, start + length > start), things, has_type)
        if first is None:
            return None
        items = [first]
        while length and (following := self._next(items[-1], things, has_type)) is not None:
            items.append(following)
        return Negation(start, items[-1].end, tuple(items))

    def _skip(self, place: int, may_skip: bool) -> int:
        """Past "a", "the" and the like."""
        while may_skip and place < len(self._tokens) and self._tokens[place].term in STOPS:
            if self._phrases.at(place) is not None:
                break
            place += 1
        return place

    def _item(self, start: int, things: bool, has_type: bool) -> Unwanted | None:
        if start >= len(self._tokens) or self._other(start):
            return None
        phrase = self._phrases.at(start)
        if phrase is None:
            end = self._unknown_end(start, start)
            return Unwanted(start, end, ()) if end > start else None
        parts, end = [phrase], phrase.end
        while things and parts[-1].meaning.role in _MODIFIERS and self._adjacent(end):
            following = self._phrases.at(end)
            if following is None:
                unknown_end = self._unknown_end(end, start)
                # "without white soles" is about soles, of which the catalogue has no labels.
                return Unwanted(start, unknown_end, ()) if unknown_end > end else Unwanted(start, end, tuple(parts))
            role = following.meaning.role
            if role not in _THINGS or (role == "type" and not has_type):
                break  # "no stripes dress" is about a dress
            parts.append(following)
            end = following.end
        return Unwanted(start, end, tuple(parts))

    def _next(self, last: Unwanted, things: bool, has_type: bool) -> Unwanted | None:
        """What is unwanted as well: "..., red or blue"."""
        place = last.end
        if place >= len(self._tokens):
            return None
        token = self._tokens[place]
        joined = token.term in ("or", "nor", "and")
        if not joined and not token.breaks:
            return None
        begin = self._skip(place + 1, True) if joined else place
        if begin >= len(self._tokens) or trigger_at(self._tokens, begin):
            return None
        found = self._item(begin, things, has_type)
        if found is None or token.term in ("or", "nor"):
            return found
        if not _alike(last, found):
            return None
        # With a comma alone what follows may be wanted: "not red, blue"; not so in "no red, blue or green".
        return found if joined or self._goes_on(found) else None

    def _goes_on(self, item: Unwanted) -> bool:
        if item.end + 1 >= len(self._tokens):
            return False
        token = self._tokens[item.end]
        after = self._phrases.at(item.end + (token.term in ("or", "nor", "and")))
        if token.term not in ("or", "nor", "and") and not token.breaks:
            return False
        return after is not None and bool(item.parts) and after.meaning.role == item.parts[-1].meaning.role

    def _unknown_end(self, place: int, start: int) -> int:
        """The end of a run of words that the catalogue has no label for."""
        begin = place
        while place < len(self._tokens) and place < begin + MAX_UNKNOWN_WORDS:
            token = self._tokens[place]
            ends = token.sign or token.number is not None or token.term in STOPS
            if ends or (place > start and not self._adjacent(place)) or self._phrases.at(place) is not None:
                break
            if self._other(place) or trigger_at(self._tokens, place):
                break
            place += 1
        return place

    def _adjacent(self, place: int) -> bool:
        if place >= len(self._tokens):
            return False
        token = self._tokens[place]
        return not (token.breaks or token.minus or token.sign or token.term in STOPS or self._other(place))


def _alike(one: Unwanted, other: Unwanted) -> bool:
    if not one.parts or not other.parts:
        return not one.parts and not other.parts
    return one.parts[-1].meaning.role == other.parts[-1].meaning.role
