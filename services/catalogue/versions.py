"""Tells cheaply whether the database changed."""

from threading import Lock

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

# The transactions whose work a statement sees. A server that was not shut down in order may count anew.
_SNAPSHOT = "SELECT pg_current_snapshot()::text, pg_postmaster_start_time()::text"


class Versions:
    """What a database is at. Changes of any table of it count, also those that another process makes.

    On SQLite (https://www.sqlite.org/pragma.html#pragma_data_version) a connection is told of changes that others
    make, so one is kept that makes none. On PostgreSQL (https://www.postgresql.org/docs/current/functions-info.html)
    it is the snapshot: what is committed while another transaction is open makes another one.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._in_memory = self._sqlite and engine.url.database in (None, "", ":memory:")
        self._lock = Lock()
        self._watch = (
            sa.create_engine(engine.url, poolclass=StaticPool, connect_args={"check_same_thread": False})
            if self._sqlite
            else None
        )

    def now(self) -> object:
        """The version; equal to an earlier one only where nothing was committed in between."""
        if self._in_memory:  # no other connection sees it
            return object()
        if self._watch is None:
            with self._engine.connect() as connection:
                return tuple(connection.exec_driver_sql(_SNAPSHOT).one())
        with self._lock, self._watch.connect() as connection:
            return connection.exec_driver_sql("PRAGMA data_version").scalar_one()

    def close(self) -> None:
        """Close the connection that was kept."""
        if self._watch is not None:
            self._watch.dispose()
