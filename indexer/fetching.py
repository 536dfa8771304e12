"""Fetches the photos of products that are only known by URL yet, many at a time, and puts them into the image store."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from services.errors import BadImage, HostAway
from services.images import ImageFetcher, ImageStore
from services.products import ImageRef, Problem, Record


@dataclass(frozen=True)
class Fetched:
    """What became of URLs: the digests of photos that were stored, and the problems of the others.

    A URL in `passing` is worth another attempt. One that is in `unasked` too had no turn in the time there was.
    """

    digests: dict[str, str] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    passing: frozenset[str] = frozenset()
    unasked: frozenset[str] = frozenset()

    def complete(self, record: Record) -> Record:
        """The record with the digests that were found."""
        images = tuple(self._found(image) for image in record.product.images)
        return replace(record, product=replace(record.product, images=images))

    def _found(self, image: ImageRef) -> ImageRef:
        return image if image.digest else replace(image, digest=self.digests.get(image.url, ""))


class PhotoFetcher:
    """Fetches with a pool of `threads`: waiting for other people's servers needs more of them than decoding does."""

    def __init__(self, fetcher: ImageFetcher, images: ImageStore, threads: int = 16) -> None:
        self._fetcher, self._images = fetcher, images
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="fetch")

    def fetch(self, records: Sequence[Record], until: float) -> Fetched:
        """Fetch what `records` name by URL alone, each URL once. Returns by `until` on the monotonic clock.

        Raises Unavailable when the image store is away.
        """
        urls = {
            image.url: None for record in records for image in record.product.images if image.url and not image.digest
        }
        if not urls:
            return Fetched()
        running = {url: self._threads.submit(self._store, url) for url in urls}
        wait(running.values(), timeout=max(until - time.monotonic(), 0.0))
        # Those that had no turn are taken back; what is under way is left to end by itself.
        unasked = frozenset(url for url, future in running.items() if future.cancel())
        answers = {url: _answer(url, future) for url, future in running.items()}
        problems = {url: problem for url, (_, problem, _) in answers.items() if problem is not None}
        digests = {url: digest for url, (digest, _, _) in answers.items() if digest}
        return Fetched(digests, problems, frozenset(url for url, answer in answers.items() if answer[2]), unasked)

    def _store(self, url: str) -> str:
        return self._images.add(self._fetcher.fetch(url))


def _answer(url: str, future: "Future[str]") -> tuple[str, Problem | None, bool]:
    """The digest, or the problem and whether it passes. Any other error, such as Unavailable, is raised."""
    if not future.done() or future.cancelled():
        return "", Problem(HostAway.code, f"{url[:200]}: not fetched in the time there was"), True
    try:
        return future.result(), None, False
    except HostAway as exc:
        return "", Problem(exc.code, str(exc)), True
    except BadImage as exc:
        return "", Problem(exc.code, str(exc)), False
