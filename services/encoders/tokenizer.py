"""Words of a fashion query as ids: a catalogue vocabulary, and hashed character n-grams for everything else.

A title's vocabulary is small, and what people type is misspelt, plural or joined differently ("tee shirt",
"t-shirt", "tshirts"). Sub-word n-grams hashed into buckets place unseen words near their relatives
(Bojanowski et al., "Enriching Word Vectors with Subword Information", TACL 2017).
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.words import words


@dataclass(frozen=True)
class Tokenizer:
    """Maps a text to the ids of one embedding table: `vocabulary` first, then `buckets` n-gram rows."""

    vocabulary: tuple[str, ...]
    buckets: int
    min_ngram: int = 3
    max_ngram: int = 5
    max_words: int = 32
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", {word: index for index, word in enumerate(self.vocabulary)})

    @property
    def rows(self) -> int:
        """Rows of the embedding table: words, n-gram buckets, and one last row for a text without words."""
        return len(self.vocabulary) + self.buckets + 1

    def word_ids(self, word: str) -> list[int]:
        """The word's own row, if it is in the vocabulary, and the rows of its n-grams."""
        ids = [len(self.vocabulary) + _hash(gram) % self.buckets for gram in self._ngrams(word)]
        known = self._ids.get(word)
        return ids if known is None else [known, *ids]

    def encode(self, text: Sequence[str] | str) -> list[int]:
        """The rows to average for a text (or for words already split); never empty."""
        split = words(text) if isinstance(text, str) else text
        ids = [row for word in split[: self.max_words] for row in self.word_ids(word)]
        return ids or [self.rows - 1]

    def _ngrams(self, word: str) -> list[str]:
        marked = f"<{word[:40]}>"
        sizes = range(self.min_ngram, self.max_ngram + 1)
        return [marked[i : i + n] for n in sizes for i in range(len(marked) - n + 1)]


def _hash(gram: str) -> int:
    # crc32 is stable across processes and machines, unlike hash().
    return zlib.crc32(gram.encode("utf-8", "surrogatepass"))
