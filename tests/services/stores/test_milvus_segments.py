"""Rows that Milvus Lite has moved to files, where its scalar and vector indexes answer, mean the same as new ones."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from pymilvus import MilvusClient
from rows import DIMENSIONS, FIELDS, direction, filters, make_row

from services.fields import Attributes, Scalar
from services.filters import Filter, matches
from services.stores.milvus import MilvusIndexServer
from services.stores.milvus_store import MilvusStore
from services.stores.protocol import IndexName, Row

TEXTS = ["", "a", "b", "B", "é", "1", 'q"\\']
NUMBERS = [-2.5, -1, 0, 1, 1.0, 2, 1e20]


def random_attributes(chance: random.Random) -> Attributes:
    """A bit of everything, each with a fair chance to be missing."""
    choices: dict[str, Scalar] = {
        "category": chance.choice(TEXTS),
        "price": float(chance.choice(NUMBERS)),
        "in_stock": chance.random() < 0.5,
        "heel": chance.choice([*TEXTS, *NUMBERS, True, False]),
        "fabric": chance.choice(TEXTS),
    }
    return {name: value for name, value in choices.items() if chance.random() < 0.7}


@pytest.fixture(scope="module")
def stored(milvus_uri: str) -> Iterator[tuple[MilvusStore, dict[str, Row]]]:
    """Rows in two files, some rewritten and some deleted since, and some not in a file yet; and what is left."""
    alias, name = f"t{uuid.uuid4().hex[:12]}", IndexName("model", 1)
    server, client = MilvusIndexServer(milvus_uri, alias, FIELDS), MilvusClient(milvus_uri, dedicated=True)
    store, chance = server.create(name, DIMENSIONS), random.Random(7)
    rows: dict[str, Row] = {}
    for chosen in (range(60), range(40, 90), range(80, 110)):
        if rows:
            client.flush(name.collection(alias))
        written = [replace(make_row(f"p{n}", n), attributes=random_attributes(chance)) for n in chosen]
        store.upsert(written)
        rows |= {row.key: row for row in written}
    gone = chance.sample(sorted(rows), 20)
    store.delete(gone)
    yield store, {key: row for key, row in rows.items() if key not in gone}
    client.close()
    server.close()


@settings(max_examples=100)
@given(where=filters())
def test_filters_mean_the_same_in_files(stored: tuple[MilvusStore, dict[str, Row]], where: Filter) -> None:
    store, rows = stored
    expected = {row.product_id for row in rows.values() if matches(where, row.attributes)}
    assert store.count(where) == len(expected)
    (found,) = store.search(direction(0)[np.newaxis], 200, where)
    assert {match.product_id for match in found} == expected


def test_rows_in_files_are_read_whole(stored: tuple[MilvusStore, dict[str, Row]]) -> None:
    store, rows = stored
    scanned = {row.key: row for chunk in store.scan(30) for row in chunk}
    assert scanned == {key: replace(row, vector=None) for key, row in rows.items()}
    found = store.rows_of([f"p{number}" for number in range(110)], with_vectors=True)
    assert len(found) == len(rows)
    for row in found:
        np.testing.assert_array_equal(row.vector, rows[row.key].vector)
