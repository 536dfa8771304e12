"""Words that are one slip of the finger away from a known one."""

from collections.abc import Iterable

MIN_LETTERS = 5
MAX_LETTERS = 30


class Spelling:
    """Finds known words by what is left of them when one letter is dropped.

    Two words one edit apart (a letter more, less, another, or two swapped) have such a remainder in common, so a word
    takes as many look-ups as it has letters, however many words are known. Garbe, "SymSpell", 2012.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._by_remainder: dict[str, set[str]] = {}
        for word in known:
            if MIN_LETTERS - 1 <= len(word) <= MAX_LETTERS and word.isalpha():
                for remainder in _remainders(word):
                    self._by_remainder.setdefault(remainder, set()).add(word)

    def near(self, word: str) -> set[str]:
        """The known words that are one edit away from a word of at least five letters.

        >>> sorted(Spelling(["dress", "short", "skirt"]).near("drses"))
        ['dress']
        >>> sorted(Spelling(["dress", "short", "skirt"]).near("shirt"))
        ['short', 'skirt']
        """
        if not MIN_LETTERS <= len(word) <= MAX_LETTERS or not word.isalpha():
            return set()
        close = {found for part in _remainders(word) for found in self._by_remainder.get(part, ())}
        return {found for found in close if _one_edit(word, found)}


def _remainders(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _one_edit(typed: str, known: str) -> bool:
    """Whether one letter more, less, another, or two neighbours swapped make one of the other."""
    if typed == known or abs(len(typed) - len(known)) > 1:
        return False
    start = 0
    while start < min(len(typed), len(known)) and typed[start] == known[start]:
        start += 1
    rest, other = typed[start:], known[start:]
    if len(rest) != len(other):
        return rest[1:] == other or rest == other[1:]
    return rest[1:] == other[1:] or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
