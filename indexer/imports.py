"""Imports of uploaded files: put aside when they come, then read by workers, a slice at a time."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import BinaryIO

from indexer.ingest import Ingest, after
from indexer.readers import Columns, Entry, ImageSource, open_catalogue
from indexer.readers.zip_images import open_zip
from indexer.reconcile import Send
from services.bootstrap import Platform
from services.catalogue import ImportJob, new_import_id
from services.errors import Conflict, InvalidCatalogue, NotFound
from services.products import Problem
from services.spool import CATALOGUE, IMAGES

LOCK = "import"


@dataclass(frozen=True)
class ImportOptions:
    """How a file is to be read: its `name`, whose ending tells its kind unless `kind` does, columns, and a limit."""

    name: str
    kind: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None


def accept_upload(platform: Platform, options: ImportOptions, catalogue: BinaryIO, images: BinaryIO | None) -> str:
    """Put a file aside, look at its beginning, and note its import; returns the import's id.

    Raises InvalidCatalogue where the file, or the zip of photos, cannot be read as what it is said to be.
    """
    import_id = new_import_id()
    try:
        size = platform.spool.put(import_id, CATALOGUE, catalogue)
        if images is not None:
            platform.spool.put(import_id, IMAGES, images)
        with ExitStack() as files:
            _source(platform, import_id, files)
            next(_entries(platform, import_id, options, files)[1], None)
        platform.imports.begin(options.name, size, options=asdict(options), import_id=import_id)
    except BaseException:
        platform.spool.remove(import_id)
        raise
    return import_id


def read_slice(platform: Platform, send: Send, import_id: str, max_s: float) -> bool:
    """Go on reading an import for up to `max_s` seconds; returns whether there is more to read.

    Nothing is done where another worker reads it, or it was cancelled, or is unknown. Raises Unavailable.
    """
    try:
        with platform.locks.hold(f"{LOCK} {import_id}", platform.settings.lease_s):
            return _read(platform, send, import_id, max_s)
    except (Conflict, NotFound):
        return False


def _read(platform: Platform, send: Send, import_id: str, max_s: float) -> bool:
    job = platform.imports.job(import_id)
    if job is None:
        platform.spool.remove(import_id)
        return False
    clock = _Slice(time.monotonic() + max_s)
    try:
        with ExitStack() as files:
            ingest = Ingest(platform, send, _source(platform, import_id, files))
            file, entries = _entries(platform, import_id, _options(job), files)
            ingest.run(import_id, clock.cut(after(entries, job.lines_read)), file.tell, lambda _: None)
    except (InvalidCatalogue, NotFound) as exc:
        platform.imports.complete(import_id, Problem(exc.code, str(exc)))
        clock.over = False
    else:
        if not clock.over:
            platform.imports.complete(import_id)
    if not clock.over:
        platform.spool.remove(import_id)
    return clock.over


class _Slice:
    """Lets entries pass until a moment on the monotonic clock; `over` tells that it came before the last entry."""

    def __init__(self, until: float) -> None:
        self._until = until
        self.over = False

    def cut(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            yield entry
            # After an entry, so that each slice gets on, however late it begins.
            if time.monotonic() > self._until:
                self.over = True
                return


def _options(job: ImportJob) -> ImportOptions:
    return ImportOptions(**job.options)


def _entries(
    platform: Platform, import_id: str, options: ImportOptions, files: ExitStack
) -> tuple[BinaryIO, Iterator[Entry]]:
    file = files.enter_context(platform.spool.open(import_id, CATALOGUE))
    entries = open_catalogue(file, options.name, Columns(options.mapping), options.kind)
    return file, islice(entries, options.limit)


def _source(platform: Platform, import_id: str, files: ExitStack) -> ImageSource | None:
    """The zip that came along, if one did."""
    try:
        file = files.enter_context(platform.spool.open(import_id, IMAGES))
    except NotFound:
        return None
    return open_zip(file, "images", platform.limits.max_bytes)
