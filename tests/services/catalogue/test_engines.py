"""What must be the same on SQLite and on PostgreSQL, though they differ in it by themselves."""

from contextlib import closing, suppress
from pathlib import Path

import pytest
from alembic import command

from services.catalogue import Catalogue, Claims, Database, Imports, Outcome
from services.catalogue.database import _alembic as alembic_config
from services.errors import InvalidRequest, InvalidSettings, NotFound, Unavailable
from services.products import ImageRef, Problem, Product

# PostgreSQL sorts these by the language of the database, unless told otherwise.
WORDS = ["a", "A", "b", "B", "é", "e", "f", "_", "-", "10", "9", " x", "😀", "ﬀ", "a b", "ab", "a-b", "Å", "z"]


def test_pages_are_in_the_order_of_code_points(catalogue: Catalogue) -> None:
    catalogue.put([Product(key, {"title": "x"}, ()) for key in WORDS])
    seen, after = [], ""
    while page := catalogue.page(3, after):
        seen += [record.product.id for record in page]
        after = seen[-1]
    assert seen == sorted(WORDS)
    assert [record.product.id for chunk in catalogue.everything(4) for record in chunk] == sorted(WORDS)


def test_values_of_one_frequency_are_in_the_order_of_code_points(catalogue: Catalogue) -> None:
    catalogue.put([Product(str(i), {"colour": word}, ()) for i, word in enumerate(WORDS)])
    assert catalogue.values("colour") == [(word, 1) for word in sorted(WORDS)]
    assert catalogue.values("colour", limit=3) == [(word, 1) for word in sorted(WORDS)[:3]]


NAMES = ["colour", "0", "a.b", "$.x", "a%b", ":b", "%(b)s", "it's", 'q"uo', "back\\slash", "größe"]


@pytest.mark.parametrize("name", NAMES)
def test_attributes_of_any_name_are_found(catalogue: Catalogue, name: str) -> None:
    catalogue.put([Product("p1", {name: "it's %s"}, ()), Product("p2", {name: "b"}, ()), Product("p3", {}, ())])
    assert catalogue.values(name) == [("b", 1), ("it's %s", 1)]
    assert [record.product.id for record in catalogue.page(9, attributes={name: "it's %s"})] == ["p1"]


@pytest.mark.parametrize("name", ["size", 'si"ze'])
def test_text_is_never_equal_to_a_number_or_a_boolean(catalogue: Catalogue, name: str) -> None:
    others = [38, 38.0, True, "true", "1", "38.0"]
    catalogue.put([Product("text", {name: "38"}, ())])
    catalogue.put([Product(f"other{i}", {name: other}, ()) for i, other in enumerate(others)])
    assert [record.product.id for record in catalogue.page(99, attributes={name: "38"})] == ["text"]
    assert [record.product.id for record in catalogue.page(99, attributes={name: "true"})] == ["other3"]
    assert catalogue.values(name) == [("1", 1), ("38", 1), ("38.0", 1), ("true", 1)], "of text alone"


def test_what_is_put_comes_back(catalogue: Catalogue) -> None:
    attributes = {
        "text": "tab\tquote\" back\\ \u2028 \x7f \x01 é 👗 </script>",
        "whole": 2**53, "negative": -(2**53), "small": 5e-324, "large": 1.7976931348623157e308, "third": 1 / 3,
        "zero": -0.0, "yes": True, "no": False, "": "empty name", "z": 1, "a": 1,
    }  # fmt: skip
    product = Product("👗", attributes, (ImageRef("ﬀ/ü", "d" * 64), ImageRef("back", "e" * 64)))
    catalogue.put([product])
    found = catalogue.get("👗").product
    assert found == product
    assert [repr(value) for value in found.attributes.values()] == [repr(value) for value in attributes.values()]
    assert [done.changed for done in catalogue.put([found])] == [False]


def test_a_number_that_becomes_a_boolean_is_a_change(catalogue: Catalogue) -> None:
    """Python takes True for 1; filters do not."""
    catalogue.put([Product("p1", {"sale": 1}, ())])
    assert catalogue.put([Product("p1", {"sale": True}, ())])[0].changed
    assert catalogue.get("p1").product.attributes["sale"] is True


