"""Fixtures that more than one folder of tests uses."""

import os
from collections.abc import Iterator

import postgres
import pytest
from hypothesis import HealthCheck, settings
from milvus_process import MilvusProcess

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("lookalike", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lookalike")


@pytest.fixture(scope="session")
def milvus_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Milvus Lite server that all tests share; each uses aliases of its own."""
    server = MilvusProcess(tmp_path_factory.mktemp("milvus"))
    server.start()
    yield server.uri
    server.kill()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL server that all tests share; `postgres.fresh_database` makes a database on it.

    Skips where there is none, unless REQUIRE_POSTGRES is set, as CI does.
    """
    reason = postgres.missing()
    if reason and os.environ.get("REQUIRE_POSTGRES"):
        pytest.fail(f"REQUIRE_POSTGRES is set, but: {reason}")
    if reason:
        pytest.skip(reason)
    server = postgres.PostgresProcess()
    try:
        server.start()
        yield server.url
    finally:
        server.stop()
