"""Which photos are labelled while they are embedded, and what products keep of that."""

from collections.abc import Collection, Mapping, Sequence
from typing import cast

from PIL import Image

from services.arrays import FloatArray
from services.encoders import Encoder
from services.encoders.protocol import EmbeddingClassifier
from services.fields import Scalar
from services.labelling import predictions_of, suggestible_fields
from services.predictions import Predictions, with_suggestions
from services.products import ImageRef, Record


class Labeller:
    """Has `encoder` label the main photo of each product that lacks a label; none where `min_probability` is None.

    A product that has a value for every field that the model labels costs nothing.
    """

    def __init__(self, encoder: Encoder, min_probability: float | None) -> None:
        self._encoder, self._min_probability = encoder, min_probability
        self._fields = suggestible_fields(encoder) if min_probability is not None else ()

    def wanted(self, records: Sequence[Record], embedded: Collection[str]) -> frozenset[str]:
        """The digests of photos to be labelled. Those in `embedded` have a vector, and would be decoded for it alone:
        what is known of them stays."""
        return frozenset(
            main.digest
            for record in records
            if (main := _main(record)) is not None and self._lacks_label(record)
            if main.digest not in embedded or not self._known(record)
        )

    def embed(
        self, batch: Mapping[str, Image.Image], wanted: Collection[str]
    ) -> tuple[dict[str, FloatArray], dict[str, Predictions]]:
        """The vectors of photos by digest, and what those in `wanted` are taken for; the network sees each once."""
        plain = {digest: photo for digest, photo in batch.items() if digest not in wanted}
        labelled = {digest: photo for digest, photo in batch.items() if digest in wanted}
        vectors: dict[str, FloatArray] = {}
        found: dict[str, Predictions] = {}
        if plain:
            vectors |= dict(zip(plain, self._encoder.encode_images(list(plain.values())), strict=True))
        if labelled:
            encoder = cast(EmbeddingClassifier, self._encoder)  # or it would have no suggestible fields
            rows, predictions = encoder.embed_and_classify(list(labelled.values()))  # (N, D), N
            vectors |= dict(zip(labelled, rows, strict=True))
            for digest, prediction in zip(labelled, predictions, strict=True):
                found[digest] = predictions_of(encoder.model.key, digest, prediction, self._fields)
        return vectors, found

    def predictions(self, record: Record, found: Mapping[str, Predictions]) -> Predictions | None:
        """What a product keeps: what was `found` now, by digest, or what was known and still holds."""
        main = _main(record)
        if main is None or not self._fields:
            return None
        return found.get(main.digest) or (record.predictions if self._known(record) else None)

    def attributes(self, record: Record, predictions: Predictions | None) -> dict[str, Scalar]:
        """The attributes of a product's rows."""
        return with_suggestions(record.product.attributes, predictions, self._min_probability)

    def _lacks_label(self, record: Record) -> bool:
        return any(field not in record.product.attributes for field in self._fields)

    def _known(self, record: Record) -> bool:
        return record.predictions is not None and record.predictions.model == self._encoder.model.key


def _main(record: Record) -> ImageRef | None:
    """The photo that a product is labelled by, its first, if its bytes are there."""
    images = record.product.images
    return images[0] if images and images[0].digest and not record.deleted else None
