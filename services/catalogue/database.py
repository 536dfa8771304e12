"""Opens the catalogue database: transactions, migrations, and foreign errors made ours."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from services.errors import InvalidSettings, Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
SQLITE_BUSY_S = 30


class Database:
    """SQLite in WAL mode, or PostgreSQL. Connects when first used, never before."""

    def __init__(self, url: str) -> None:
        try:
            self._engine = sa.create_engine(url, **_options(url))
        except (sa.exc.ArgumentError, ImportError) as exc:
            raise InvalidSettings(f"LOOKALIKE_DATABASE_URL={url!r}: {exc}") from exc
        self.sqlite = self._engine.dialect.name == "sqlite"
        if self.sqlite:
            sa.event.listen(self._engine, "connect", _set_up_sqlite)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent view. Raises Unavailable when the database is away."""
        with _translated(), self._engine.connect() as connection:
            if self.sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction, committed at the end or not at all. Raises Unavailable when the database is away."""
        with _translated(), self._engine.connect() as connection:
            if self.sqlite:
                # Taking the write lock at once: a transaction that begins by reading could not be upgraded
                # while another writes, and would fail without waiting.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def migrate(self) -> None:
        """Bring the tables to this version's form. Safe to repeat."""
        if self.sqlite and self._engine.url.database:
            Path(self._engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        with self.write() as connection:
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def check(self) -> None:
        """Raise Unavailable unless the database answers and its tables have this version's form."""
        with self.read() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current != (wanted := _newest()):
            raise Unavailable(
                f"the catalogue database is at {current or 'no'} version, {wanted} is needed; run: lookalike migrate"
            )

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _options(url: str) -> dict[str, Any]:
    # Unescaped, since SQLite compares the keys in a JSON path with the text as it is stored.
    json_as_it_is = {"json_serializer": partial(json.dumps, ensure_ascii=False)}
    if url.startswith("sqlite"):
        return {**json_as_it_is, "connect_args": {"timeout": SQLITE_BUSY_S, "check_same_thread": False}}
    return {**json_as_it_is, "pool_pre_ping": True}


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # Transactions are begun by hand in `read` and `write`; the driver's own would begin them too late.
    connection.isolation_level = None
    # WAL lets readers go on while one writes. NORMAL survives a killed process; only power loss may cost the
    # last commits, and never the file.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as exc:
        reason = str(getattr(exc, "orig", None) or exc).splitlines()[0]
        hint = "; run: lookalike migrate" if "no such table" in reason else ""
        raise Unavailable(f"the catalogue database does not answer: {reason}{hint}") from exc
    except sa.exc.ProgrammingError as exc:
        raise Unavailable(
            f"the catalogue database has other tables than expected: {exc.orig}; run: lookalike migrate"
        ) from exc


@cache
def _newest() -> str | None:
    return ScriptDirectory.from_config(_alembic()).get_current_head()


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
