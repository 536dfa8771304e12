"""What the words of a query say in the catalogue's own terms."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from services.filters import Filter

TermKind: TypeAlias = Literal["value", "range", "negation"]


@dataclass(frozen=True)
class Term:
    """Words of a query, and the filter that they stand for; `filter_json` is the same as the API's grammar has it.

    A `sure` term keeps out what it does not fit; another only moves up what it does. `everywhere`: every product has
    one of the fields that it is about, so that what does not fit is labelled otherwise.
    """

    words: str
    field: str
    kind: TermKind
    where: Filter
    filter_json: object
    sure: bool
    everywhere: bool = False


@dataclass(frozen=True)
class Interpretation:
    """What was read. `text` is what is left to embed: without prices and negations, but with colours and types.

    `rest` are words that no term accounts for. `unknown_unwanted` are texts to keep away from that the catalogue has
    no word for, from within the text or given beside it: only vectors can tell what they mean.
    """

    text: str
    rest: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    unknown_unwanted: tuple[str, ...] = ()

    @property
    def says_all(self) -> bool:
        """Whether the sure terms say all that was asked; an unsure one may only prefer among what a sure one keeps."""
        sure = {term.words for term in self.terms if term.sure}
        return (
            bool(sure)
            and not self.rest
            and not self.unknown_unwanted
            and all(term.words in sure for term in self.terms)
        )
