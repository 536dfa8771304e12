"""When two titles are one title: the only definition, shared by measuring and by keeping splits apart."""

import unicodedata


def normalise_title(title: str) -> str:
    """`title` without case, spacing and punctuation; titles that come out equal are one title.

    >>> normalise_title("Nike Men's T-Shirt") == normalise_title("NIKE  mens tshirt")
    True
    >>> normalise_title(" - ")
    ''
    """
    folded = unicodedata.normalize("NFKC", title).casefold()
    # Letters, their marks (Devanagari vowels are marks) and numbers.
    return "".join(char for char in folded if unicodedata.category(char)[0] in "LMN")
