"""What only PostgreSQL has: a server with settings of its own, which may restart, stand still or refuse to write."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy as sa
from postgres import fresh_database

from services.catalogue import Catalogue, Database
from services.errors import InvalidSettings, Unavailable
from services.products import Product

P1 = Product("p1", {"title": "Red dress"}, ())


@pytest.fixture
def database(migrated_postgres_url: str) -> Iterator[Database]:
    """PostgreSQL alone, in this file."""
    opened = Database(migrated_postgres_url)
    yield opened
    opened.close()


def with_setting(url: str, setting: str) -> str:
    """The URL for connections to a server that has another setting."""
    return f"{url}?options={quote('-c ' + setting)}"


def shown(connection: sa.Connection, setting: str) -> str:
    return str(connection.exec_driver_sql(f"SHOW {setting}").scalar_one())


def test_the_servers_own_isolation_level_does_not_matter(migrated_postgres_url: str) -> None:
    with closing(
        Database(with_setting(migrated_postgres_url, "default_transaction_isolation=serializable"))
    ) as database:
        for _ in range(2):  # a connection that comes out of the pool again has forgotten what it was used for
            with database.read() as connection:
                assert shown(connection, "transaction_isolation") == "repeatable read"
                assert shown(connection, "transaction_read_only") == "on"
            with database.write() as connection:
                assert shown(connection, "transaction_isolation") == "read committed"
                assert shown(connection, "transaction_read_only") == "off"


def test_a_server_that_only_reads_is_unavailable_for_writing(migrated_postgres_url: str) -> None:
    """A standby before it takes over, or a disk that filled up."""
    with closing(Database(with_setting(migrated_postgres_url, "default_transaction_read_only=on"))) as database:
        catalogue = Catalogue(database)
        with pytest.raises(Unavailable, match="read-only"):
            catalogue.put([P1])
        assert catalogue.page(9) == []


def test_a_server_that_restarted_is_connected_to_again(migrated_postgres_url: str, database: Database) -> None:
    catalogue = Catalogue(database)
    catalogue.put([P1])
    end_connections(migrated_postgres_url)
    assert catalogue.get("p1").product == P1


def test_a_connection_that_ends_half_way_is_unavailable(migrated_postgres_url: str, database: Database) -> None:
    catalogue = Catalogue(database)

    def interrupted() -> None:
        with database.write() as connection:
            connection.execute(sa.text("UPDATE products SET revision = revision + 1"))
            end_connections(migrated_postgres_url)
            connection.execute(sa.text("UPDATE products SET revision = revision + 1"))

    catalogue.put([P1])
    with pytest.raises(Unavailable):
        interrupted()
    assert catalogue.get("p1").revision == 1


def test_a_writer_does_not_wait_for_ever(
    migrated_postgres_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.catalogue.database.BUSY_S", 1)  # it is read when a connection is made
    catalogue = Catalogue(database)
    catalogue.put([P1])
    newer = [Product("p1", {"title": "newer"}, ())]
    with psycopg.connect(migrated_postgres_url.replace("+psycopg", "")) as blocker, ThreadPoolExecutor(1) as threads:
        blocker.execute("SELECT id FROM products FOR UPDATE")
        waiting = threads.submit(catalogue.put, newer)
        try:
            with pytest.raises(Unavailable, match="lock timeout"):
                waiting.result(20)
        finally:
            blocker.rollback()
    assert catalogue.put(newer)[0].changed


def test_a_process_that_stands_still_lets_go(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.catalogue.database.IDLE_IN_TRANSACTION_S", 1)
    catalogue = Catalogue(database)
    catalogue.put([P1])

    def stand_still() -> None:
        with database.write() as connection:
            connection.execute(sa.text("UPDATE products SET revision = revision + 1"))
            time.sleep(1.5)
            connection.execute(sa.text("UPDATE products SET revision = revision + 1"))

    with pytest.raises(Unavailable):
        stand_still()
    assert catalogue.get("p1").revision == 1


def test_a_database_that_cannot_hold_every_character_is_refused(postgres_url: str) -> None:
    with (
        fresh_database(postgres_url, "template0", "LATIN1") as url,
        closing(Database(url)) as database,
        pytest.raises(InvalidSettings, match="LATIN1"),
    ):
        database.migrate()


def test_a_page_comes_straight_from_the_index(database: Database) -> None:
    """The primary key sorts as pages do, whatever the language of the database."""
    with database.read() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = "\n".join(
            connection.exec_driver_sql("EXPLAIN SELECT * FROM products WHERE id > 'x' ORDER BY id LIMIT 9").scalars()
        )
        order = connection.exec_driver_sql(
            "SELECT collation_name FROM information_schema.columns WHERE table_name = 'products' AND column_name = 'id'"
        ).scalar_one()
    assert "Index Scan using products_pkey" in plan
    assert "Sort" not in plan
    assert order == "C"


def end_connections(url: str) -> None:
    """Have the server end every other connection to the database, as a restart does."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
