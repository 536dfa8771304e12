"""The public messages: what they may hold, what is said of the rest, and that their documents are true."""

import json
import re
from pathlib import Path

import pytest

from services.errors import InvalidMessage
from services.messages import (
    DELETE_TASK,
    MAX_PRODUCTS,
    MESSAGES,
    PATCH_TASK,
    UPSERT_TASK,
    checked_product,
    products_of,
    schemas,
    write_schemas,
)

DOCS = Path(__file__).parents[2] / "docs"
WHOLE = {
    "id": "sku 1",
    "version": 7,
    "refresh": True,
    "attributes": {"title": "Boot", "price": 19.5, "year": 2026, "in_stock": True},
    "images": [{"name": "front", "url": "https://cdn.example.com/1.jpg"}, {"name": "back"}, {"url": "https://x.y/z"}],
}


def reason(task: str, product: object) -> str:
    with pytest.raises(InvalidMessage) as refused:
        checked_product(task, product)
    return str(refused.value)


def test_values_keep_their_kind() -> None:
    product = checked_product(UPSERT_TASK, WHOLE)
    assert product.model_dump(exclude_unset=True) == WHOLE
    kinds = {name: type(value) for name, value in product.attributes.items()}
    assert kinds == {"title": str, "price": float, "year": int, "in_stock": bool}


@pytest.mark.parametrize(
    ("task", "change", "words"),
    [
        (UPSERT_TASK, {"id": 5}, "id: Input should be a valid string"),
        (UPSERT_TASK, {"id": ""}, "id: String should have at least 1 character"),
        (UPSERT_TASK, {"version": True}, "version: Input should be a valid integer"),
        (UPSERT_TASK, {"version": -1}, "version: Input should be greater than or equal to 0"),
        (UPSERT_TASK, {"version": 2**63}, "version: Input should be less than or equal to 9223372036854775807"),
        (UPSERT_TASK, {"images": []}, "images: List should have at least 1 item"),
        (UPSERT_TASK, {"images": [{}]}, "images[0]: a name or a url is needed"),
        (UPSERT_TASK, {"images": [{"name": "x", "data": "AA"}]}, "images[0].data: bytes of photos and vectors do not"),
        (UPSERT_TASK, {"images": [{"url": "DATA:image/png;base64,AA"}]}, "images[0].url: bytes of photos and vectors"),
        (UPSERT_TASK, {"vector": [0.1]}, "vector: bytes of photos and vectors do not travel in messages"),
        (UPSERT_TASK, {"colour": "red"}, "colour: there is no such key"),
        (UPSERT_TASK, {"attributes": {"str": ["a"]}}, "attributes.str: text, a number or a boolean is needed"),
        (UPSERT_TASK, {"attributes": {"a": None}}, "attributes.a: text, a number or a boolean is needed"),
        (PATCH_TASK, {"remove_images": [1]}, "remove_images[0]: Input should be a valid string"),
        (PATCH_TASK, {"refresh": True}, "refresh: there is no such key"),
        (DELETE_TASK, {"attributes": {}}, "attributes: there is no such key"),
    ],
)
def test_each_key_that_breaks_the_schema_is_named(task: str, change: dict, words: str) -> None:
    base = {"id": "a", "images": [{"name": "x"}]} if task == UPSERT_TASK else {"id": "a"}
    assert reason(task, {**base, **change}).startswith(words)


def test_several_reasons_are_told_and_not_all_of_many() -> None:
    told = reason(DELETE_TASK, {"id": 1, **{f"key{number}": 0 for number in range(9)}})
    assert told.startswith("id: Input should be a valid string; key0: there is no such key; ")
    assert told.endswith("; and 5 more")


def test_a_patch_takes_attributes_away() -> None:
    assert checked_product(PATCH_TASK, {"id": "a", "attributes": {"price": None}}).attributes == {"price": None}


def test_products_are_only_counted_until_each_is_checked() -> None:
    assert products_of(DELETE_TASK, {"products": [1, "x"]}) == [1, "x"]
    for task, kwargs, words in (
        (DELETE_TASK, {"products": [0] * (MAX_PRODUCTS + 1)}, "at most 1000 items"),
        (DELETE_TASK, {"products": []}, "at least 1 item"),
        (DELETE_TASK, {}, "products: Field required"),
        (DELETE_TASK, {"products": [1], "dry": True}, "dry: there is no such key"),
        (DELETE_TASK, [], "a JSON object is needed"),
        ("lookalike.v2.delete", {"products": [1]}, "there are lookalike.v1.delete, "),
    ):
        with pytest.raises(InvalidMessage, match=words):
            products_of(task, kwargs)


def test_the_schemas_in_the_documents_are_current(tmp_path: Path) -> None:
    """To bring them up to date: write_schemas(Path("docs/schemas/v1"))."""
    for file in write_schemas(tmp_path):
        assert (DOCS / "schemas" / "v1" / file.name).read_text("utf-8") == file.read_text("utf-8")
    assert sorted(path.name for path in (DOCS / "schemas" / "v1").iterdir()) == sorted(
        f"{name}.json" for name in schemas()
    )


def test_the_examples_in_the_documents_are_valid() -> None:
    """In docs/queue.md each JSON block stands below a heading that names its task."""
    text = (DOCS / "queue.md").read_text("utf-8")
    examples = re.findall(r"^### `(lookalike\.v1\.\w+)`$.*?^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert [task for task, _ in examples] == sorted(MESSAGES, key=list(MESSAGES).index)
    for task, example in examples:
        for product in products_of(task, json.loads(example)):
            checked_product(task, product)
