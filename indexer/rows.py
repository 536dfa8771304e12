"""From records to index rows: photos are read and decoded in threads, and embedded only where they changed."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from services.arrays import FloatArray
from services.catalogue import Outcome
from services.encoders import Encoder
from services.errors import BadImage, NotFound
from services.images import DecodeLimits, ImageStore, decode_image
from services.products import ImageRef, Problem, Record
from services.stores import Row, row_key


@dataclass(frozen=True)
class Built:
    """The rows that the index should hold for some records, and what became of each record."""

    rows: list[Row]
    outcomes: list[Outcome]


class RowBuilder:
    """Makes rows with one encoder. Keeps a pool of `threads` for reading and decoding."""

    def __init__(self, encoder: Encoder, images: ImageStore, limits: DecodeLimits, threads: int = 4) -> None:
        self._encoder, self._images, self._limits = encoder, images, limits
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="decode")

    def build(self, records: Sequence[Record], existing: Mapping[str, Row]) -> Built:
        """Rows for `records`. `existing` rows by key lend their vector where image and model are unchanged.

        A photo that cannot be read costs its row; a product without any readable photo is not indexed.
        Raises Unavailable when the image store is away.
        """
        vectors, problems = self._vectors(records, existing)
        rows, outcomes = [], []
        for record in records:
            product = record.product
            good = [image for image in product.images if image.digest in vectors]
            rows += [self._row(record, image, vectors[image.digest]) for image in good]
            bad = [image for image in product.images if image.digest in problems]
            problem = _summary(bad, problems) if bad else None
            outcomes.append(Outcome(product.id, record.revision, indexed=record.deleted or bool(good), problem=problem))
        return Built(rows, outcomes)

    def _vectors(
        self, records: Sequence[Record], existing: Mapping[str, Row]
    ) -> tuple[dict[str, FloatArray], dict[str, Problem]]:
        """A vector, or a problem, for each distinct photo, by digest."""
        vectors: dict[str, FloatArray] = {}
        wanted: dict[str, None] = {}
        for record in records:
            for image in record.product.images:
                row = existing.get(row_key(record.product.id, image.name))
                if row is not None and row.vector is not None and self._current(row, image):
                    vectors[image.digest] = row.vector
                else:
                    wanted[image.digest] = None
        fresh = [digest for digest in wanted if digest not in vectors]
        decoded = dict(zip(fresh, self._threads.map(self._decode, fresh), strict=True))
        pictures = {digest: found for digest, found in decoded.items() if isinstance(found, Image.Image)}
        if pictures:
            embedded = self._encoder.encode_images(list(pictures.values()))  # (N, D)
            vectors |= dict(zip(pictures, embedded, strict=True))
        return vectors, {digest: found for digest, found in decoded.items() if isinstance(found, Problem)}

    def _decode(self, digest: str) -> Image.Image | Problem:
        try:
            return decode_image(self._images.read(digest), self._limits)
        except (BadImage, NotFound) as exc:
            return Problem(exc.code, str(exc))

    def _current(self, row: Row, image: ImageRef) -> bool:
        return row.content_hash == image.digest and row.model == self._encoder.model.key

    def _row(self, record: Record, image: ImageRef, vector: FloatArray) -> Row:
        product = record.product
        return Row(
            product_id=product.id,
            image=image.name,
            revision=record.revision,
            content_hash=image.digest,
            model=self._encoder.model.key,
            attributes=product.attributes,
            vector=vector,
        )


def _summary(bad: Sequence[ImageRef], problems: Mapping[str, Problem]) -> Problem:
    first = problems[bad[0].digest]
    detail = "; ".join(f"image {image.name!r}: {problems[image.digest].detail}" for image in bad)
    return Problem(first.code, detail[:1000])
