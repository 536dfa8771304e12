"""The API keys in a process's memory, so that a call costs no look into the database."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from services.api_keys import ApiKey
from services.errors import LookalikeError, Unavailable

log = logging.getLogger(__name__)

# A key that was revoked works for so long at most, while the database answers.
FRESH_S = 5.0
# An unknown key may have been made just now, so it is looked for again; but not for each of a flood of wrong ones.
UNKNOWN_FRESH_S = 1.0
# While the database is away, keys go on working for so long.
STALE_S = 300.0
# After the database failed it is left alone for so long.
PAUSE_S = 1.0
TOUCH_EVERY_S = 60.0


class KeyRing:
    """All valid keys, read anew every few seconds by a thread that no request waits for longer than it wants to.

    Keys are few, so all are read at once: a wrong one then costs the database nothing.
    """

    def __init__(
        self,
        load: Callable[[], Iterable[ApiKey]],
        touch: Callable[[str, float], None],
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`load` gives the valid keys, `touch` keeps when one was used; both may raise our errors."""
        self._load, self._touch, self._clock, self._wall_clock = load, touch, clock, wall_clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, ApiKey] = {}
        self._loaded_at = float("-inf")
        self._retry_at = float("-inf")
        self._loading: threading.Event | None = None
        self._wait_until = float("-inf")
        self._touched: dict[str, float] = {}
        self._threads: set[threading.Thread] = set()

    def find(self, key_id: str, wait_s: float = 1.0) -> ApiKey | None:
        """The valid key of an id, None if there is none; waits for the database `wait_s` seconds at most.

        Raises Unavailable where only the database could tell and does not.
        """
        if self._age() > (FRESH_S if key_id in self._keys else UNKNOWN_FRESH_S):
            self._read_anew(wait_s)
        key, age = self._keys.get(key_id), self._age()
        if age > STALE_S or (key is None and age > UNKNOWN_FRESH_S):
            raise Unavailable("API keys cannot be checked: the catalogue database does not answer; try again")
        return key if key is not None and key.state(self._wall_clock()) == "valid" else None

    def used(self, key: ApiKey) -> None:
        """Keep that a key was used, in the background, once a minute at most. Never fails."""
        now = self._clock()
        with self._lock:
            if now - self._touched.get(key.id, float("-inf")) < TOUCH_EVERY_S:
                return
            self._touched[key.id] = now
        self._run(lambda: self._note(key.id, self._wall_clock()))

    def close(self, wait_s: float = 2.0) -> None:
        """Let the threads that use the database come to an end."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(wait_s)

    def _age(self) -> float:
        return self._clock() - self._loaded_at

    def _read_anew(self, wait_s: float) -> None:
        """Have the keys read, by one thread for all who ask; wait, unless others have waited long enough in vain."""
        with self._lock:
            now = self._clock()
            if self._loading is None:
                if now < self._retry_at:
                    return
                self._loading, self._wait_until = threading.Event(), now + wait_s
                done = self._loading
                start = True
            else:
                done, start = self._loading, False
            patience = min(wait_s, self._wait_until - now)
        if start and not self._run(lambda: self._read(done)):
            self._loaded_or_not(done)
        if patience > 0:
            done.wait(patience)

    def _read(self, done: threading.Event) -> None:
        asked_at = self._clock()
        try:
            keys = {key.id: key for key in self._load()}
            with self._lock:
                self._keys, self._loaded_at = keys, asked_at
        except LookalikeError as exc:
            log.warning("API keys could not be read: %s", exc)
        finally:
            self._loaded_or_not(done)

    def _loaded_or_not(self, done: threading.Event) -> None:
        with self._lock:
            self._loading, self._retry_at = None, self._clock() + PAUSE_S
        done.set()

    def _note(self, key_id: str, used_at: float) -> None:
        try:
            self._touch(key_id, used_at)
        except LookalikeError as exc:
            log.warning("when API key %s was last used could not be kept: %s", key_id, exc)

    def _run(self, work: Callable[[], None]) -> bool:
        """Run in a thread that does not keep the process alive: a database that hangs must not. False if it cannot."""

        def whole() -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=whole, daemon=True, name="api-keys")
        with self._lock:
            self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError as exc:  # the system gives no more threads
            with self._lock:
                self._threads.discard(thread)
            log.warning("API keys could not be looked after: %s", exc)
            return False
        return True
