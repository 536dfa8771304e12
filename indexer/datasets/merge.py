"""Several data sets as one, so that a model learns from all of them: a catalogue's labels, another's kind of photo."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

from PIL import Image

from indexer.datasets.dataset import Dataset, Example, PhotoSource
from services.errors import NotFound


class MergedPhotos:
    """The photos of several sources; a name starts with its source's."""

    def __init__(self, sources: Mapping[str, PhotoSource]) -> None:
        self._sources = sources

    def photo(self, name: str) -> Image.Image:
        """The photo, from the source that the name starts with. Raises what the source raises."""
        source, _, own = name.partition("/")
        if source not in self._sources:
            raise NotFound(f"no photo {name!r}: its name starts with none of {', '.join(self._sources)}")
        return self._sources[source].photo(own)


def merged(datasets: Sequence[Dataset]) -> Dataset:
    """All examples of `datasets`, split by split, with the label fields of all, in order.

    The sets are interleaved in proportion, so that the first rows are a fair sample of each.

    A field that a set lacks is unknown for its examples, even where it has a column of that name that is no label
    of its own: two shops' "category" are two things.
    """
    if len(datasets) == 1:
        return datasets[0]
    fields = tuple(dict.fromkeys(field for dataset in datasets for field in dataset.label_fields))
    placed: dict[str, list[tuple[float, Example]]] = {}
    for number, dataset in enumerate(datasets):
        foreign = dict.fromkeys((field for field in fields if field not in dataset.label_fields), "")
        for split, rows in dataset.examples.items():
            placed.setdefault(split, []).extend(
                (place / len(rows), replace(row, image=f"{number}/{row.image}", cells={**row.cells, **foreign}))
                for place, row in enumerate(rows)
            )
    examples = {split: [row for _, row in sorted(rows, key=itemgetter(0))] for split, rows in placed.items()}
    photos = MergedPhotos({str(number): dataset.photos for number, dataset in enumerate(datasets)})
    return Dataset("+".join(dataset.name for dataset in datasets), fields, examples, photos)
