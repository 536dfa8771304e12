"""What is in a product's text to the letter: a name or a number typed exactly is to win over what only resembles it."""

from collections.abc import Sequence

from services.products import Record
from services.words import terms

# Longer values are descriptions, which nobody types.
MAX_CHARS = 200


def is_word_for_word(text: str, record: Record) -> str | None:
    """The attribute (or "id") whose value is `text`, but for case, accents, hyphens and plurals; else None."""
    wanted = terms(text)
    if not wanted:
        return None
    for name, value in (("id", record.product.id), *record.product.attributes.items()):
        if isinstance(value, str) and len(value) <= MAX_CHARS and terms(value) == wanted:
            return name
    return None


def bears(record: Record, wanted: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the product's id and its attributes `names` hold every one of the terms `wanted`."""
    attributes = record.product.attributes
    values = [record.product.id, *(str(attributes[name]) for name in names if name in attributes)]
    return set(wanted) <= {term for value in values for term in terms(value)}
