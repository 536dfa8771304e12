"""Keeps the vocabulary of a catalogue at hand, a minute old at most where the catalogue lets itself be read as fast."""

import threading
import time
from collections.abc import Callable, Collection, Sequence

from services.errors import LookalikeError
from services.fields import Fields
from services.search.roles import role_of
from services.search.vocabulary import MAX_BRANDS, MAX_VALUES, Vocabulary, keyword_fields, usable_labels

MAX_SHARE = 0.05
"""Reading takes at most this share of the time: a large catalogue's vocabulary is read less often."""

Values = Callable[[str, int], Sequence[tuple[str, int]]]
"""The labels of a field, most frequent first, at most so many, and how many products have each."""


Everywhere = Callable[[Sequence[str]], Collection[str]]
"""Those of some fields that every product has."""


class VocabularySource:
    """Gives the newest vocabulary that there is, and reads a newer one meanwhile. Safe to share between threads.

    The first caller waits for the reading, `wait_s` at most, as others do that come before it is over. From then on
    nobody waits. A database that is away leaves what there is in force, and is asked again after `max_age_s`.

    That every product has a field is believed only as long as `version` says that nothing has changed: the newest
    product may be the first without, and must be found.
    """

    def __init__(
        self,
        values: Values,
        fields: Fields,
        max_age_s: float = 60.0,
        wait_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        everywhere: Everywhere = lambda _: (),
        version: Callable[[], object] = lambda: None,
    ) -> None:
        self._values, self._fields = values, fields
        self._everywhere, self._version = everywhere, version
        self._max_age_s, self._wait_s, self._clock = max_age_s, wait_s, clock
        self._vocabulary = Vocabulary({})
        self._read_version: object = None
        self._lock = threading.Lock()
        self._loaded = threading.Event()
        self._reading: threading.Thread | None = None
        self._due = float("-inf")

    def __call__(self) -> Vocabulary:
        """The vocabulary in force; empty while there is none. Never raises."""
        if self._clock() >= self._due:
            self._refresh()
        if not self._loaded.is_set():
            self._loaded.wait(self._wait_s)
        vocabulary = self._vocabulary
        return vocabulary if not vocabulary.everywhere or self._is_unchanged() else vocabulary.doubting()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait for a reading that is under way."""
        reading = self._reading
        if reading is not None:
            reading.join(timeout_s)

    def _is_unchanged(self) -> bool:
        try:
            return self._version() == self._read_version
        except LookalikeError:
            return False

    def _refresh(self) -> None:
        with self._lock:
            if self._clock() < self._due or (self._reading is not None and self._reading.is_alive()):
                return
            # A daemon: a reading of minutes must not keep a process from ending.
            self._reading = threading.Thread(target=self._read, name="vocabulary", daemon=True)
            self._reading.start()

    def _read(self) -> None:
        began = self._clock()
        try:
            version = self._version()  # before the reading: what changes meanwhile counts as a change since
            self._vocabulary = self._newest()
            self._read_version = version
        except LookalikeError:
            pass  # a search without its filters is better than none; what there was stays in force
        finally:
            took = self._clock() - began
            self._due = self._clock() + max(self._max_age_s, took / MAX_SHARE)
            self._loaded.set()

    def _newest(self) -> Vocabulary:
        labels: dict[str, Sequence[tuple[str, int]]] = {}
        for field in keyword_fields(self._fields):
            # One more than is allowed, to see that there are more.
            counted = self._values(field, MAX_BRANDS if role_of(field) == "brand" else MAX_VALUES + 1)
            if usable_labels(field, counted):
                labels[field] = counted
        return Vocabulary(labels, self._everywhere(list(labels)))
