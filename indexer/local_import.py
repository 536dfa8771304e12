"""An import that a command reads from this machine: begin it or go on with it, or only check the file."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from indexer.ingest import Changes, Ingest, Report, after
from indexer.readers import Columns, Entry, FsspecImages, ImageSource, open_catalogue, open_images
from indexer.reconcile import Send
from services.bootstrap import Platform, build
from services.errors import InvalidCatalogue
from services.intake import Intake
from services.products import Problem
from services.settings import Settings

EXAMPLES = 20


@dataclass
class Checked:
    """What a check found: rows, those that can be used, how often each problem, and the first problems by line."""

    rows: int = 0
    usable: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[int, Problem]] = field(default_factory=list)

    def add(self, line: int, problem: Problem | None) -> None:
        """Count one row."""
        self.rows += 1
        if problem is None:
            self.usable += 1
            return
        self.codes[problem.code] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append((line, problem))


@dataclass(frozen=True)
class LocalFile:
    """A catalogue file, and where its photos lie: a folder, a zip, or an fsspec URL."""

    path: Path
    images: str | None = None
    kind: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None

    def begin(self, platform: Platform, resume: bool = False) -> str:
        """Note an import of this file, or with `resume` find the one that was broken off; returns its id.

        Raises InvalidCatalogue when the file or its photos cannot be opened, before anything is noted.
        """
        with ExitStack() as files:
            self._source(platform.limits.max_bytes)
            if next(self._entries(files)[1], None) is None:
                raise InvalidCatalogue(f"{self.path.name}: there are no rows in it")
        found = platform.imports.unfinished(self.fingerprint) if resume else None
        if found is not None:
            return found.id
        return platform.imports.begin(str(self.path), self.path.stat().st_size, self.fingerprint)

    def run(self, platform: Platform, send: Send, import_id: str, report: Report) -> None:
        """Read the file into the catalogue, from where the import stands; see Ingest.run for what it raises."""
        job = platform.imports.job(import_id)
        if job is None:
            return
        try:
            with ExitStack() as files:
                ingest = Ingest(platform, send, self._source(platform.limits.max_bytes))
                file, entries = self._entries(files)
                ingest.run(import_id, after(entries, job.lines_read), file.tell, report)
        except InvalidCatalogue as exc:
            platform.imports.complete(import_id, Problem(exc.code, str(exc)))
            raise
        platform.imports.complete(import_id)

    def check(self, settings: Settings, report: Report) -> Checked:
        """Check every row and photo as a run would, and write nothing, nowhere."""
        platform, found = build(settings), Checked()
        intake = Intake(settings.fields, Nowhere(), platform.limits, platform.fetcher)
        with ExitStack() as files:
            changes = Changes(intake, self._source(platform.limits.max_bytes), decode=True)
            for entry in self._entries(files)[1]:
                change = changes.of(entry)
                found.add(entry.line, change if isinstance(change, Problem) else None)
                if found.rows % 100 == 0:
                    report(found.rows)
        report(found.rows)
        return found

    @property
    def fingerprint(self) -> str:
        """Tells whether a later run reads the same file in the same way."""
        status = self.path.stat()
        facts = [str(self.path.resolve()), status.st_size, status.st_mtime_ns]
        facts += [self.images, self.kind, sorted(self.mapping.items()), self.limit]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def _entries(self, files: ExitStack) -> tuple[BinaryIO, Iterator[Entry]]:
        try:
            file = files.enter_context(self.path.open("rb"))
        except OSError as exc:
            raise InvalidCatalogue(f"{self.path}: {exc.strerror or exc}") from exc
        entries = open_catalogue(file, self.path.name, Columns(self.mapping), self.kind)
        return file, islice(entries, self.limit)

    def _source(self, max_bytes: int) -> ImageSource:
        if self.images is None:
            return FsspecImages("", max_bytes, allow_urls=True)  # photos that are named by their full URLs
        return open_images(self.images, max_bytes, allow_urls=True)


class Nowhere:
    """Keeps no photos."""

    def add(self, data: bytes) -> str:
        """The digest that the image store would give."""
        return hashlib.sha256(data).hexdigest()
