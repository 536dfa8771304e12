"""From records to index rows: photos are read and decoded in threads, and embedded only where they changed."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from indexer.fetching import Fetched
from services.arrays import FloatArray
from services.catalogue import Outcome
from services.encoders import Encoder
from services.errors import BadImage, NotFound
from services.images import DecodeLimits, ImageStore, decode_image
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


class RowBuilder:
    """Makes rows with one encoder. Keeps a pool of `threads` for reading and decoding.

    A product that lacks a photo for a passing reason is tried `max_attempts` times.
    """

    def __init__(
        self, encoder: Encoder, images: ImageStore, limits: DecodeLimits, threads: int = 4, max_attempts: int = 8
    ) -> None:
        self._encoder, self._images, self._limits = encoder, images, limits
        self._ahead, self._max_attempts = 2 * threads, max_attempts
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="decode")

    def build(self, records: Sequence[Record], existing: Mapping[str, Row], fetched: Fetched | None = None) -> Built:
        """Rows for `records`. `existing` rows by key lend their vector where image and model are unchanged.

        A photo that cannot be read costs its row; a product without any readable photo is not indexed.
        Raises Unavailable when the image store is away.
        """
        fetched = fetched or Fetched()
        vectors, problems = self._vectors(records, existing)
        reused = {row.content_hash for row in existing.values() if self._current(row)}
        rows, outcomes = [], []
        for record in records:
            good = [image for image in record.product.images if image.digest in vectors]
            rows += [self._row(record, image, vectors[image.digest]) for image in good]
            bad = {
                image.name: problems.get(image.digest) or fetched.problems.get(image.url, UNFETCHED)
                for image in record.product.images
                if image.digest not in vectors
            }
            embedded = len({image.digest for image in good} - reused)
            outcomes.append(self._outcome(record, bool(good), bad, fetched, embedded))
        kept = (row_key(done.product_id, name) for done in outcomes if done.again for name in done.image_problems)
        return Built(rows, outcomes, frozenset(kept))

    def _outcome(
        self, record: Record, good: bool, bad: Mapping[str, Problem], fetched: Fetched, embedded: int
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
        )

    def _vectors(
        self, records: Sequence[Record], existing: Mapping[str, Row]
    ) -> tuple[dict[str, FloatArray], dict[str, Problem]]:
        """A vector, or a problem, for each distinct photo, by digest."""
        known = {
            row.content_hash: row.vector for row in existing.values() if row.vector is not None and self._current(row)
        }
        wanted = dict.fromkeys(image.digest for record in records for image in record.product.images if image.digest)
        vectors: dict[str, FloatArray] = {digest: known[digest] for digest in wanted if digest in known}
        problems: dict[str, Problem] = {}
        batch: dict[str, Image.Image] = {}
        for digest, found in self._decoded([digest for digest in wanted if digest not in known]):
            if isinstance(found, Problem):
                problems[digest] = found
                continue
            batch[digest] = found
            if len(batch) >= EMBEDDED_TOGETHER or _pixels(batch) >= PIXELS_TOGETHER:
                vectors |= self._embed(batch)
                batch = {}
        return vectors | self._embed(batch), problems

    def _embed(self, batch: Mapping[str, Image.Image]) -> dict[str, FloatArray]:
        if not batch:
            return {}
        embedded = self._encoder.encode_images(list(batch.values()))  # (N, D)
        return dict(zip(batch, embedded, strict=True))

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


UNFETCHED = Problem("not_fetched", "the photo behind the URL has not been fetched yet")


def _pixels(batch: Mapping[str, Image.Image]) -> int:
    return sum(picture.width * picture.height for picture in batch.values())


def _summary(bad: Mapping[str, Problem]) -> Problem:
    first = next(iter(bad.values()))
    return Problem(first.code, "; ".join(f"image {name!r}: {found.detail}" for name, found in bad.items())[:1000])
