"""Names of attributes are known from the moment on in which a product has them; also where many write at once."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from services.catalogue import AttributeNames, Catalogue, Database, Patch, Put
from services.catalogue.attribute_names import NameNotes
from services.catalogue.tables import attribute_names
from services.products import ImageRef, Product


@pytest.fixture
def names(database: Database) -> AttributeNames:
    return AttributeNames(database)


def test_names_and_kinds_of_what_was_written(catalogue: Catalogue, names: AttributeNames) -> None:
    assert names.known() == {}
    photo = (ImageRef("front", "d" * 64),)
    catalogue.put([Product("p1", {"a": 1, "b": "x", 'o"dd\n': True}, photo), Product("p2", {"a": 1.5}, photo)])
    assert names.known(["a"]) == {"a": {"number"}, "b": {"text"}, 'o"dd\n': {"boolean"}}
    catalogue.write([Patch("p1", {"a": "one", "b": None, "c": 2})])
    catalogue.delete("p2")
    assert names.known(["c"]) == {"a": {"number", "text"}, "b": {"text"}, "c": {"number"}, 'o"dd\n': {"boolean"}}
    assert names.complete


def test_what_was_not_written_is_not_known(catalogue: Catalogue, names: AttributeNames) -> None:
    catalogue.put([Product("p1", {"a": 1}, ())])
    catalogue.write([Put(Product("p1", {"a": 1}, ()), version=5)])
    catalogue.write([Put(Product("p1", {"stale": 1}, ()), version=4), Patch("absent", {"refused": 1})])

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        catalogue.write([Put(Product("p2", {"b": 1}, ()))], then=fail)
    assert set(names.known(["b"])) == {"a"}
    catalogue.put([Product("p2", {"b": 1}, ())])
    assert set(names.known(["b"])) == {"a", "b"}, "what was rolled back does not count as noted"


def test_names_are_written_once(database: Database, catalogue: Catalogue) -> None:
    written: list[str] = []
    sa.event.listen(database._engine, "before_cursor_execute", lambda *args: written.append(args[2]))
    for number in range(3):
        catalogue.put([Product("p1", {"a": number}, ())])
    assert sum("attribute_names" in statement for statement in written) == 2, "counted, and written, by the first alone"


def test_what_others_wrote_is_known_when_asked_for(catalogue: Catalogue, database: Database) -> None:
    now = 0.0
    names = AttributeNames(database, max_age_s=10, clock=lambda: now)
    assert names.known() == {}
    catalogue.put([Product("p1", {"a": 1}, ())])
    assert names.known() == {}, "a moment old"
    assert set(names.known(["a"])) == {"a"}
    catalogue.put([Product("p1", {"b": 1}, ())])
    assert set(names.known(["a"])) == {"a"}
    now = 10.0
    assert set(names.known()) == {"a", "b"}


def test_names_without_end_are_not_remembered(database: Database) -> None:
    catalogue, names = Catalogue(database), AttributeNames(database, most=100)
    catalogue._names = NameNotes(most=100)
    for batch in range(30):
        catalogue.put([Product(str(batch), {f"{batch}-{number}": 1 for number in range(9)}, ())])
    assert 100 <= len(names.known()) < 109
    assert not names.complete
    assert len(catalogue._names._noted) < 109, "nor in memory"
    catalogue.put([Product("huge", {f"x{number}": 1 for number in range(150)}, ())])
    assert len(catalogue.get("huge").product.attributes) == 150, "the product has them all the same"


def test_many_write_the_same_new_names_at_once(database: Database) -> None:
    """Each with a catalogue of its own, as in processes of their own; in any order; nobody waits for ever."""
    url = database._engine.url.render_as_string(hide_password=False)
    databases = [Database(url) for _ in range(4)]
    gate = threading.Barrier(len(databases))

    def write(number: int) -> None:
        gate.wait(60)
        rng = random.Random(number)
        catalogue = Catalogue(databases[number])
        for batch in range(15):
            fresh = [f"{name}-{batch}" for name in "aBcDé_1"]
            ids = rng.sample([f"p{i}" for i in range(8)], 4)
            catalogue.put([Product(key, dict.fromkeys(rng.sample(fresh, 5), batch), ()) for key in ids])

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(write, number) for number in range(4)]:
            done.result(60)
    with database.read() as connection:
        kept = connection.execute(sa.select(attribute_names)).all()
    assert len(kept) == len(set(kept))
    assert {row.name for row in kept} >= {
        name for record in Catalogue(database).page(99) for name in record.product.attributes
    }
    for opened in databases:
        opened.close()
