"""Answers queries: a photo, a stored product, words, or a mix, inside a filter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from services.arrays import FloatArray, unit_rows
from services.catalogue import Catalogue
from services.confidence import Confidence, Minima, Weighed
from services.encoders import Classifier, Encoder, TextEncoder
from services.encoders.calibration import QueryKind
from services.encoders.protocol import Prediction
from services.errors import InvalidRequest, Unavailable, Unsupported
from services.filters import Filter
from services.images import DecodeLimits, ImageStore, decode_image
from services.index import LiveIndex
from services.products import Record
from services.stores import IndexName, VectorStore

MAX_HITS = 1000


@dataclass(frozen=True)
class Query:
    """What to look for. At least one of `images`, `product_ids` and `text`; several are weighed alike.

    Hits below the `minima` are left out.
    """

    images: Sequence[Image.Image] = ()
    product_ids: Sequence[str] = ()
    text: str = ""
    where: Filter | None = None
    limit: int = 20
    offset: int = 0
    exclude: Sequence[str] = field(default=())
    minima: Minima = field(default_factory=Minima)

    @property
    def kind(self) -> QueryKind:
        """Photos and stored products, however many, are an image query; with words beside them it is a mixed one."""
        if not self.text.strip():
            return "image"
        return "mixed" if self.images or self.product_ids else "text"


@dataclass(frozen=True)
class Hit:
    """A product found, its best image, and the cosine between that image and the query.

    `probability`: how likely the product is of the kind that was looked for; None where the model is not calibrated.
    """

    record: Record
    image: str
    score: float
    probability: float | None = None


@dataclass(frozen=True)
class Answer:
    """Hits, best first, and which model's index, of which generation, they come from.

    `no_good_match`: nothing was found within the filter and the minima, or even the best hit is not close. The
    hits are the nearest there are all the same. A model that is not calibrated cannot tell that they are far.
    """

    hits: list[Hit]
    model: str
    index: IndexName
    no_good_match: bool = False


class Search:
    """The search of one platform. Safe to share between threads."""

    def __init__(
        self, catalogue: Catalogue, images: ImageStore, limits: DecodeLimits, encoder: Encoder, index: LiveIndex
    ) -> None:
        self._catalogue, self._images, self._limits = catalogue, images, limits
        self._encoder, self._index = encoder, index

    def run(self, query: Query) -> Answer:
        """Find the products nearest to `query`. The stored products of a query never answer it.

        Raises InvalidRequest for a query with nothing to look for or limits out of range, NotFound for an unknown
        product, Unsupported for words when the model has no text tower or for a least probability when it is not
        calibrated, and Unavailable when a part is away.
        """
        _check(query)
        try:
            return self._answer(query)
        except Unavailable:
            # A rebuild may have dropped the index that was live a moment ago; if Milvus is away this fails again.
            self._index.forget()
            return self._answer(query)

    def classify(self, images: Sequence[Image.Image]) -> list[Prediction]:
        """Label each image with every field the model knows. Raises Unsupported when it has no label heads."""
        if not isinstance(self._encoder, Classifier):
            raise Unsupported(f"the model {self._encoder.model.key} has no label heads, so it cannot classify")
        return self._encoder.classify(images)

    def ready(self) -> None:
        """Raise what a search would raise now: Unavailable, or IndexMismatch."""
        self._index.store().count()

    def _answer(self, query: Query) -> Answer:
        store = self._index.store()
        confidence = Confidence(self._encoder, query.kind)
        confidence.check(query.minima)
        vector = self._vector(query, store)  # (1, D)
        exclude = [*query.exclude, *query.product_ids]
        (matches,) = store.search(vector, query.offset + query.limit, query.where, exclude)
        # Best first, so the minima cut off a tail, and an offset counts the same products with them and without.
        kept = [w for w in confidence.weigh(matches) if query.minima.allow(w.match.score, w.probability)]
        records = self._records(kept)
        found = [w for w in kept[query.offset :] if w.match.product_id in records]
        hits = [Hit(records[w.match.product_id], w.match.image, w.match.score, w.probability) for w in found]
        best = next((w for w in kept if w.match.product_id in records), None)
        return Answer(hits, self._encoder.model.key, store.name, confidence.nothing_close(best))

    def _vector(self, query: Query, store: VectorStore) -> FloatArray:
        parts: list[FloatArray] = []
        if query.images:
            parts.append(self._encoder.encode_images(query.images))
        parts += [self._product_vector(product_id, store) for product_id in query.product_ids]
        if query.text.strip():
            if not isinstance(self._encoder, TextEncoder):
                raise Unsupported(f"the model {self._encoder.model.key} has no text tower; search by photo instead")
            parts.append(self._encoder.encode_texts([query.text]))
        return unit_rows(np.concatenate(parts).mean(axis=0))  # (1, D)

    def _product_vector(self, product_id: str, store: VectorStore) -> FloatArray:
        """The vector (1, D) of a product's first image: from the index, or embedded now if it is not there yet."""
        record = self._catalogue.get(product_id)
        main = record.product.images[0]
        for row in store.rows_of([product_id], with_vectors=True):
            if row.image == main.name and row.content_hash == main.digest and row.vector is not None:
                return row.vector[None, :]
        return self._encoder.encode_images([decode_image(self._images.read(main.digest), self._limits)])

    def _records(self, weighed: Sequence[Weighed]) -> Mapping[str, Record]:
        """The catalogue is the truth: a product deleted a moment ago is no hit any more."""
        records = self._catalogue.get_many([item.match.product_id for item in weighed])
        return {product_id: record for product_id, record in records.items() if not record.deleted}


def _check(query: Query) -> None:
    if not (query.images or query.product_ids or query.text.strip()):
        raise InvalidRequest("nothing to look for: give an image, a product_id or text")
    if query.limit < 1 or query.offset < 0 or query.limit + query.offset > MAX_HITS:
        raise InvalidRequest(
            f"limit {query.limit}, offset {query.offset}: limit must be at least 1, limit + offset at most {MAX_HITS}"
        )
    if len(query.images) + len(query.product_ids) > 10:
        raise InvalidRequest("at most 10 images and products make up a query")