@pytest.mark.parametrize("impossible", ["nul\0", "half \ud800"])
def test_a_text_that_cannot_be_stored_is_the_senders_mistake(catalogue: Catalogue, impossible: str) -> None:
    with pytest.raises((InvalidRequest, NotFound)):
        catalogue.get(impossible)
    with suppress(InvalidRequest):
        assert catalogue.page(9, after=impossible) == []
    with suppress(InvalidRequest):
        assert catalogue.values(impossible) == []


def test_a_reason_that_holds_anything_is_kept(catalogue: Catalogue, claims: Claims) -> None:
    """Reasons quote what others sent: a host's answer, a file's bytes."""
    catalogue.put([Product("p1", {}, ()), Product("p2", {}, ())])
    awkward = Problem("bad_image", "it says: \0 \ud800 \U0001f457")
    claims.take(["p1", "p2"], "w")
    claims.finish("w", [Outcome("p1", 1, indexed=False, problem=awkward, image_problems={"front": awkward})])
    claims.release("w", awkward, counts=True)
    records = catalogue.get_many(["p1", "p2"]).values()
    found = [record.problem for record in records] + [*catalogue.get("p1").image_problems.values()]
    assert [problem and problem.detail for problem in found] == ["it says: \ufffd ? \U0001f457"] * 3


def test_more_at_once_than_a_statement_has_room_for(catalogue: Catalogue, claims: Claims, clock) -> None:
    """PostgreSQL takes 65,535 parameters, SQLite often 32,766."""
    for start in range(0, 33_000, 1000):
        catalogue.put([Product(f"p{number}", {}, ()) for number in range(start, start + 1000)])
    clock.now += 31
    found: set[str] = set()
    while some := claims.due(200_000):
        assert not found & set(some)
        found |= set(some)
    assert len(found) == 33_000


def test_a_database_is_migrated_once_and_says_so_before(empty_url: str) -> None:
    with closing(Database(empty_url)) as database:
        with pytest.raises(Unavailable, match="lookalike migrate"):
            database.check()
        with pytest.raises(Unavailable, match="lookalike migrate") as caught:
            Catalogue(database).counts()
        assert "\n" not in str(caught.value)
        database.migrate()
        database.migrate()
        database.check()
        assert Catalogue(database).counts()["queued"] == 0


@pytest.mark.parametrize(
    "url",
    ["postgresql+nodriver://shop:s3cret@db/shop", "postgresql+psycopg//shop:s3cret@db/shop", "mongo://shop:s3/cret@db"],
)
def test_a_url_that_is_none_is_named_without_its_password(url: str) -> None:
    with pytest.raises(InvalidSettings, match="LOOKALIKE_DATABASE_URL") as caught:
        Database(url)
    assert "cret" not in str(caught.value)


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for url in ("postgresql+psycopg://shop:s3cret@127.0.0.1:1/shop", f"sqlite:///{tmp_path}/file/catalogue.db"):
        with closing(Database(url)) as database, pytest.raises(Unavailable) as caught:
            Catalogue(database).counts()
        assert "s3cret" not in str(caught.value)


FIRST_VERSION = (
    """INSERT INTO products (id, attributes, images, deleted, revision, indexed_revision, failed_revision, attempts,
        claimed_until, due_at, updated_at)
    VALUES ('p1', '{"title": "old"}', '[{"name": "front", "digest": "abc"}]', false, 2, 2, 0, 0, 0, 0, 0)""",
    "INSERT INTO imports (id, source, created_at) VALUES ('i', 'a.csv', 0)",
    "INSERT INTO import_items (import_id, line, product_id, revision) VALUES ('i', 2, 'p1', 2)",
)


def test_a_catalogue_of_the_first_version_is_brought_over(empty_url: str) -> None:
    with closing(Database(empty_url)) as database:
        with database.write() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            for statement in FIRST_VERSION:
                connection.exec_driver_sql(statement)
        database.migrate()
        catalogue = Catalogue(database)
        product = Product("p1", {"title": "old"}, (ImageRef("front", "abc"),))
        assert catalogue.get("p1").product == product
        assert not catalogue.put([product])[0].changed, "nothing is embedded again for it"
        progress = Imports(database).progress("i")
        assert (progress.indexed, progress.queued) == (1, 0)
