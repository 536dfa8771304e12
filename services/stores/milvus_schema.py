"""How an index lies in Milvus: its columns and indexes, and rows to and from them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import numpy as np
from pymilvus import CollectionSchema, DataType, Function, FunctionType, MilvusClient
from pymilvus.milvus_client import IndexParams

from services.errors import IndexMismatch, InvalidRequest
from services.fields import Attributes, Fields, FieldType, Scalar
from services.filters.matching import kind_of
from services.stores.bm25 import K1, B
from services.stores.milvus_filters import column, json_key
from services.stores.protocol import Row
from services.stores.text import MAX_TEXT_BYTES, joined_text

MAX_ID_BYTES = 512
MAX_KEYWORD_BYTES = 1_024
# Long enough for any moment; a length of its own tells a date column from a keyword one.
MAX_DATE_BYTES = 64
# Milvus's own limit for a JSON value; Milvus Lite has none.
MAX_JSON_BYTES = 65_536
PROPERTIES = ["product_id", "image", "revision", "content_hash", "model", "attributes"]


def collection_schema(
    fields: Fields, text_fields: Sequence[str], dimensions: int, description: str
) -> CollectionSchema:
    """The columns of an index with these typed and text fields and vectors of `dimensions`."""
    schema = MilvusClient.create_schema(enable_dynamic_field=False, description=description)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=32)
    for name in ("product_id", "image", "content_hash", "model"):
        schema.add_field(name, DataType.VARCHAR, max_length=MAX_ID_BYTES)
    schema.add_field("revision", DataType.INT64)
    for field, kind in fields.items():
        data_type, options = _column_type(kind)
        schema.add_field(column(field), data_type, nullable=True, **options)
    schema.add_field("attributes", DataType.JSON)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimensions)
    # The text is plain terms between spaces (stores/text.py), so that the tokenizer has nothing to decide.
    schema.add_field(
        "text",
        DataType.VARCHAR,
        max_length=MAX_TEXT_BYTES,
        enable_analyzer=True,
        analyzer_params={"tokenizer": "standard"},
    )
    schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(Function(_function(text_fields), FunctionType.BM25, ["text"], ["words"]))
    return schema


def index_params(fields: Fields, is_lite: bool) -> IndexParams:
    """The indexes of the vector and the words, and those that make common filters fast.

    Milvus falls back to comparing every vector where a filter leaves few. Milvus Lite walks its HNSW graph past the
    rows that do not pass until it gives up: of 44,000 rows it found 35 % of the neighbours behind a filter that keeps
    1 % (ef 64), 90 % with ef 1,024. So there every vector is compared always, which takes twice as long at that size.
    """
    params = MilvusClient.prepare_index_params()
    if is_lite:
        params.add_index("vector", index_type="FLAT", metric_type="COSINE")
    else:
        hnsw = {"M": 16, "efConstruction": 200}
        params.add_index("vector", index_type="HNSW", metric_type="COSINE", params=hnsw)
    bm25 = {"bm25_k1": K1, "bm25_b": B}
    params.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=bm25)
    for name in ["product_id", *(column(field) for field, kind in fields.items() if kind is FieldType.KEYWORD)]:
        params.add_index(name, index_type="INVERTED")
    return params


def dimensions_of(description: Mapping[str, Any]) -> int:
    """The vector's length in a collection that Milvus describes."""
    return next(int(field["params"]["dim"]) for field in description["fields"] if field["name"] == "vector")


def check_fields(description: Mapping[str, Any], fields: Fields, text_fields: Sequence[str]) -> None:
    """Raises IndexMismatch, saying what differs, unless the collection has exactly these typed and text fields."""
    found = {
        field["name"]: (field["type"], field["params"].get("max_length"))
        for field in description["fields"]
        if field["name"].startswith(column(""))
    }
    wanted = {column(field): _described_type(kind) for field, kind in fields.items()}
    differing = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
    if differing:
        names = ", ".join(name.removeprefix(column("")) for name in differing)
        raise IndexMismatch(
            f"index {description['collection_name']} was built with other typed fields (differing: {names}); "
            "run `lookalike rebuild`, or restore LOOKALIKE_FIELDS"
        )
    _check_text_fields(description, text_fields)


