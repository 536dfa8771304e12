"""Statements that may take only so long."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from services.errors import DeadlineExceeded

# SQLite asks whether to go on each time it has taken so many steps of its virtual machine: about a millisecond's worth.
STEPS = 20_000
_QUERY_CANCELED = "57014"


@contextmanager
def statement_timeout(connection: sa.Connection, timeout_s: float) -> Iterator[None]:
    """Break off what `connection` does once the time is over. Raises DeadlineExceeded where none is left."""
    if timeout_s <= 0:
        raise DeadlineExceeded(f"no time is left to ask the catalogue database ({timeout_s:g} s)")
    if connection.dialect.name == "postgresql":
        milliseconds = min(math.ceil(timeout_s * 1000), 2**31 - 1)
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
        yield
        return
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + timeout_s
    driver.set_progress_handler(lambda: time.monotonic() > until, STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def ran_out(error: Exception) -> bool:
    """Whether a statement was broken off because its time was over."""
    cause = getattr(error, "orig", None)
    return (
        getattr(cause, "sqlstate", None) == _QUERY_CANCELED
        or getattr(cause, "sqlite_errorname", None) == "SQLITE_INTERRUPT"
    )
