"""A catalogue of its own for each test, and a clock that the test moves."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

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


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/catalogue.db")
    opened.migrate()
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