def to_entity(key: str, row: Row, fields: Fields, text_fields: Sequence[str]) -> dict[str, Any]:
    """A row as Milvus takes it. Raises InvalidRequest when the undeclared attributes are more than Milvus holds."""
    untyped: dict[str, dict[str, Scalar]] = {}
    for name, value in row.attributes.items():
        if name not in fields:
            untyped.setdefault(kind_of(value), {})[json_key(name)] = value
    size = len(json.dumps(untyped, ensure_ascii=False).encode())
    if size > MAX_JSON_BYTES:
        raise InvalidRequest(
            f"product {row.product_id!r}: its attributes take {size:,} bytes; at most {MAX_JSON_BYTES:,} can be indexed"
        )
    return {
        "id": key,
        "product_id": row.product_id,
        "image": row.image,
        "revision": row.revision,
        "content_hash": row.content_hash,
        "model": row.model,
        # Every column, also the empty ones: Milvus Lite keeps the old value of one that is left out.
        **{column(field): _stored(row.attributes.get(field), kind) for field, kind in fields.items()},
        "attributes": untyped,
        "vector": row.vector,
        "text": joined_text(row.product_id, row.attributes, text_fields),
    }


def output_fields(fields: Fields, with_vectors: bool) -> list[str]:
    """The columns that `to_row` needs."""
    return [*PROPERTIES, *(column(field) for field in fields), *(["vector"] if with_vectors else [])]


def to_row(entity: Mapping[str, Any], fields: Fields) -> Row:
    """The inverse of `to_entity`; a column that was not fetched, the vector, is None."""
    vector = entity.get("vector")
    return Row(
        product_id=entity["product_id"],
        image=entity["image"],
        revision=int(entity["revision"]),
        content_hash=entity["content_hash"],
        model=entity["model"],
        attributes=_attributes(entity, fields),
        vector=None if vector is None else np.asarray(vector, dtype=np.float32),
    )


def _check_text_fields(description: Mapping[str, Any], text_fields: Sequence[str]) -> None:
    name = description["collection_name"]
    functions = [function["name"] for function in description.get("functions", [])]
    if not functions:
        raise IndexMismatch(f"index {name} was built without texts to look for words in; run `lookalike rebuild`")
    if functions != [_function(text_fields)]:
        raise IndexMismatch(
            f"index {name} was built with other text fields than {', '.join(sorted(set(text_fields)))}; "
            "run `lookalike rebuild`, or restore LOOKALIKE_TEXT_FIELDS"
        )


def _function(text_fields: Sequence[str]) -> str:
    """The name of the function that makes a text's words. It tells which attributes the text was joined from.

    Milvus Lite keeps no descriptions, and Milvus takes no parameters here.
    """
    names = json.dumps(sorted(set(text_fields)))
    return f"bm25_{hashlib.blake2b(names.encode(), digest_size=8).hexdigest()}"


def _attributes(entity: Mapping[str, Any], fields: Fields) -> Attributes:
    declared = {field: entity[column(field)] for field in fields if entity[column(field)] is not None}
    untyped = {unquote(key): value for part in entity["attributes"].values() for key, value in part.items()}
    return declared | untyped


def _stored(value: Scalar | None, kind: FieldType) -> Scalar | None:
    if value is None or kind is not FieldType.NUMBER:
        return value
    return float(value) + 0.0  # plus zero: as the filter's literal, so that -0.0 finds 0.0


def _column_type(kind: FieldType) -> tuple[DataType, dict[str, int]]:
    match kind:
        case FieldType.KEYWORD:
            return DataType.VARCHAR, {"max_length": MAX_KEYWORD_BYTES}
        case FieldType.DATE:
            return DataType.VARCHAR, {"max_length": MAX_DATE_BYTES}
        case FieldType.NUMBER:
            return DataType.DOUBLE, {}
        case FieldType.BOOLEAN:
            return DataType.BOOL, {}


def _described_type(kind: FieldType) -> tuple[DataType, int | None]:
    data_type, options = _column_type(kind)
    return data_type, options.get("max_length")
