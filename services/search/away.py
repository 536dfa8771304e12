"""How much what a query should lead away from counts, where nobody says: measured, since a space is no ruler.

On held-back photos (`tests/long/study_away.py`, the shipped model; docs/search.md has the table): taken away from a
photo, words need the photo's own weight before their colour goes, and its kind stays; taken away from words, a quarter
is enough, and more loses the kind; of another photo of the same kind, more than a third takes the kind away too.
"""

from collections.abc import Sequence

from services.search.query import ImagePart

PHOTO = 0.35
WORDS_FROM_PHOTO = 1.0
WORDS_FROM_WORDS = 0.25


def words_weight(images: Sequence[ImagePart]) -> float:
    """The weight of words to lead away from, beside these photos and stored products."""
    return WORDS_FROM_PHOTO if any(part.weight > 0 for part in images) else WORDS_FROM_WORDS
