"""Opens the catalogue database: transactions, migrations, and foreign errors made ours."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from services.catalogue.timeouts import ran_out, statement_timeout
from services.catalogue.versions import Versions
from services.errors import DeadlineExceeded, InvalidRequest, InvalidSettings, Unavailable

Transaction: TypeAlias = sa.Connection
"""What `Database.write` opens; outside this package it is only passed on."""

MIGRATIONS = Path(__file__).parent / "migrations"
# How long a writer waits for another, and after which time in the middle of nothing a transaction is ended: a
# process that was stopped there would keep its locks for ever.
BUSY_S = 30
IDLE_IN_TRANSACTION_S = 60
# Any number that no other program uses for the same purpose in the same PostgreSQL database.
MIGRATION_LOCK = 5_208_141_977


class Database:
    """SQLite in WAL mode, or PostgreSQL. Connects when first used, never before."""

    def __init__(self, url: str) -> None:
        try:
            self._engine = sa.create_engine(url, **_options(url))
        except (sa.exc.ArgumentError, ImportError) as exc:
            shown = re.sub("//.*@", "//***@", url)  # the message goes to logs, the password must not
            hint = "; run: pip install 'lookalike[postgres]'" if "psycopg" in str(exc) else ""
            raise InvalidSettings(f"LOOKALIKE_DATABASE_URL={shown!r}: {exc}{hint}") from exc
        self.sqlite = self._engine.dialect.name == "sqlite"
        sa.event.listen(self._engine, "connect", _set_up_sqlite if self.sqlite else _set_up_postgresql)
        self._versions = Versions(self._engine)

    @contextmanager
    def read(self, timeout_s: float | None = None) -> Iterator[sa.Connection]:
        """One consistent view. Raises Unavailable when the database is away.

        With a timeout, raises DeadlineExceeded for a statement that takes longer (seconds).
        """
        with _translated(), self._engine.connect() as connection:
            if self.sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with nullcontext() if timeout_s is None else statement_timeout(connection, timeout_s):
                yield connection

    def version(self) -> object:
        """A value that is another whenever anything was written since it was last asked for, by whomever.

        What was read after it returned one value is still so when it returns the same again. Raises Unavailable.
        """
        with _translated():
            return self._versions.now()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction, committed at the end or not at all. Raises Unavailable when the database is away.

        On PostgreSQL others write at the same time. Whoever writes several rows of a table locks them in the order
        of their keys first (`ORDER BY ... FOR UPDATE`), so that no two can wait for each other.
        """
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
            if not self.sqlite:
                _prepare_postgresql(connection)
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
        self._versions.close()
        self._engine.dispose()


def _options(url: str) -> dict[str, Any]:
    # Unescaped, since SQLite compares the keys in a JSON path with the text as it is stored.
    json_as_it_is = {"json_serializer": partial(json.dumps, ensure_ascii=False)}
    if url.startswith("sqlite"):
        return {**json_as_it_is, "connect_args": {"timeout": BUSY_S, "check_same_thread": False}}
    # A statement sees what was committed before it began, whatever the server's default is: what `write` locks is
    # then as it is now.
    return {**json_as_it_is, "pool_pre_ping": True, "isolation_level": "READ COMMITTED"}


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # Transactions are begun by hand in `read` and `write`; the driver's own would begin them too late.
    connection.isolation_level = None
    # WAL lets readers go on while one writes. NORMAL survives a killed process; only power loss may cost the
    # last commits, and never the file.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _set_up_postgresql(connection: Any, _record: object) -> None:
    connection.execute(f"SET lock_timeout = '{BUSY_S}s'")
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_S}s'")
    connection.commit()


def _prepare_postgresql(connection: sa.Connection) -> None:
    """Refuse a database that cannot hold every character; let one process migrate at a time, the others wait."""
    if (encoding := connection.exec_driver_sql("SHOW server_encoding").scalar_one()) != "UTF8":
        raise InvalidSettings(
            f"LOOKALIKE_DATABASE_URL: the database's encoding is {encoding}; UTF8 is needed: "
            "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0"
        )
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_S}s'")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sa.exc.DataError, UnicodeEncodeError, OverflowError) as exc:
        reason = str(getattr(exc, "orig", None) or exc).splitlines()[0]
        raise InvalidRequest(f"the catalogue database cannot hold a value: {reason}") from exc
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError, sa.exc.TimeoutError) as exc:
        if ran_out(exc):
            raise DeadlineExceeded("the catalogue database had no answer in time; ask again, or for less") from exc
        reason = str(getattr(exc, "orig", None) or exc).splitlines()[0]
        hint = "; run: lookalike migrate" if "no such table" in reason else ""
        raise Unavailable(f"the catalogue database does not answer: {reason}{hint}") from exc
    except sa.exc.ProgrammingError as exc:
        raise Unavailable(
            f"the catalogue database has other tables than expected: {str(exc.orig).splitlines()[0]}; "
            "run: lookalike migrate"
        ) from exc


@cache
def _newest() -> str | None:
    return ScriptDirectory.from_config(_alembic()).get_current_head()


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
