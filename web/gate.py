"""Who calls: an API key in a header, a session in a cookie, or nobody in particular; and whether that will do."""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

import itsdangerous
from werkzeug.http import parse_cookie

from services.api_keys import EVERY_SCOPE, ApiKey, Scope, read_secret, with_included
from services.errors import Forbidden, Unauthenticated
from services.key_ring import KeyRing
from services.settings import Settings
from web.origins import Headers, crosses_origins, host_is_ours, is_loopback

COOKIE = "lookalike_session"
SESSION_S = 12 * 3600
HOW = "send an API key as `Authorization: Bearer KEY`, or in X-API-Key; `lookalike keys create` makes one"


class Access(StrEnum):
    """Whether keys are needed."""

    KEYS = "keys"
    LOOPBACK = "loopback"  # not needed, since only this machine can call
    OPEN = "open"  # never needed, by a setting


def access(settings: Settings) -> Access:
    """What the settings come to. Believing a proxy's headers says that others than this machine call through it."""
    if settings.auth == "off":
        return Access.OPEN
    if settings.auth == "auto" and is_loopback(settings.host) and not settings.trusted_proxies:
        return Access.LOOPBACK
    return Access.KEYS


@dataclass(frozen=True)
class Caller:
    """What a request may do; `key` is None where nobody in particular calls."""

    scopes: frozenset[Scope]
    key: ApiKey | None = None


class Gate:
    """Tells who calls. Holds no state but the keys' ring, so every thread may ask it."""

    def __init__(self, settings: Settings, ring: KeyRing) -> None:
        self.access = access(settings)
        self._settings, self._ring = settings, ring

    def caller(self, method: str, headers: Headers, wait_s: float = 1.0) -> Caller:
        """Who calls. Raises Unauthenticated, Forbidden, and Unavailable where only the database could tell.

        `wait_s`: how long to wait for the database.
        """
        presented = _presented(headers)
        if presented is not None:
            # No browser sends these headers to a stranger's page's liking, so its origin does not matter.
            key = self.key(presented, wait_s)
            return Caller(with_included(key.scopes), key)
        self.refuse_strangers(method, headers)
        if (behind := self._of_session(headers, wait_s)) is not None:
            return Caller(with_included(behind.scopes) & {Scope.READ}, behind)
        if self.access is Access.KEYS:
            raise Unauthenticated(f"an API key is needed: {HOW}")
        self._check_nobody(headers)
        return Caller(EVERY_SCOPE)

    def refuse_strangers(self, method: str, headers: Headers) -> None:
        """Raise Forbidden where a browser sends this for another site's page, and it could change something."""
        if crosses_origins(method, headers, self._settings.cors_origins):
            raise Forbidden("another site's page may not do this; LOOKALIKE_CORS_ORIGINS lists those that may")

    def key(self, text: str, wait_s: float = 1.0) -> ApiKey:
        """The valid key whose text this is. Raises Unauthenticated, Unavailable."""
        read = read_secret(text)
        if read is None:
            raise Unauthenticated("this is no API key: lk_, its id, _, and its secret are needed", presented=True)
        key_id, digest = read
        key = self._ring.find(key_id, wait_s)
        if not hmac.compare_digest(digest, key.digest if key else "0" * len(digest)) or key is None:
            raise Unauthenticated("this API key is not known, has expired, or was revoked", presented=True)
        self._ring.used(key)
        return key

    def _of_session(self, headers: Headers, wait_s: float) -> ApiKey | None:
        """The key behind a session's cookie; None without one, and for one that is over."""
        cookie = parse_cookie(headers("Cookie")).get(COOKIE) if headers("Cookie") else None
        # A cookie may be a stale one of another day, so it is never an error; nor is it looked at where none is needed.
        if not cookie or self.access is not Access.KEYS:
            return None
        key = self._ring.find(cookie.partition(".")[0], wait_s)
        if key is None:
            return None
        try:
            _signer(key).unsign(cookie, max_age=SESSION_S)
        except itsdangerous.BadSignature:
            return None
        self._ring.used(key)
        return key

    def _check_nobody(self, headers: Headers) -> None:
        """Whether a call without a key comes from this machine. Raises Forbidden, Unauthenticated."""
        allowed = self._settings.allowed_hosts
        if (self.access is Access.LOOPBACK or allowed) and not host_is_ours(headers, allowed):
            raise Forbidden("the Host header names another machine; LOOKALIKE_ALLOWED_HOSTS lists names that are ours")
        if self.access is Access.LOOPBACK and (headers("X-Forwarded-For") or headers("Forwarded")):
            raise Unauthenticated(
                "a proxy sent this, so others than this machine call: "
                f"{HOW}; or set LOOKALIKE_AUTH=off if the proxy itself lets in only those who may"
            )


def new_session(key: ApiKey) -> str:
    """A cookie that stands for `key` for SESSION_S seconds.

    It is signed with the key's digest: every web process knows that, nobody else does, and a key that is revoked takes
    its sessions with it. The key itself cannot be had from it.
    """
    return _signer(key).sign(key.id).decode()


def _signer(key: ApiKey) -> itsdangerous.TimestampSigner:
    return itsdangerous.TimestampSigner(key.digest, salt="lookalike session", digest_method=hashlib.sha256)


def _presented(headers: Headers) -> str | None:
    """The key in the headers, whatever it is; None where there is none. Raises Unauthenticated for two that differ."""
    found = {text for text in (_bearer(headers("Authorization")), headers("X-API-Key")) if text is not None}
    if len(found) > 1:
        raise Unauthenticated("Authorization and X-API-Key hold different keys; send one", presented=True)
    return found.pop().strip() if found else None


def _bearer(value: str | None) -> str | None:
    """The token of an `Authorization` header. Other schemes are not ours: a proxy's own password may come along."""
    scheme, _, token = (value or "").strip().partition(" ")
    return token if scheme.lower() == "bearer" else None
