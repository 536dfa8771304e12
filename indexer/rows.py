"""From records to index rows: photos are read and decoded in threads, and embedded only where they changed."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from PIL import Image

from indexer.fetching import Fetched
from indexer.labels import Labeller
from services.arrays import FloatArray
from services.catalogue import Outcome
from services.encoders import Encoder
from services.errors import BadImage, NotFound
from services.fields import Attributes
from services.images import DecodeLimits, ImageStore, decode_image
from services.predictions import Predictions
from services.products import ImageRef, Problem, Record
from services.stores import Row, row_key

# Enough that the encoder works at its full speed, and few enough that the next ones are decoded meanwhile.
EMBEDDED_TOGETHER = 32
# What decoded photos that wait for the encoder may hold: 300 MB. A photo of ordinary size is nowhere near.
PIXELS_TOGETHER = 100_000_000


@dataclass(frozen=True)
class Built:
    """The rows that the index should hold for some records, and what became of each record.

    `kept` are keys of rows that stay as they are, if they are there: of photos that could not be fetched for now.
    """

    rows: list[Row]
    outcomes: list[Outcome]
    kept: frozenset[str]


@dataclass(frozen=True)
class _Photos:
    """What is known of distinct photos, by digest: a vector, or a problem, and what some were taken for."""

    vectors: dict[str, FloatArray] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    labelled: dict[str, Predictions] = field(default_factory=dict)


class RowBuilder:
    """Makes rows with one encoder. Keeps a pool of `threads` for reading and decoding.

    A product that lacks a photo for a passing reason is tried `max_attempts` times. Labels that a product lacks are
    suggested where they are at least as probable as `predict_from`; None: none are.
    """

    def __init__(
        self,
        encoder: Encoder,
        images: ImageStore,
        limits: DecodeLimits,
        threads: int = 4,
        max_attempts: int = 8,
        predict_from: float | None = None,
    ) -> None:
        self._encoder, self._images, self._limits = encoder, images, limits
        self._ahead, self._max_attempts = 2 * threads, max_attempts
        self._labeller = Labeller(encoder, predict_from)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="decode")

    def build(self, records: Sequence[Record], existing: Mapping[str, Row], fetched: Fetched | None = None) -> Built:
        """Rows for `records`. `existing` rows by key lend their vector where image and model are unchanged.

        A photo that cannot be read costs its row; a product without any readable photo is not indexed.
        Raises Unavailable when the image store is away.
        """
        fetched = fetched or Fetched()
        photos = self._photos(records, existing)
        reused = {row.content_hash for row in existing.values() if self._current(row)}
        rows, outcomes = [], []
        for record in records:
            good = [image for image in record.product.images if image.digest in photos.vectors]
            predictions = self._labeller.predictions(record, photos.labelled)
            attributes = self._labeller.attributes(record, predictions)
            rows += [self._row(record, image, photos.vectors[image.digest], attributes) for image in good]
            bad = {
                image.name: photos.problems.get(image.digest) or fetched.problems.get(image.url, UNFETCHED)
                for image in record.product.images
                if image.digest not in photos.vectors
            }
            embedded = len({image.digest for image in good} - reused)
            outcomes.append(self._outcome(record, bool(good), bad, fetched, embedded, predictions))
        kept = (row_key(done.product_id, name) for done in outcomes if done.again for name in done.image_problems)
        return Built(rows, outcomes, frozenset(kept))

    def _outcome(
        self,
        record: Record,
        good: bool,
        bad: Mapping[str, Problem],
        fetched: Fetched,
        embedded: int,
        predictions: Predictions | None,
    ) -> Outcome:
        missing = {image.url for image in record.product.images if image.url and not image.digest}
        again = bool(missing & fetched.passing) and record.attempts < self._max_attempts
        return Outcome(
            record.product.id,
            record.revision,
            indexed=record.deleted or good,
            problem=_summary(bad) if bad else None,
            again=again,
            counts=not missing & fetched.unasked,
            image_problems=bad,
            digests={image.name: image.digest for image in record.product.images if image.url in fetched.digests},
            embedded=embedded,
            deferrals=record.deferrals,
            predictions=predictions,
        )

    def _photos(self, records: Sequence[Record], existing: Mapping[str, Row]) -> _Photos:
        """What is known of each distinct photo. One that has its vector is decoded only to be labelled."""
        known = {
            row.content_hash: row.vector for row in existing.values() if row.vector is not None and self._current(row)
        }
        all_digests = dict.fromkeys(image.digest for record in records for image in record.product.images)
        photos = _Photos({digest: known[digest] for digest in all_digests if digest in known})
        to_label = self._labeller.wanted(records, known)
        batch: dict[str, Image.Image] = {}
        for digest, found in self._decoded(
            [key for key in all_digests if key and (key not in known or key in to_label)]
        ):
            if isinstance(found, Problem):
                photos.problems[digest] = found
                continue
            batch[digest] = found
            if len(batch) >= EMBEDDED_TOGETHER or _pixels(batch) >= PIXELS_TOGETHER:
                self._embed(batch, to_label, photos)
                batch = {}
        self._embed(batch, to_label, photos)
        return photos

    def _embed(self, batch: Mapping[str, Image.Image], to_label: Collection[str], photos: _Photos) -> None:
        vectors, labelled = self._labeller.embed(batch, to_label)
        photos.vectors.update({digest: vector for digest, vector in vectors.items() if digest not in photos.vectors})
        photos.labelled.update(labelled)

    def _decoded(self, digests: Sequence[str]) -> Iterator[tuple[str, Image.Image | Problem]]:
        """Decode in threads, a little ahead: while the encoder works on some photos, the next ones are decoded."""
        waiting: deque[tuple[str, Future[Image.Image | Problem]]] = deque()
        for digest in digests:
            waiting.append((digest, self._threads.submit(self._decode, digest)))
            if len(waiting) >= max(self._ahead, 1):
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()

    def _decode(self, digest: str) -> Image.Image | Problem:
        try:
            return decode_image(self._images.read(digest), self._limits)
        except (BadImage, NotFound) as exc:
            return Problem(exc.code, str(exc))

    def _current(self, row: Row) -> bool:
        return row.model == self._encoder.model.key

    def _row(self, record: Record, image: ImageRef, vector: FloatArray, attributes: Attributes) -> Row:
        product = record.product
        return Row(
            product_id=product.id,
            image=image.name,
            revision=record.revision,
            content_hash=image.digest,
            model=self._encoder.model.key,
            attributes=attributes,
            vector=vector,
        )


UNFETCHED = Problem("not_fetched", "the photo behind the URL has not been fetched yet")


def _pixels(batch: Mapping[str, Image.Image]) -> int:
    return sum(picture.width * picture.height for picture in batch.values())


def _summary(bad: Mapping[str, Problem]) -> Problem:
    first = next(iter(bad.values()))
    return Problem(first.code, "; ".join(f"image {name!r}: {found.detail}" for name, found in bad.items())[:1000])
