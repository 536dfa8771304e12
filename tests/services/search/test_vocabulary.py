"""The catalogue's own words: which are kept, how they are found, and how they stay new."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import platform_of_fakes

from services.errors import Unavailable
from services.fields import FieldType
from services.products import Product
from services.search.interpreter import Interpreter
from services.search.vocabulary import MAX_VALUES, Vocabulary, usable_labels, vocabulary_of
from services.search.vocabulary_source import VocabularySource

FIELDS = {"category": FieldType.KEYWORD, "brand": FieldType.KEYWORD, "price": FieldType.NUMBER}
MANY = [(f"Word {chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}", 5) for i in range(MAX_VALUES + 1)]


def values(found) -> list[str]:
    return [value.value for value in found]


@pytest.mark.parametrize("spelling", ["flipflop", "flip flops", "Flip-Flops", "FLIPFLOPS"])
def test_spellings_of_one_label_meet(spelling: str) -> None:
    vocabulary = Vocabulary({"category": [(spelling, 3)]})
    assert values(vocabulary.exact("flipflop")) == [spelling]


def test_labels_are_found_by_each_of_their_names_and_by_their_last_words() -> None:
    vocabulary = Vocabulary({"category": [("Bags, Belts & Wallets", 3), ("Smart Casual Shoes", 2)]})
    assert values(vocabulary.exact("belt")) == ["Bags, Belts & Wallets"]
    assert values(vocabulary.wider("casualshoe")) == values(vocabulary.wider("shoe")) == ["Smart Casual Shoes"]
    assert not vocabulary.wider("smart")


def test_a_brand_is_not_taken_apart() -> None:
    vocabulary = Vocabulary({"brand": [("Fern & Field", 3)]})
    assert not vocabulary.exact("fern")
    assert not vocabulary.wider("field")


@pytest.mark.parametrize("label", ["", "NA", "N/A", "none", "!!!", "x" * 61, "one two three four five six seven"])
def test_what_is_no_label_is_left_out(label: str) -> None:
    assert Vocabulary({"category": [(label, 3)]}).empty


@pytest.mark.parametrize(
    ("field", "counted", "usable"),
    [
        ("category", [("Dresses", 5), ("Shoes", 4)], True),
        ("category", [("SKU-10023", 1), ("SKU-10024", 1), ("Shoes", 4)], False),
        ("category", [("https://shop.example/a", 3)], False),
        ("category", [], False),
        ("category", MANY, False),
        ("brand", MANY, True),
        ("category", [(value, 1) for value, _ in MANY[:200]], False),
    ],
)
def test_fields_of_names_and_numbers_are_left_out_and_brands_are_not(field: str, counted: list, usable: bool) -> None:
    assert usable_labels(field, counted) is usable


def test_a_vocabulary_of_rows_counts_text_of_declared_keywords() -> None:
    rows = [{"category": "Shoes", "price": 3, "other": "Blue"}, {"category": "Shoes"}, {"category": 7}]
    vocabulary = vocabulary_of(rows, FIELDS)
    assert [(value.value, value.count) for value in vocabulary.exact("shoe")] == [("Shoes", 2)]
    assert not vocabulary.exact("blue")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Database:
    """Labels that change, can be away, and can be held back."""

    def __init__(self) -> None:
        self.label, self.away, self.asked = "Dresses", False, 0
        self.go = threading.Event()
        self.go.set()

    def values(self, field: str, limit: int) -> list[tuple[str, int]]:
        self.asked += field == "category"
        assert self.go.wait(10)
        if self.away:
            raise Unavailable("the database does not answer")
        return [(self.label, 3)] if field == "category" else []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def source(database: Database, clock: Clock) -> VocabularySource:
    return VocabularySource(database.values, FIELDS, max_age_s=60, wait_s=10, clock=clock)


def test_the_first_caller_gets_the_catalogue_and_a_minute_later_the_new_one_follows(
    source: VocabularySource, database: Database, clock: Clock
) -> None:
    assert source().exact("dress")
    database.label = "Shoes"
    clock.now = 59
    assert source().exact("dress")
    clock.now = 61
    database.go.clear()
    assert source().exact("dress")  # the old one, without waiting for the new
    database.go.set()
    source.join()
    assert source().exact("shoe")
    assert database.asked == 2


def test_one_thread_reads_however_many_ask(source: VocabularySource, database: Database) -> None:
    database.go.clear()
    found: list[Vocabulary] = []
    callers = [threading.Thread(target=lambda: found.append(source())) for _ in range(8)]
    for caller in callers:
        caller.start()
    database.go.set()
    for caller in callers:
        caller.join()
    assert database.asked == 1
    assert [bool(vocabulary.exact("dress")) for vocabulary in found] == [True] * 8


def test_a_database_that_is_away_leaves_what_there_is(
    source: VocabularySource, database: Database, clock: Clock
) -> None:
    database.away = True
    assert source().empty
    clock.now, database.away = 61, False
    source()
    source.join()
    assert source().exact("dress")
    clock.now, database.away = 130, True
    source()
    source.join()
    assert source().exact("dress")


def test_a_catalogue_that_is_slow_to_read_keeps_nobody_waiting(database: Database, clock: Clock) -> None:
    source = VocabularySource(database.values, FIELDS, wait_s=0.01, clock=clock)
    database.go.clear()
    assert source().empty
    clock.now = 40  # the reading takes that long, so the next is due after twenty times as long
    database.go.set()
    source.join()
    assert source().exact("dress")
    clock.now = 40 + 799
    source()
    source.join()
    assert database.asked == 1
    clock.now = 40 + 801
    source()
    source.join()
    assert database.asked == 2


def test_the_vocabulary_is_that_of_a_real_catalogue(tmp_path: Path) -> None:
    platform = platform_of_fakes(tmp_path)
    products = [Product(f"p{i}", {"category": "Ball Gowns", "brand": f"Brand {i}"}, ()) for i in range(3)]
    platform.catalogue.put(products)
    vocabulary = VocabularySource(platform.catalogue.values, platform.settings.fields)()
    assert [(value.value, value.count) for value in vocabulary.exact("ballgown")] == [("Ball Gowns", 3)]
    platform.close()


def test_a_term_knows_whether_every_product_is_labelled() -> None:
    labels = {"category": [("Dresses", 5)], "brand": [("Wren", 2)]}
    interpreter = Interpreter(lambda: Vocabulary(labels, ["category"]), FIELDS)
    terms = interpreter.read("wren dresses").terms
    assert {term.field: term.everywhere for term in terms} == {"category": True, "brand": False}


def test_the_source_asks_which_fields_every_product_has(database: Database) -> None:
    asked = []

    def everywhere(fields: Sequence[str]) -> list[str]:
        asked.append(list(fields))
        return ["category"]

    vocabulary = VocabularySource(database.values, FIELDS, wait_s=10, everywhere=everywhere)()
    assert vocabulary.everywhere == {"category"}
    assert len(asked) == 1
    assert "price" not in asked[0]
