"""The examples of docs/words.md are what happens."""

import json
import re
from pathlib import Path

import pytest

from indexer.sample import sample_products
from services.search.interpreter import Interpreter
from services.search.roles import ROLES
from services.search.vocabulary import vocabulary_of
from services.settings import FASHION_FIELDS

PAGE = (Path(__file__).parents[3] / "docs" / "words.md").read_text("utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| (`[!?].*`) \| `([^`]*)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("typed", "read", "left"), ROWS, ids=[row[0] for row in ROWS])
def test_the_examples_are_what_happens(typed: str, read: str, left: str) -> None:
    vocabulary = vocabulary_of([product.attributes for product in sample_products()], FASHION_FIELDS)
    found = Interpreter(lambda: vocabulary, FASHION_FIELDS).read(typed)
    terms = [f"`{'!' if term.sure else '?'} {json.dumps(term.filter_json)}`" for term in found.terms]
    assert " ".join(terms) == read
    assert found.text == left


def test_there_are_examples() -> None:
    assert len(ROWS) >= 10


def test_the_fields_of_each_kind_are_those_of_the_page() -> None:
    for role, names in ROLES.items():
        assert f"| {role} | {', '.join(f'`{name}`' for name in names)} |" in PAGE
