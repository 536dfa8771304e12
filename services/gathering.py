"""Gathers work that several threads ask for at once: while one call is under way, the next one's work collects.

Nobody waits for company: whoever finds nothing under way calls at once. So a lone caller loses nothing, and the more
are waiting, the more go together. No thread of its own: the callers take turns ("Flat Combining and the
Synchronization-Parallelism Tradeoff", Hendler et al., SPAA 2010).
"""

import copy
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from services.errors import DeadlineExceeded, Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")
Key = TypeVar("Key", bound=Hashable)


class _Request(Generic[Item, Result]):
    """What one caller asked for. Whoever changes it holds the gatherer's lock, or has it in a batch of its own."""

    def __init__(self, items: Sequence[Item], timeout_s: float | None) -> None:
        self.items, self.timeout_s = items, timeout_s
        self.until = math.inf if timeout_s is None else time.monotonic() + timeout_s
        self.told = threading.Event()
        self.gone = False
        self.settled = False
        self.results: list[Result] | None = None
        self.error: Unavailable | None = None
        self.leads: list[_Request[Item, Result]] | None = None  # the others of the batch that it is to run

    def left_s(self) -> float | None:
        """The seconds that are left; None where there is no limit. Raises DeadlineExceeded when there are none."""
        if self.timeout_s is None:
            return None
        left = self.until - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded(f"no answer within {self.timeout_s:.3g} s; ask again, or for less")
        return left


class Gatherer(Generic[Key, Item, Result]):
    """Answers items through `call(key, items, timeout_s)`, which returns a result for each; see `run`.

    Of each key one call is under way at a time, with up to `most(key)` items of whoever waits. Keys of which no call
    is under way take no memory. Safe to share between threads.
    """

    def __init__(
        self, call: Callable[[Key, Sequence[Item], float | None], Sequence[Result]], most: Callable[[Key], int]
    ) -> None:
        self._call, self._most = call, most
        self._lock = threading.Lock()
        # A key is here while a call of it is under way, with those who wait for the next.
        self._waiting: dict[Key, deque[_Request[Item, Result]]] = {}

    def run(self, key: Key, items: Sequence[Item], timeout_s: float | None = None) -> list[Result]:
        """A result for each of `items`, each of which goes into one call that succeeds, and no other.

        Raises what `call` raises. Unavailable is for all of a batch; where it raises anything else, each caller tries
        its own items alone, so that one's bad input is not another's error. Raises DeadlineExceeded when `timeout_s`
        is over, whatever becomes of the batch.
        """
        request: _Request[Item, Result] = _Request(items, timeout_s)
        if not 0 < len(items) < self._most(key):
            return self._alone(key, request)
        with self._lock:
            if key in self._waiting:
                self._waiting[key].append(request)
            else:
                self._waiting[key] = deque()
                request.leads = []
        return self._lead(key, request, []) if request.leads is not None else self._follow(key, request)

    @property
    def waiting(self) -> int:
        """How many callers wait for the next call, of whatever key."""
        with self._lock:
            return sum(map(len, self._waiting.values()))

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        with self._lock:
            return not self._waiting

    def _follow(self, key: Key, request: _Request[Item, Result]) -> list[Result]:
        """Wait to be answered, or for one's turn to call."""
        try:
            request.told.wait(request.left_s())
        except BaseException:
            self._leave(key, request)
            raise
        if not request.told.is_set() and self._leave(key, request):
            raise DeadlineExceeded(f"no answer within {request.timeout_s:.3g} s; ask again, or for less")
        if request.leads is not None:
            return self._lead(key, request, [one for one in request.leads if not one.gone])
        if request.error is not None:
            raise request.error
        # Without an error and without results the batch failed, and one of it is to blame: find out whether we are.
        return request.results if request.results is not None else self._alone(key, request)

    def _lead(
        self, key: Key, request: _Request[Item, Result], others: Sequence[_Request[Item, Result]]
    ) -> list[Result]:
        """Call for oneself and for others, and have the next one called."""
        try:
            found = self._called(key, [request, *others], request.left_s())
            for one, results in zip(others, found[1:], strict=True):
                one.results, one.settled = results, True
            return found[0]
        except Unavailable as exc:
            for one in others:
                one.error, one.settled = _another(exc), True
            raise
        except Exception:
            for one in others:
                one.settled = True
            if not others:
                raise
        finally:
            # Whoever was not answered, since this thread was interrupted, is in the next batch.
            self._hand_over(key, others)
        return self._alone(key, request)

    def _called(self, key: Key, batch: Sequence[_Request[Item, Result]], timeout_s: float | None) -> list[list[Result]]:
        """The results of each request of `batch`."""
        items = [item for one in batch for item in one.items]
        results = list(self._call(key, items, timeout_s))
        if len(results) != len(items):
            raise ValueError(f"{len(results)} results for {len(items)} items")
        ends = [sum(len(one.items) for one in batch[: number + 1]) for number in range(len(batch))]
        return [results[end - len(one.items) : end] for one, end in zip(batch, ends, strict=True)]

    def _alone(self, key: Key, request: _Request[Item, Result]) -> list[Result]:
        return list(self._call(key, request.items, request.left_s()))

    def _leave(self, key: Key, request: _Request[Item, Result]) -> bool:
        """Wait no longer; False when an answer was there after all."""
        with self._lock:
            if request.told.is_set() and request.leads is None:
                return False
            request.gone = True
            waiting = self._waiting.get(key)
            if waiting is not None and request in waiting:
                waiting.remove(request)
        if request.leads is not None:  # it was its turn just now: pass it on
            self._hand_over(key, request.leads)
        return True

    def _hand_over(self, key: Key, batch: Sequence[_Request[Item, Result]]) -> None:
        """Tell those of `batch` that are settled, and have one of those who wait lead the next."""
        with self._lock:
            waiting = self._waiting[key]
            waiting.extendleft(one for one in reversed(batch) if not (one.settled or one.gone))
            following = self._next(waiting, self._most(key))
            if following is not None:
                following.told.set()  # before the others: nothing is under way until it wakes
            else:
                del self._waiting[key]
            for one in batch:
                if one.settled:
                    one.told.set()

    def _next(self, waiting: deque[_Request[Item, Result]], room: int) -> _Request[Item, Result] | None:
        """Take the next batch, and the one of it who leads: who has the most time, so that a call ends in it."""
        batch: list[_Request[Item, Result]] = []
        while waiting and len(waiting[0].items) <= room:
            room -= len(waiting[0].items)
            batch.append(waiting.popleft())
        if not batch:
            return None
        leader = max(batch, key=lambda one: one.until)
        leader.leads = [one for one in batch if one is not leader]
        return leader


def _another(error: Unavailable) -> Unavailable:
    """The same error for another thread: raised in several, one would gather the tracebacks of all."""
    same = copy.copy(error)
    same.__cause__ = error
    return same
