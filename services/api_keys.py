"""API keys as every layer knows them: their scopes, their limits, and the text that a client sends."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.errors import InvalidRequest

# 6 bytes name a key among thousands; 32 are 256 bits, which nobody guesses.
ID_BYTES, SECRET_BYTES = 6, 32
KEY_TEXT = re.compile(r"lk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
LIMIT_TEXT = re.compile(r"([1-9][0-9]{0,8})\s*/\s*([1-9][0-9]{0,5})?\s*(second|minute|hour|day)s?")
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class Scope(StrEnum):
    """What a key may do. Each includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


EVERY_SCOPE = frozenset(Scope)


def with_included(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """The scopes, and those that they include.

    >>> sorted(with_included([Scope.WRITE]))
    [<Scope.READ: 'read'>, <Scope.WRITE: 'write'>]
    """
    order = list(Scope)
    highest = max((order.index(scope) for scope in scopes), default=-1)
    return frozenset(order[: highest + 1])


@dataclass(frozen=True)
class RateLimit:
    """At most `amount` calls in any `window_s` seconds."""

    amount: int
    window_s: int

    def __str__(self) -> str:
        """As it is written in settings and in the table."""
        unit, seconds = next(entry for entry in reversed(SECONDS.items()) if self.window_s % entry[1] == 0)
        number = self.window_s // seconds
        return f"{self.amount}/{unit}" if number == 1 else f"{self.amount}/{number} {unit}s"


def parse_rate_limit(text: str) -> RateLimit:
    """Read a limit. Raises InvalidRequest, saying how one is written.

    >>> parse_rate_limit("600/minute"), str(parse_rate_limit("5 / 10 seconds"))
    (RateLimit(amount=600, window_s=60), '5/10 seconds')
    """
    found = LIMIT_TEXT.fullmatch(text.strip())
    if found is None:
        raise InvalidRequest(f"rate limit {text[:50]!r}: write it as 600/minute, 5/second or 10000/12 hours")
    amount, number, unit = found.groups()
    return RateLimit(int(amount), int(number or 1) * SECONDS[unit])


@dataclass(frozen=True)
class ApiKey:
    """A key as it is kept: `digest` is the SHA-256 of its secret, in hex. Times are seconds since the epoch."""

    id: str
    name: str
    digest: str
    scopes: frozenset[Scope]
    rate_limit: RateLimit | None
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None
    last_used_at: float | None = None

    def state(self, now: float) -> str:
        """One of `valid`, `expired` and `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


def new_secret() -> tuple[str, str, str]:
    """The id, the text and the digest of a key that nobody has yet."""
    key_id, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    return key_id, f"lk_{key_id}_{secret}", digest_of(secret)


def read_secret(text: str) -> tuple[str, str] | None:
    """The id and the digest of a key's text; None for what is none, whatever it is."""
    found = KEY_TEXT.fullmatch(text) if len(text) < 100 else None
    return None if found is None else (found[1], digest_of(found[2]))


def digest_of(secret: str) -> str:
    """What is kept in the place of a secret.

    One round of SHA-256 is enough: it keeps passwords badly because they can be guessed, and 256 random bits cannot.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
