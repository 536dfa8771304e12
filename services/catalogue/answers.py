"""Answers that were worked out lately, kept for as long as nothing changes."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Answers:
    """The last `size` answers, but for those that are `longest` characters or more when written out.

    Each is good for one version of what it was worked out from. Safe to share between threads.
    """

    def __init__(self, size: int = 256, longest: int = 100_000) -> None:
        self._size, self._longest = size, longest
        self._kept: OrderedDict[bytes, tuple[object, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, question: str, version: object, ask: Callable[[], Answer]) -> Answer:
        """The answer to `question` at `version`; what `ask` returns where it is not known."""
        key = hashlib.sha256(question.encode("utf-8", "surrogatepass")).digest()  # questions may be long
        with self._lock:
            of_version, answer = self._kept.get(key, (None, None))
            if key in self._kept and of_version == version:
                self._kept.move_to_end(key)
                known: Answer = answer
                return known
        fresh = ask()
        if len(repr(fresh)) < self._longest:
            with self._lock:
                self._kept[key] = (version, fresh)
                self._kept.move_to_end(key)
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return fresh
