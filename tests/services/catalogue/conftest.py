"""A catalogue of its own for each test, on SQLite and on PostgreSQL, and a clock that the test moves."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from postgres import fresh_database

from services.catalogue import Catalogue, Claims, Database
from services.products import ImageRef, Product


@dataclass
class Clock:
    """Seconds, moved by hand."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Every test that touches a database runs once on each."""
    return request.param


@pytest.fixture
def empty_url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with no tables in it."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    with fresh_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a PostgreSQL database that was migrated, and is there to be copied: much quicker than migrating."""
    with fresh_database(postgres_url) as url:
        migrated = Database(url)
        migrated.migrate()
        migrated.close()
        yield url.rpartition("/")[2]


@pytest.fixture
def migrated_postgres_url(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """The URL of a PostgreSQL database with empty tables, for tests of what only PostgreSQL does."""
    with fresh_database(postgres_url, postgres_template) as url:
        yield url


@pytest.fixture
def database(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    if engine == "sqlite":
        opened = Database(f"sqlite:///{tmp_path}/catalogue.db")
        opened.migrate()
    else:
        opened = Database(request.getfixturevalue("migrated_postgres_url"))
    yield opened
    opened.close()


@pytest.fixture
def catalogue(database: Database, clock: Clock) -> Catalogue:
    return Catalogue(database, resend_after_s=30, clock=clock)


@pytest.fixture
def claims(database: Database, clock: Clock) -> Claims:
    return Claims(database, lease_s=40, resend_after_s=30, max_attempts=3, clock=clock)


@pytest.fixture
def product() -> Product:
    return Product("p1", {"title": "Red dress", "category": "Dresses"}, (ImageRef("front", "d" * 64),))
