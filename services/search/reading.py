"""The texts of a query once they are read: filters, and what is left to be compared by meaning."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.search.away import words_weight
from services.search.interpretation import Interpretation, Term
from services.search.interpreter import Interpreter
from services.search.query import Query, TextPart


@dataclass(frozen=True)
class Reading:
    """`texts` are what is to be embedded, towards and away from; `interpretation` what became filters instead.

    None where nothing was to be read.
    """

    texts: tuple[TextPart, ...]
    interpretation: Interpretation | None = None


def read(query: Query, interpreter: Interpreter) -> Reading:
    """Read the texts of a query, unless it says not to.

    What is unwanted becomes a filter where the catalogue has a word for it: a text tower does not understand "not".
    """
    towards = [part for part in query.texts if part.weight > 0 and part.text.strip()]
    away = [part for part in query.texts if part.weight < 0 and part.text.strip()]
    if not query.interpret or not (towards or away):
        return Reading((*towards, *away))
    read_each = [interpreter.read(part.text) for part in towards]
    unwanted = interpreter.read("", [part.text for part in away])
    remaining = [replace(part, text=found.text) for part, found in zip(towards, read_each, strict=True)]
    if not any(part.text for part in remaining) and not query.images:
        remaining = towards  # "under 50" and no more: there has to be something to rank by
    unknown = set(unwanted.unknown_unwanted)
    texts = [part for part in remaining if part.text] + [part for part in away if part.text in unknown]
    # What a text itself says to keep away from, and the catalogue has no word for: "dress without sleeves".
    within = [words for found in read_each for words in found.unknown_unwanted]
    texts += [TextPart(words, -words_weight(query.images)) for words in within]
    whole = _merged([*read_each, unwanted])
    return Reading(tuple(texts), whole if whole.terms or whole.unknown_unwanted else None)


def as_boosts(interpretation: Interpretation, doubted: Sequence[Term]) -> Interpretation:
    """The same, with nothing sure about the terms `doubted`."""
    terms = (replace(term, sure=term.sure and term not in doubted) for term in interpretation.terms)
    return replace(interpretation, terms=tuple(terms))


def _merged(read: Sequence[Interpretation]) -> Interpretation:
    return Interpretation(
        text=" ".join(found.text for found in read if found.text),
        rest=tuple(word for found in read for word in found.rest),
        terms=tuple(term for found in read for term in found.terms),
        unknown_unwanted=tuple(text for found in read for text in found.unknown_unwanted),
    )
