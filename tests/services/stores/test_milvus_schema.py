"""What an index in Milvus was made for, and what is said of one that was made for something else."""

import uuid
from collections.abc import Iterator

import pytest
from pymilvus import DataType, MilvusClient
from rows import DIMENSIONS, FIELDS, make_row

from services.errors import IndexMismatch
from services.fields import TEXT_FIELDS
from services.stores.milvus import MilvusIndexServer
from services.stores.milvus_schema import collection_schema, index_params
from services.stores.protocol import IndexName

OLD, NEW = IndexName("model", 1), IndexName("model", 2)


@pytest.fixture
def server(milvus_uri: str) -> Iterator[MilvusIndexServer]:
    """A server whose live index has no texts, as those of earlier versions."""
    alias = f"t{uuid.uuid4().hex[:12]}"
    server, client = MilvusIndexServer(milvus_uri, alias, FIELDS), MilvusClient(milvus_uri, dedicated=True)
    schema = MilvusClient.create_schema(enable_dynamic_field=False)
    with_text = collection_schema(FIELDS, TEXT_FIELDS, DIMENSIONS, "")
    for field in with_text.fields:
        if field.name not in ("text", "words"):
            schema.add_field(
                field.name, field.dtype, is_primary=field.is_primary, nullable=field.nullable, **field.params
            )
    client.create_collection(OLD.collection(alias), schema=schema)
    server.promote(OLD)
    yield server
    client.close()
    server.close()


def test_an_index_without_texts_is_refused_until_it_is_rebuilt(server: MilvusIndexServer) -> None:
    assert server.live() == OLD
    with pytest.raises(IndexMismatch, match=r"model_1 was built without texts.*`lookalike rebuild`"):
        server.open(OLD)
    store = server.create(NEW, DIMENSIONS)
    store.upsert([make_row("a", title="red")])
    server.promote(NEW)
    server.drop(OLD)
    assert [hit.product_id for hit in server.open(NEW).search_words(["red"], 1)[0]] == ["a"]


def test_the_function_tells_which_text_fields_there_are() -> None:
    names = {
        collection_schema(FIELDS, fields, DIMENSIONS, "").functions[0].name
        for fields in (["a", "b"], ["b", "a", "a"], ["a"], [], ["a, b"], ['a", "b'], ["é"])
    }
    assert len(names) == 6
    assert all(name.isidentifier() for name in names)


def test_words_are_made_of_the_text_by_milvus() -> None:
    schema = collection_schema(FIELDS, TEXT_FIELDS, DIMENSIONS, "")
    schema.verify()
    (text,) = (field for field in schema.fields if field.name == "text")
    assert (text.dtype, text.params["max_length"], text.params["enable_analyzer"]) == (DataType.VARCHAR, 16_384, True)


@pytest.mark.parametrize(("is_lite", "expected"), [(True, "FLAT"), (False, "HNSW")])
def test_milvus_lite_compares_every_vector(is_lite: bool, expected: str) -> None:
    kinds = {index.field_name: index.index_type for index in index_params(FIELDS, is_lite)}
    assert (kinds["vector"], kinds["words"]) == (expected, "SPARSE_INVERTED_INDEX")
