"""Reads entries of a catalogue file into the catalogue, chunk by chunk, and queues what changed."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from indexer.readers import Entry, ImageSource, ImageSpec
from indexer.reconcile import Send
from services.bootstrap import Platform
from services.catalogue import Accepted, Change, Line, Transaction
from services.errors import BadImage, InvalidProduct, NotFound, Unavailable
from services.intake import IncomingImage, Intake
from services.products import Problem

log = logging.getLogger(__name__)

# Photos of a chunk are read side by side: from a bucket, each takes as long as a round trip there.
READERS = 8
REFUSED = (InvalidProduct, BadImage, NotFound)

Report = Callable[[int], None]
"""Called with the entries read so far."""
Position = Callable[[], int]
"""How many bytes of the file were read."""


class Changes:
    """Makes changes of entries: reads their photos from `source`, and has `intake` check and store everything."""

    def __init__(self, intake: Intake, source: ImageSource | None, decode: bool = False) -> None:
        self._intake, self._source, self._decode = intake, source, decode

    def of(self, entry: Entry) -> Change | Problem:
        """The change that an entry asks for, or why it cannot be made. Raises Unavailable."""
        if entry.problem is not None:
            return entry.problem
        try:
            return self._change(entry)
        except REFUSED as exc:
            return Problem(exc.code, str(exc)[:1000])

    def _change(self, entry: Entry) -> Change:
        if entry.action == "delete":
            names = [image.name for image in entry.images]
            if names:
                return self._intake.patch(entry.product_id, {}, without_images=names)
            return self._intake.delete(entry.product_id)
        images = [self._image(image) for image in entry.images]
        if entry.action == "add":
            return self._intake.patch(entry.product_id, entry.attributes, images, create=True, decode=self._decode)
        return self._intake.put(entry.product_id, entry.attributes, images, decode=self._decode)

    def _image(self, image: ImageSpec) -> IncomingImage:
        if image.url:
            return IncomingImage(image.name, url=image.url)
        if not image.file:
            return IncomingImage(image.name, image.data)
        if self._source is None:
            raise NotFound(f"image {image.file!r}: no images came with the file")
        return IncomingImage(image.name, self._source.read(image.file))


class Ingest:
    """Writes what a file holds into the catalogue, noting each line with its import, and queues what changed."""

    def __init__(self, platform: Platform, send: Send, source: ImageSource | None) -> None:
        self._platform, self._send = platform, send
        self._changes = Changes(platform.intake, source)

    def run(self, import_id: str, entries: Iterable[Entry], position: Position, report: Report) -> int:
        """Accept `entries`, a chunk at a time; returns how many there were.

        A line that cannot be used is noted with its problem, and never stops the file. When the queue is away
        the products are accepted all the same, and queued by the next sweep after it returns. A chunk is accepted,
        and noted as read, as a whole or not at all: whoever goes on after a crash repeats nothing and skips nothing.
        Raises Conflict when the import was cancelled, Unavailable when the database or the image store is away, and
        what `entries` raises.
        """
        read = 0
        with ThreadPoolExecutor(READERS, thread_name_prefix="read") as threads:
            for chunk in chunks(entries, self._platform.settings.chunk_size):
                self._accept(import_id, chunk, list(threads.map(self._changes.of, chunk)), position())
                read += len(chunk)
                report(read)
        return read

    def _accept(
        self, import_id: str, chunk: Sequence[Entry], wanted: Sequence[Change | Problem], bytes_read: int
    ) -> None:
        imports = self._platform.imports
        changes = [change for change in wanted if not isinstance(change, Problem)]

        def note(transaction: Transaction, accepted: Sequence[Accepted]) -> None:
            # In this order: the import's row is held then, and no second reader can write the same lines beside.
            imports.note_read(transaction, import_id, chunk[-1].line, bytes_read)
            imports.add(transaction, import_id, _lines(chunk, wanted, accepted))

        done = self._platform.catalogue.write(changes, then=note)
        changed = list({accepted.product_id: None for accepted in done if accepted.changed})
        try:
            if changed:
                self._send(changed)
        except Unavailable as exc:
            log.warning("%s; the products are accepted and will be queued later", exc)


def _lines(chunk: Sequence[Entry], wanted: Sequence[Change | Problem], accepted: Sequence[Accepted]) -> list[Line]:
    answers = iter(accepted)
    lines = []
    for entry, change in zip(chunk, wanted, strict=True):
        if isinstance(change, Problem):
            lines.append(Line(entry.line, printable(entry.product_id), problem=change))
            continue
        answer = next(answers)
        revision = None if answer.problem else answer.revision
        lines.append(Line(entry.line, answer.product_id, revision, answer.changed, answer.problem))
    return lines


def printable(product_id: object) -> str | None:
    """An id as it was sent, fit for a list of problems: short, and without what a database cannot hold."""
    text = str(product_id)[:200].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return text if product_id is not None and text else None


def chunks(entries: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    """Cut a stream into lists of `size`."""
    stream = iter(entries)
    while chunk := list(islice(stream, size)):
        yield chunk


def after(entries: Iterable[Entry], line: int) -> Iterator[Entry]:
    """Entries that begin after `line`, where an earlier reading stopped."""
    return (entry for entry in entries if entry.line > line)
