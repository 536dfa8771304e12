"""A product's text, as words are looked for in it: plain terms joined by single spaces.

The text is normalised before an engine sees it, and so is a query. Any tokenizer that splits at spaces, the one of
Milvus and the one of Milvus Lite among them, then finds the same terms.
"""

from collections.abc import Sequence

from services.fields import Attributes, Scalar
from services.words import terms

# What a VARCHAR column of the text has room for, in bytes; Milvus itself allows 65,535.
MAX_TEXT_BYTES = 16_384


def joined_text(product_id: str, attributes: Attributes, names: Sequence[str]) -> str:
    """The terms of the product's id and of those attributes among `names` that it has, in their order.

    A number is spelt as people write it (2011, not 2011.0); true and false are no words. What is more than
    MAX_TEXT_BYTES is cut off after a whole term.

    >>> joined_text("sku-7", {"title": "Red Dresses", "year": 2011.0, "new": True}, ["title", "year", "new"])
    'sku7 red dress 2011'
    """
    values = [product_id, *(attributes[name] for name in names if name in attributes)]
    kept, size = [], -1  # one space fewer than terms
    for term in (term for value in values for term in text_terms(_spelt(value))):
        size += len(term.encode("utf-8")) + 1
        if size > MAX_TEXT_BYTES:
            break
        kept.append(term)
    return " ".join(kept)


def query_text(text: str) -> str:
    """The terms of a query, each once, joined as those of a product; empty when it has none."""
    return " ".join(dict.fromkeys(text_terms(text)))


def text_terms(text: str) -> list[str]:
    """`services.words.terms`, in lower case for good: a tokenizer may lower it anyway."""
    return [term.lower() for term in terms(text)]


def _spelt(value: Scalar) -> str:
    if isinstance(value, bool):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
