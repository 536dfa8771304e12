"""Which of a catalogue's labels the words of a text are, the longest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.search.lexicon import COMMON, GENDERS, KNOWN, STOPS, SYNONYMS
from services.search.meaning import Meaning, meaning_of
from services.search.tokens import Token, fold
from services.search.vocabulary import MAX_PHRASE_WORDS, Vocabulary


@dataclass(frozen=True)
class Phrase:
    """The words tokens[start:end], and what they mean."""

    start: int
    end: int
    meaning: Meaning


class Phrases:
    """The phrases of one text. Each place is looked up once, in at most `MAX_PHRASE_WORDS` lengths."""

    def __init__(self, tokens: Sequence[Token], vocabulary: Vocabulary) -> None:
        self._tokens, self._vocabulary = tokens, vocabulary
        self._typed = [token.term for token in tokens]
        self._corrected = [self._correct(token) for token in tokens]
        self._found: dict[int, Phrase | None] = {}

    def at(self, start: int) -> Phrase | None:
        """The longest phrase that begins at tokens[start]. One that is there only if misspelt is not sure."""
        if start not in self._found:
            self._found[start] = self._longest(start, self._typed) or self._misspelt(start)
        return self._found[start]

    def _misspelt(self, start: int) -> Phrase | None:
        if self._corrected[start : start + MAX_PHRASE_WORDS] == self._typed[start : start + MAX_PHRASE_WORDS]:
            return None
        found = self._longest(start, self._corrected)
        return None if found is None else Phrase(found.start, found.end, found.meaning.misspelt())

    def _longest(self, start: int, terms: Sequence[str]) -> Phrase | None:
        for end in range(self._reach(start), start, -1):
            words = terms[start:end]
            if all(word in STOPS for word in words) or "and" in (words[0], words[-1]):
                continue
            key = fold("".join(word for word in words if word != "and"))
            meaning = meaning_of(key, self._vocabulary)
            if meaning is not None:
                return Phrase(start, end, meaning)
        return None

    def _reach(self, start: int) -> int:
        """Where a phrase from `start` on must have ended: at punctuation, or a sign."""
        end = start
        while end < min(len(self._tokens), start + MAX_PHRASE_WORDS):
            token = self._tokens[end]
            if token.sign or (end > start and (token.breaks or token.minus)):
                break
            end += 1
        return end

    def _correct(self, token: Token) -> str:
        word, known = token.term, self._vocabulary
        if token.number is not None or known.knows(word):
            return word
        if any(word in listed for listed in (STOPS, GENDERS, SYNONYMS, KNOWN, COMMON)):
            return word
        return known.corrected(token) or word
