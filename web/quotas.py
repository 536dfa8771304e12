"""Counts calls against rate limits: in Redis for all web processes, in this one's memory while Redis is away."""

import ipaddress
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from services.api_keys import RateLimit

log = logging.getLogger(__name__)

PREFIX = "lookalike:limits"
# A call waits for Redis twice this at most: to connect, and for one answer.
TIMEOUT_S = 0.05
# After Redis failed, one call in so long tries it again.
PAUSE_S = 5.0

Storage = RedisStorage | MemoryStorage


@dataclass(frozen=True)
class Quota:
    """What is left of a limit after a call that was `allowed` or not; `retry_s` until as much as it cost is free."""

    limit: RateLimit
    allowed: bool
    remaining: int
    retry_s: float


class Quotas:
    """Sliding windows: the last one counts for the share of it that still lies inside the limit's time.

    That takes two numbers a caller, where a list of every call would be exact:
    https://blog.cloudflare.com/counting-things-a-lot-of-different-things/ measured what it costs, 0.003 % of calls.
    """

    def __init__(self, redis_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Connects to nothing until something is to be counted."""
        self._url, self._clock = redis_url, clock
        self._lock = threading.Lock()
        self._pool: redis.ConnectionPool | None = None
        self._redis: RedisStorage | None = None
        self._memory: MemoryStorage | None = None
        self._away_until: float | None = None

    def take(self, limit: RateLimit, who: str, cost: int = 1) -> Quota:
        """Count `cost` calls of `who`; all or none of them are allowed. Never fails, and waits 0.1 s at most."""
        if self._may_ask_redis():
            try:
                quota = _take(self._redis_storage(), limit, who, cost)
            except (redis.RedisError, OSError, ValueError) as exc:  # the last for a URL that is not redis-py's
                self._gone(exc)
            else:
                self._back()
                return quota
        return _take(self._memory_storage(), limit, who, cost)

    def close(self) -> None:
        """Let go of the connections."""
        if self._pool is not None:
            self._pool.disconnect()

    def _may_ask_redis(self) -> bool:
        with self._lock:
            if self._away_until is None:
                return True
            if self._clock() < self._away_until:
                return False
            # This call tries it; the others go on without meanwhile.
            self._away_until = self._clock() + PAUSE_S
            return True

    def _gone(self, reason: Exception) -> None:
        with self._lock:
            known, self._away_until = self._away_until is not None, self._clock() + PAUSE_S
        if not known:
            log.warning("Redis is away, rate limits are counted by each web process on its own: %s", reason)

    def _back(self) -> None:
        with self._lock:
            was_away, self._away_until = self._away_until is not None, None
        if was_away:
            log.warning("Redis is back, rate limits are counted there again")

    def _redis_storage(self) -> RedisStorage:
        with self._lock:
            if self._redis is None:
                self._pool = redis.ConnectionPool.from_url(
                    self._url,
                    socket_timeout=TIMEOUT_S,
                    socket_connect_timeout=TIMEOUT_S,
                    retry=Retry(NoBackoff(), 0),
                )
                self._redis = RedisStorage(self._url, connection_pool=self._pool, key_prefix=PREFIX)
            return self._redis

    def _memory_storage(self) -> MemoryStorage:
        with self._lock:
            if self._memory is None:
                self._memory = MemoryStorage()
            return self._memory


def address_of(text: str | None) -> str:
    """Whom an address counts as. One customer has 2^64 IPv6 addresses, so they count together.

    >>> address_of("192.0.2.7"), address_of("2001:db8::1:2:3:4"), address_of(None)
    ('192.0.2.7', '2001:db8::/64', 'unknown')
    """
    try:
        address = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _take(storage: Storage, limit: RateLimit, who: str, cost: int) -> Quota:
    item = RateLimitItemPerSecond(limit.amount, limit.window_s)
    allowed = SlidingWindowCounterRateLimiter(storage).hit(item, who, cost=cost)
    window = storage.get_sliding_window(item.key_for(who), item.get_expiry())
    previous, previous_left_s, current, _ = window
    used = previous * previous_left_s / limit.window_s + current
    remaining = max(0, limit.amount - math.floor(used))
    return Quota(limit, allowed, remaining, _free_after(limit, 1 if allowed else cost, *window))


def _free_after(
    limit: RateLimit, cost: int, previous: int, previous_left_s: float, current: int, current_left_s: float
) -> float:
    """Seconds until `cost` more calls are free, if nobody calls meanwhile.

    The previous window's calls weigh less by the second. When the current window ends it takes the place of that one,
    and its calls begin to.
    """
    room = limit.amount - cost
    ends_s = max(0.0, current_left_s - limit.window_s)
    if current <= room:
        weighed_s = previous_left_s - limit.window_s * (room - current + 1) / previous if previous else 0.0
        if weighed_s <= ends_s:
            return max(0.0, weighed_s)
    return ends_s + max(0.0, limit.window_s * (1 - (room + 1) / current)) if current else ends_s
