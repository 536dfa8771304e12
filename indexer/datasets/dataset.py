"""A labelled data set: examples by split, the fields that are labels, and where the photos are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from PIL import Image

from services.errors import InvalidCatalogue, InvalidRequest, NotFound

TRAIN, VAL, TEST = "train", "val", "test"
SPLIT_NAMES = {TRAIN: TRAIN, VAL: VAL, "valid": VAL, "validation": VAL, TEST: TEST}
"""How published data sets name their splits, and what each is called here."""


class PhotoSource(Protocol):
    """Decoded photos by name. Safe to call from several threads."""

    def photo(self, name: str) -> Image.Image:
        """Return the photo `name`. Raises NotFound, BadImage or ImageTooLarge when it cannot be had."""
        ...


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled photo. `cells` holds every column as text, labels among them; an empty cell is unknown."""

    image: str
    title: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Dataset:
    """Labelled photos in splits.

    `label_fields` names the cells that are labels, in the order in which they are shown. `examples` maps a split
    (`train`, `val`, `test`) to its examples.
    """

    name: str
    label_fields: tuple[str, ...]
    examples: Mapping[str, Sequence[Example]]
    photos: PhotoSource

    def rows(self, split: str, limit: int | None = None) -> Sequence[Example]:
        """The examples of `split`, its first `limit`. Raises InvalidCatalogue where there are none."""
        found = self.examples.get(split, ())[:limit]
        if not found:
            raise InvalidCatalogue(f"{self.name}: nothing in split {split!r}; it has {', '.join(self.examples)}")
        return found

    def photo(self, example: Example) -> Image.Image | None:
        """The decoded photo of `example`, or None where there is none that can be read."""
        try:
            return self.photos.photo(example.image)
        except (InvalidRequest, NotFound):
            return None

    def with_examples(self, examples: Mapping[str, Sequence[Example]]) -> "Dataset":
        """The same data set with other examples in its splits; splits that are empty are left out."""
        return replace(self, examples={split: rows for split, rows in examples.items() if rows})

    @property
    def has_titles(self) -> bool:
        """Whether any example has a title, which is what text queries are made of."""
        return any(example.title for rows in self.examples.values() for example in rows)


def label_sets(rows: Sequence[Example], fields: Sequence[str]) -> dict[str, list[str]]:
    """Each field's labels, most frequent first, ties in alphabetical order.

    >>> rows = [Example("1.jpg", "", {"kind": kind}) for kind in ("belt", "dress", "", "dress")]
    >>> label_sets(rows, ["kind"])
    {'kind': ['dress', 'belt']}
    """
    counts: dict[str, dict[str, int]] = {field: {} for field in fields}
    for row in rows:
        for field, count in counts.items():
            if label := row.cells.get(field, ""):
                count[label] = count.get(label, 0) + 1
    return {field: sorted(count, key=lambda label: (-count[label], label)) for field, count in counts.items()}


def chosen_fields(name: str, wanted: Sequence[str], known: Sequence[str], default: Sequence[str]) -> tuple[str, ...]:
    """The label fields to use: those `wanted`, or the `default` ones where none are named.

    Raises InvalidCatalogue for one that the data set `name` does not have, with the ones that it has.

    >>> chosen_fields("photos", [], ["category", "gender"], ["category"])
    ('category',)
    """
    if absent := [field for field in wanted if field not in known]:
        raise InvalidCatalogue(f"{name}: no column {', '.join(absent)}; it has {', '.join(known)}")
    return tuple(dict.fromkeys(wanted or default))
