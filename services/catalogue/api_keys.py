"""The table of API keys. A key's secret is not in it, only the secret's digest."""

import logging
import time
from collections.abc import Callable, Collection
from typing import Any

import sqlalchemy as sa

from services.api_keys import ApiKey, RateLimit, Scope, new_secret, parse_rate_limit
from services.catalogue.database import Database
from services.catalogue.tables import api_keys
from services.errors import InvalidRequest, NotFound

log = logging.getLogger(__name__)

MAX_NAME_CHARS = 100


class ApiKeys:
    """Making, listing and revoking keys. Every call raises Unavailable when the database is away."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = database, clock

    def create(
        self,
        name: str,
        scopes: Collection[Scope],
        rate_limit: RateLimit | None = None,
        lasts_s: float | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key; returns it with its text, `lk_<id>_<secret>`, which is not to be had again.

        `rate_limit` takes the place of the setting's; after `lasts_s` seconds the key is no longer valid. Raises
        InvalidRequest for no name, a long one, no scope, or a time that is over.
        """
        if not name.strip() or len(name) > MAX_NAME_CHARS:
            raise InvalidRequest(f"name {name[:50]!r}: between 1 and {MAX_NAME_CHARS} characters are needed")
        if not scopes:
            raise InvalidRequest(f"no scope: give at least one of {', '.join(Scope)}")
        if lasts_s is not None and not 0 < lasts_s < float("inf"):
            raise InvalidRequest(f"a key that lasts {lasts_s} s: more than none are needed")
        key_id, text, digest = new_secret()
        now = self._clock()
        values = {
            "id": key_id,
            "name": name,
            "digest": digest,
            "scopes": sorted(scopes, key=list(Scope).index),
            "rate_limit": rate_limit and str(rate_limit),
            "created_at": now,
            "expires_at": None if lasts_s is None else now + lasts_s,
        }
        with self._database.write() as connection:
            row = connection.execute(sa.insert(api_keys).values(**values).returning(api_keys)).one()
        return _key(row), text

    def every(self) -> list[ApiKey]:
        """All keys, those that are no longer valid included, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)).all()
        return list(filter(None, map(_readable, rows)))

    def valid(self) -> list[ApiKey]:
        """The keys that are neither revoked nor expired."""
        now = self._clock()
        lasting = api_keys.c.expires_at.is_(None) | (api_keys.c.expires_at > now)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(api_keys).where(api_keys.c.revoked_at.is_(None), lasting)).all()
        return list(filter(None, map(_readable, rows)))

    def revoke(self, key_id: str) -> str:
        """End a key; returns its name. One that was revoked before stays as it was. Raises NotFound."""
        first = sa.func.coalesce(api_keys.c.revoked_at, self._clock())
        revoke = sa.update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=first).returning(api_keys.c.name)
        with self._database.write() as connection:
            row = connection.execute(revoke).first()
        if row is None:
            raise NotFound(f"no API key has the id {key_id[:50]!r}; lookalike keys list shows them")
        return str(row.name)

    def touch(self, key_id: str, used_at: float) -> None:
        """Keep when a key was last used, if that is later than what is kept."""
        older = api_keys.c.last_used_at.is_(None) | (api_keys.c.last_used_at < used_at)
        with self._database.write() as connection:
            connection.execute(sa.update(api_keys).where(api_keys.c.id == key_id, older).values(last_used_at=used_at))


def _readable(row: Any) -> ApiKey | None:
    """The key of a row; None for one that was spoilt by hand, which must not take the others with it."""
    try:
        return _key(row)
    except (InvalidRequest, ValueError) as exc:
        log.error("API key %s is not valid as it is kept, revoke it: %s", row.id, exc)
        return None


def _key(row: Any) -> ApiKey:
    limit = row.rate_limit
    return ApiKey(
        id=row.id,
        name=row.name,
        digest=row.digest,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        rate_limit=None if limit is None else parse_rate_limit(limit),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
