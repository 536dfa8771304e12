"""Products in the catalogue: accepting, deleting, listing."""

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from services.catalogue import Catalogue, Claims, Database, Outcome
from services.catalogue.tables import metadata
from services.errors import InvalidSettings, NotFound
from services.products import ImageRef, Product

AWKWARD = ["women's-1", "a/b", "x'] or id != '' or id in ['y", 'q"uo\\te', "new\nline", "é😀\u202e", "%", "🧥" * 100]


def index(claims: Claims, *ids: str) -> None:
    """Do what a worker does, without an index."""
    for record in claims.take(ids, "w"):
        claims.finish("w", [Outcome(record.product.id, record.revision, indexed=True)])


def test_a_new_product_is_queued_at_revision_one(catalogue: Catalogue, product: Product) -> None:
    (accepted,) = catalogue.put([product])
    assert (accepted.revision, accepted.changed) == (1, True)
    record = catalogue.get("p1")
    assert (record.product, record.state, record.indexed_revision) == (product, "queued", 0)


def test_the_same_body_again_is_no_work(catalogue: Catalogue, product: Product) -> None:
    catalogue.put([product])
    (again,) = catalogue.put([product])
    assert (again.revision, again.changed) == (1, False)


@pytest.mark.parametrize(
    "change",
    [{"attributes": {"title": "Blue dress"}}, {"images": (ImageRef("front", "e" * 64),)}, {"images": ()}],
)
def test_any_difference_is_a_new_revision(catalogue: Catalogue, product: Product, change: dict) -> None:
    catalogue.put([product])
    (changed,) = catalogue.put([replace(product, **change)])
    assert (changed.revision, changed.changed) == (2, True)


def test_a_failed_product_sent_again_is_tried_again(catalogue: Catalogue, claims: Claims, product: Product) -> None:
    catalogue.put([product])
    claims.take(["p1"], "w")
    claims.finish("w", [Outcome("p1", 1, indexed=False)])
    assert catalogue.get("p1").state == "failed"
    (again,) = catalogue.put([product])
    assert again.changed
    assert catalogue.get("p1").state == "queued"


def test_of_two_products_with_one_id_the_later_counts(catalogue: Catalogue, product: Product) -> None:
    catalogue.put([product, replace(product, attributes={"title": "later"})])
    assert catalogue.get("p1").product.attributes == {"title": "later"}


def test_delete_leaves_a_tombstone_that_a_put_revives(catalogue: Catalogue, product: Product) -> None:
    catalogue.put([product])
    assert catalogue.delete("p1").revision == 2
    with pytest.raises(NotFound, match="p1"):
        catalogue.get("p1")
    with pytest.raises(NotFound):
        catalogue.delete("p1")
    (revived,) = catalogue.put([product])
    assert revived.revision == 3
    assert catalogue.get("p1").product == product


def test_awkward_ids_are_kept_apart(catalogue: Catalogue, product: Product) -> None:
    catalogue.put([replace(product, id=key) for key in AWKWARD])
    catalogue.delete(AWKWARD[2])
    assert [record.product.id for record in catalogue.page(100)] == sorted(set(AWKWARD) - {AWKWARD[2]})


def test_pages_go_through_everything_once(catalogue: Catalogue, product: Product) -> None:
    catalogue.put([replace(product, id=f"p{i:02}") for i in range(25)])
    seen, after = [], ""
    while page := catalogue.page(10, after):
        seen += [record.product.id for record in page]
        after = seen[-1]
    assert seen == [f"p{i:02}" for i in range(25)]
    assert [record.product.id for chunk in catalogue.everything(7) for record in chunk] == seen


def test_states_and_values_are_counted(catalogue: Catalogue, claims: Claims, product: Product) -> None:
    catalogue.put([replace(product, id=f"p{i}") for i in range(4)] + [Product("other", {"category": "Tops"}, ())])
    index(claims, "p0", "p1")
    catalogue.delete("p3")
    assert catalogue.counts() == {"queued": 2, "indexed": 2, "failed": 0, "deleted": 1}
    assert catalogue.values("category") == [("Dresses", 3), ("Tops", 1)]
    assert [record.product.id for record in catalogue.page(9, state="indexed", attributes={"category": "Dresses"})] == [
        "p0",
        "p1",
    ]


def test_writers_in_parallel_lose_nothing(catalogue: Catalogue, product: Product) -> None:
    def put(writer: int) -> None:
        for i in range(10):
            catalogue.put([replace(product, id=f"p{j}", attributes={"n": writer * 100 + i}) for j in range(5)])

    threads = [threading.Thread(target=put, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {record.revision for record in catalogue.page(9)} == {40}


def test_migrations_make_the_tables_that_the_code_declares(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_url_that_is_none_names_the_setting() -> None:
    with pytest.raises(InvalidSettings, match="LOOKALIKE_DATABASE_URL"):
        Database("nonsense")


def test_a_failing_transaction_leaves_nothing(database: Database, catalogue: Catalogue, product: Product) -> None:
    catalogue.put([product])

    def die_half_way() -> None:
        with database.write() as connection:
            connection.execute(sa.text("DELETE FROM products"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        die_half_way()
    assert catalogue.get("p1").product == product
