"""The rows of one index in Milvus."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pymilvus import MilvusClient

from services.arrays import FloatArray
from services.fields import Fields
from services.filters.nodes import Filter
from services.stores.checks import check_query, checked_rows
from services.stores.grouping import best_per_product
from services.stores.milvus_connection import MilvusConnection
from services.stores.milvus_filters import above, any_of, both, none_of, render
from services.stores.milvus_schema import output_fields, to_entity, to_row
from services.stores.protocol import IndexName, Match, Row

# At their largest, rows of 256 take 25 MB, of the 64 MB that Milvus takes in one message.
ROWS_PER_WRITE = 256
# Bounds the length of an expression: a key takes 36 bytes, an id up to 512 and its escapes.
KEYS_PER_DELETE = 1_000
PRODUCTS_PER_QUERY = 100
# The most rows that Milvus returns for one query vector.
MAX_ROWS = 16_384


class MilvusStore:
    """The rows of one index, a VectorStore. Made by MilvusIndexServer; safe to share between threads."""

    def __init__(
        self, connection: MilvusConnection, name: IndexName, collection: str, dimensions: int, fields: Fields
    ) -> None:
        self._connection = connection
        self._name = name
        self._collection = collection
        self._dimensions = dimensions
        self._fields = dict(fields)

    @property
    def name(self) -> IndexName:
        """Which index this is."""
        return self._name

    def upsert(self, rows: Sequence[Row]) -> None:
        """Write rows, replacing those of the same key whole; see VectorStore.

        Many rows are written in several messages: after Unavailable some may be there, and all can be sent again.
        """
        checked = checked_rows(rows, self._dimensions, self._fields)
        entities = [to_entity(key, row, self._fields) for key, row in checked.items()]
        with self._connection.writing():
            for start in range(0, len(entities), ROWS_PER_WRITE):
                self._write(entities[start : start + ROWS_PER_WRITE])

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the rows of `keys`; an unknown key is no error."""
        with self._connection.writing():
            for start in range(0, len(keys), KEYS_PER_DELETE):
                self._remove(any_of("id", keys[start : start + KEYS_PER_DELETE]))

    def rows_of(self, product_ids: Sequence[str], with_vectors: bool = False) -> list[Row]:
        """Every row of the products named, in no order, as last written."""
        wanted = list(dict.fromkeys(product_ids))
        rows = []
        for start in range(0, len(wanted), PRODUCTS_PER_QUERY):
            expression = any_of("product_id", wanted[start : start + PRODUCTS_PER_QUERY])
            rows += self._query(expression, output_fields(self._fields, with_vectors))
        return [to_row(entity, self._fields) for entity in rows]

    def search(
        self, vectors: FloatArray, limit: int, where: Filter | None = None, exclude: Sequence[str] = ()
    ) -> list[list[Match]]:
        """The `limit` nearest products of each query row of `vectors` (Q, D); see VectorStore.

        Milvus is asked for images, and for four times as many where they turn out to be of too few products. (Its own
        grouping looks no further than ten times the limit on Milvus Lite: one product with many photos hides others.)
        """
        check_query(vectors, limit, self._dimensions)
        expression = both(self._expression(where), none_of("product_id", exclude) if exclude else "")
        found: list[list[Match]] = [[] for _ in vectors]
        waiting, rows = list(range(len(vectors))), min(2 * limit, MAX_ROWS)
        while waiting:
            short = []
            for index, images in zip(waiting, self._nearest(vectors[waiting], rows, expression), strict=True):
                found[index] = best_per_product(images, limit)
                if len(found[index]) < limit and len(images) == rows < MAX_ROWS:
                    short.append(index)
            waiting, rows = short, min(4 * rows, MAX_ROWS)
        return found

    def scan(self, chunk: int = 1000, after: str = "") -> Iterator[list[Row]]:
        """Every row after a key, by key, without vectors, `chunk` at a time and in constant memory."""
        beyond = above("id", after) if after else ""
        iterator = self._call("reading every row", lambda client: self._iterator(client, chunk, beyond))
        while entities := self._call("reading every row", lambda _: iterator.next()):
            yield [to_row(entity, self._fields) for entity in entities]

    def count(self, where: Filter | None = None) -> int:
        """How many rows satisfy `where`."""
        return int(self._query(self._expression(where), ["count(*)"])[0]["count(*)"])

    def _expression(self, where: Filter | None) -> str:
        return render(where, self._fields) if where is not None else ""

    def _call(self, what: str, function: Any) -> Any:
        return self._connection.call_loaded(self._collection, f"{what} in {self._collection}", function)

    def _write(self, entities: list[dict[str, Any]]) -> None:
        timeout_s = self._connection.timeout_s
        self._call("writing", lambda client: client.upsert(self._collection, entities, timeout=timeout_s))

    def _remove(self, expression: str) -> None:
        timeout_s = self._connection.timeout_s
        self._call("deleting", lambda client: client.delete(self._collection, filter=expression, timeout=timeout_s))

    def _query(self, expression: str, columns: list[str]) -> list[dict[str, Any]]:
        def ask(client: MilvusClient) -> list[dict[str, Any]]:
            return list(
                client.query(
                    self._collection,
                    filter=expression,
                    output_fields=columns,
                    consistency_level="Strong",
                    timeout=self._connection.timeout_s,
                )
            )

        rows: list[dict[str, Any]] = self._call("reading", ask)
        return rows

    def _nearest(self, vectors: FloatArray, rows: int, expression: str) -> list[list[Match]]:
        """The nearest `rows` images of each query row of `vectors` (Q, D)."""
        hits = self._call(
            "searching",
            lambda client: client.search(
                self._collection,
                data=list(np.ascontiguousarray(vectors, dtype=np.float32)),
                filter=expression,
                limit=rows,
                output_fields=["product_id", "image"],
                search_params={"metric_type": "COSINE", "params": {"ef": max(64, 2 * rows)}},
                anns_field="vector",
                timeout=self._connection.timeout_s,
            ),
        )
        return [[_match(hit) for hit in line] for line in hits]

    def _iterator(self, client: MilvusClient, chunk: int, expression: str) -> Any:
        return client.query_iterator(
            self._collection,
            batch_size=chunk,
            filter=expression,
            output_fields=output_fields(self._fields, with_vectors=False),
            consistency_level="Strong",
            timeout=self._connection.timeout_s,
        )


def _match(hit: Any) -> Match:
    entity = hit["entity"]
    return Match(entity["product_id"], entity["image"], min(float(hit["distance"]), 1.0))
