"""The invented shop's drawings as a data set: for a model to know drawings, and for tests of what is exactly known."""

from PIL import Image

from indexer.datasets.dataset import TEST, TRAIN, VAL, Dataset, Example, chosen_fields
from indexer.sample import SampleProduct, render, sample_products
from services.errors import InvalidRequest, NotFound

FIRST_SEEDS = {TRAIN: 1001, VAL: 2001, TEST: 3001}
"""Catalogues of each split start here, far from the sample that `lookalike up` shows."""

NAME = "drawn-sample"
LABELS = ("article_type", "base_colour", "gender")
MOST = 50


class DrawnPhotos:
    """Draws a photo when it is asked for; its name is the catalogue's seed, the product's place and the view."""

    def __init__(self, catalogues: dict[int, list[SampleProduct]]) -> None:
        self._catalogues = catalogues

    def photo(self, name: str) -> Image.Image:
        """The drawing `SEED/PLACE/VIEW`: RGB, 384x512."""
        try:
            seed, place, view = name.split("/")
            return render(self._catalogues[int(seed)][int(place)], view)
        except (ValueError, KeyError, IndexError) as exc:
            raise NotFound(f"no drawing {name!r}") from exc


def drawn_dataset(catalogues: str, label_fields: tuple[str, ...] = ()) -> Dataset:
    """So many catalogues to train on, one each for `val` and `test`: some 764 photos a catalogue, with titles.

    The label `article_type` is what the sample calls its category. Raises InvalidRequest for a number that is none.
    """
    if not catalogues.isdecimal() or not 1 <= int(catalogues) <= MOST:
        raise InvalidRequest(f"drawn:{catalogues}: write the number of catalogues to train on, 1 to {MOST}")
    counts = {TRAIN: int(catalogues), VAL: 1, TEST: 1}
    drawn: dict[int, list[SampleProduct]] = {}
    examples: dict[str, list[Example]] = {}
    for split, count in counts.items():
        for seed in range(FIRST_SEEDS[split], FIRST_SEEDS[split] + count):
            drawn[seed] = sample_products(seed)
            examples.setdefault(split, []).extend(_examples(seed, drawn[seed]))
    columns = list(examples[TRAIN][0].cells)
    return Dataset(NAME, chosen_fields(NAME, label_fields, columns, LABELS), examples, DrawnPhotos(drawn))


def _examples(seed: int, products: list[SampleProduct]) -> list[Example]:
    found = []
    for place, product in enumerate(products):
        cells = {name: str(value) for name, value in product.attributes.items()}
        cells["article_type"] = cells.pop("category")
        found += [Example(f"{seed}/{place}/{view}", cells["title"], cells) for view in product.views]
    return found
