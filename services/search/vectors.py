"""A query as one vector: the weighted sum of its parts, each a unit vector of the model's space."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from services.arrays import FloatArray, unit_rows
from services.catalogue import Catalogue
from services.encoders import Encoder, TextEncoder
from services.errors import InvalidRequest, NotFound
from services.images import DecodeLimits, ImageStore
from services.products import ImageRef, Record
from services.search.boxes import crop
from services.search.photos import decode_part
from services.search.query import ImagePart, TextPart
from services.stores import VectorStore

# Below this length the direction of a sum is noise.
MIN_LENGTH = 1e-4


@dataclass(frozen=True)
class WeightedPart:
    """One part of a query: what it is called, what it counts, and its unit vector (D,)."""

    name: str
    weight: float
    vector: FloatArray


@dataclass(frozen=True)
class QueryVector:
    """The direction of a query (D,), a unit vector, and the parts whose weighted sum it is, before it is scaled."""

    parts: tuple[WeightedPart, ...]
    vector: FloatArray
    length: float


def combined(parts: Sequence[WeightedPart]) -> QueryVector:
    """Add the parts up. Raises InvalidRequest where they cancel each other out.

    Adding and taking away vectors of examples is relevance feedback as Rocchio had it ("Relevance Feedback in
    Information Retrieval", 1971).
    """
    total = np.sum([part.weight * part.vector for part in parts], axis=0)  # (D,)
    length = float(np.linalg.norm(total))
    if length < MIN_LENGTH:
        raise InvalidRequest("the parts of the query cancel each other out; give what leads away a smaller weight")
    return QueryVector(tuple(parts), unit_rows(total[None, :])[0], length)


class PartVectors:
    """Finds the vectors of parts: from the model, or for stored products from the index. Safe between threads."""

    def __init__(self, catalogue: Catalogue, images: ImageStore, limits: DecodeLimits, encoder: Encoder) -> None:
        self._catalogue, self._images, self._limits, self._encoder = catalogue, images, limits, encoder

    def of_images(
        self, parts: Sequence[ImagePart], store: VectorStore, timeout_s: float
    ) -> tuple[list[WeightedPart], list[Record]]:
        """The parts with their vectors, and the records of stored products among them, by part.

        Photos are embedded together. Raises NotFound for an unknown product or image.
        """
        records = {part.product_id: self._catalogue.get(part.product_id) for part in parts if part.product_id}
        stored = [_image(records[part.product_id], part.image) if part.product_id else None for part in parts]
        whole = [part.product_id for part in parts if part.product_id and part.box is None]
        indexed = self._indexed(whole, store, timeout_s)
        vectors: dict[int, FloatArray] = {}
        photos: dict[int, Image.Image] = {}
        for place, (part, image) in enumerate(zip(parts, stored, strict=True)):
            key = (part.product_id, image.name, image.digest) if image else None
            if part.box is None and key in indexed:
                vectors[place] = indexed[key]
            else:
                photos[place] = crop(part.photo, part.box) if part.photo else self._read(part, image)
        if photos:
            vectors |= dict(zip(photos, self._encoder.encode_images(list(photos.values())), strict=True))
        weighted = [WeightedPart(_name(place, part), part.weight, vectors[place]) for place, part in enumerate(parts)]
        return weighted, [records[part.product_id] for part in parts if part.product_id]

    def of_texts(self, parts: Sequence[TextPart]) -> list[WeightedPart]:
        """The parts with their vectors. Call it only for an encoder with a text tower."""
        if not parts or not isinstance(self._encoder, TextEncoder):
            return []
        rows = self._encoder.encode_texts([part.text for part in parts])  # (N, D)
        return [WeightedPart(f"text {part.text!r}", part.weight, row) for part, row in zip(parts, rows, strict=True)]

    def _indexed(
        self, product_ids: Sequence[str], store: VectorStore, timeout_s: float
    ) -> dict[tuple[str, str, str] | None, FloatArray]:
        rows = store.rows_of(product_ids, with_vectors=True, timeout_s=timeout_s) if product_ids else []
        key = self._encoder.model.key
        return {
            (row.product_id, row.image, row.content_hash): row.vector
            for row in rows
            if row.vector is not None and row.model == key
        }

    def _read(self, part: ImagePart, image: ImageRef | None) -> Image.Image:
        """A photo that is in no row of the index yet, or only a part of which is wanted."""
        if image is None or not image.digest:
            raise NotFound(f"product {part.product_id!r}: its photo has not been fetched from its URL yet")
        return decode_part(self._images.read(image.digest), self._limits, part.box)


def _image(record: Record, name: str) -> ImageRef:
    images = record.product.images
    found = next((image for image in images if image.name == name), None) if name else images[0]
    if found is None:
        raise NotFound(f"product {record.product.id!r} has no image {name!r}")
    return found


def _name(place: int, part: ImagePart) -> str:
    return f"product {part.product_id!r}" if part.product_id else f"photo {place + 1}"
