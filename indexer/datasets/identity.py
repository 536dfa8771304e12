"""What makes two examples the same for a model that has seen one of them: the photo, the garment, or the title."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from indexer.datasets.dataset import Dataset, Example
from indexer.datasets.titles import normalise_title
from services.errors import InvalidRequest

IMAGE, ITEM, TITLE, PIXELS = "image", "item", "title", "pixels"
SAME = (IMAGE, ITEM, TITLE, PIXELS)
"""Every way in which two examples can be the same. All but PIXELS are quick; it decodes every photo."""

ITEM_FIELDS = ("item_id", "product_id", "id")
BATCH = 1_024
Key = tuple[str, str]
"""A way to be the same, and the value that both have."""


def identity_keys(dataset: Dataset, examples: Sequence[Example], by: Sequence[str] = SAME) -> Iterator[list[Key]]:
    """For each of `examples` its keys; two that share a key are the same.

    `image` is the photo's name; `item` the product's id (the first of ITEM_FIELDS that is a cell); `title` the title
    without case, spacing and punctuation; `pixels` the decoded photo, whatever its file is called or packed in. What
    is empty or cannot be read makes no key. Raises InvalidRequest for a way that is not in SAME.
    """
    if unknown := [way for way in by if way not in SAME]:
        raise InvalidRequest(f"examples cannot be the same by {', '.join(unknown)}; known are {', '.join(SAME)}")
    with ThreadPoolExecutor() as threads:
        # In batches, so that no more than one batch of work is queued at a time.
        for start in range(0, len(examples), BATCH):
            batch = examples[start : start + BATCH]
            prints = threads.map(lambda row: _pixels(dataset, row), batch) if PIXELS in by else [""] * len(batch)
            for example, pixels in zip(batch, prints, strict=True):
                values = {IMAGE: example.image, ITEM: _item(example), TITLE: normalise_title(example.title)}
                keys = [(way, value) for way, value in {**values, PIXELS: pixels}.items() if value and way in by]
                yield keys


def _item(example: Example) -> str:
    return next((example.cells[field] for field in ITEM_FIELDS if example.cells.get(field)), "")


def _pixels(dataset: Dataset, example: Example) -> str:
    """A fingerprint of the decoded photo at its own size, or nothing where it cannot be read."""
    photo = dataset.photo(example)
    if photo is None:
        return ""
    return hashlib.blake2b(photo.tobytes(), digest_size=16, salt=f"{photo.width}x{photo.height}".encode()).hexdigest()
