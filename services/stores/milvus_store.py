"""The rows of one index in Milvus."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from pymilvus import MilvusClient

from services.arrays import FloatArray
from services.deadline import Deadline
from services.fields import Fields
from services.filters.nodes import Filter
from services.stores.checks import check_limit, check_query, check_time, checked_rows
from services.stores.grouping import widened
from services.stores.milvus_connection import MilvusConnection
from services.stores.milvus_filters import above, any_of, both, none_of, render
from services.stores.milvus_schema import output_fields, to_entity, to_row
from services.stores.protocol import IndexName, Match, Row, WordMatch
from services.stores.text import query_text

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
        self,
        connection: MilvusConnection,
        name: IndexName,
        collection: str,
        dimensions: int,
        fields: Fields,
        text_fields: Sequence[str],
    ) -> None:
        self._connection = connection
        self._name = name
        self._collection = collection
        self._dimensions = dimensions
        self._fields = dict(fields)
        self._text_fields = tuple(text_fields)

    @property
    def name(self) -> IndexName:
        """Which index this is."""
        return self._name

    def upsert(self, rows: Sequence[Row]) -> None:
        """Write rows, replacing those of the same key whole; see VectorStore.

        Many rows are written in several messages: after Unavailable some may be there, and all can be sent again.
        """
        checked = checked_rows(rows, self._dimensions, self._fields)
        entities = [to_entity(key, row, self._fields, self._text_fields) for key, row in checked.items()]
        with self._connection.writing():
            for start in range(0, len(entities), ROWS_PER_WRITE):
                self._write(entities[start : start + ROWS_PER_WRITE])

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the rows of `keys`; an unknown key is no error."""
        with self._connection.writing():
            for start in range(0, len(keys), KEYS_PER_DELETE):
                self._remove(any_of("id", keys[start : start + KEYS_PER_DELETE]))

    def rows_of(
        self, product_ids: Sequence[str], with_vectors: bool = False, timeout_s: float | None = None
    ) -> list[Row]:
        """Every row of the products named, in no order, as last written."""
        left = _left(timeout_s)
        wanted = list(dict.fromkeys(product_ids))
        rows = []
        for start in range(0, len(wanted), PRODUCTS_PER_QUERY):
            expression = any_of("product_id", wanted[start : start + PRODUCTS_PER_QUERY])
            rows += self._query(expression, output_fields(self._fields, with_vectors), left())
        return [to_row(entity, self._fields) for entity in rows]

    def search(
        self,
        vectors: FloatArray,
        limit: int,
        where: Filter | None = None,
        exclude: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> list[list[Match]]:
        """The `limit` nearest products of each query row of `vectors` (Q, D); see VectorStore.

        Milvus is asked for images, and for four times as many where they turn out to be of too few products. (Its own
        grouping looks no further than ten times the limit on Milvus Lite: one product with many photos hides others.)
        """
        check_query(vectors, limit, self._dimensions)
        expression, left = self._candidates(where, exclude), _left(timeout_s)

        def ask(chosen: list[int], rows: int) -> list[list[Match]]:
            data = list(np.ascontiguousarray(vectors[chosen], dtype=np.float32))
            params = {"metric_type": "COSINE", "params": {"ef": max(64, 2 * rows)}}
            lines = self._nearest("vector", data, params, rows, expression, left())
            return [[_match(hit) for hit in line] for line in lines]

        return widened(ask, list(range(len(vectors))), len(vectors), limit, MAX_ROWS)

    def search_words(
        self,
        texts: Sequence[str],
        limit: int,
        where: Filter | None = None,
        exclude: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> list[list[WordMatch]]:
        """The `limit` products whose text fits each of the Q texts best; see VectorStore.

        How rare a word is, Milvus counts over the whole index. Milvus Lite counts in each of its files apart, and among
        the rows that are in none yet, in those that pass the filter: there products rank a little differently.
        """
        check_limit(limit)
        expression, left = self._candidates(where, exclude), _left(timeout_s)
        queries = [query_text(text) for text in texts]

        def ask(chosen: list[int], rows: int) -> list[list[WordMatch]]:
            data, params = [queries[index] for index in chosen], {"metric_type": "BM25"}
            lines = self._nearest("words", data, params, rows, expression, left())
            return [[_word_match(hit) for hit in line] for line in lines]

        return widened(ask, [index for index, query in enumerate(queries) if query], len(queries), limit, MAX_ROWS)

    def scan(self, chunk: int = 1000, after: str = "") -> Iterator[list[Row]]:
        """Every row after a key, by key, without vectors, `chunk` at a time and in constant memory."""
        beyond = above("id", after) if after else ""
        iterator = self._call("reading every row", lambda client, _: self._iterator(client, chunk, beyond))
        while entities := self._call("reading every row", lambda *_: iterator.next()):
            yield [to_row(entity, self._fields) for entity in entities]

    def count(self, where: Filter | None = None) -> int:
        """How many rows satisfy `where`."""
        return int(self._query(self._expression(where), ["count(*)"], None)[0]["count(*)"])

    def _expression(self, where: Filter | None) -> str:
        return render(where, self._fields) if where is not None else ""

    def _candidates(self, where: Filter | None, exclude: Sequence[str]) -> str:
        return both(self._expression(where), none_of("product_id", exclude) if exclude else "")

    def _call(self, what: str, function: Callable[[MilvusClient, float], Any], timeout_s: float | None = None) -> Any:
        return self._connection.call_loaded(self._collection, f"{what} in {self._collection}", function, timeout_s)

    def _write(self, entities: list[dict[str, Any]]) -> None:
        self._call("writing", lambda client, left_s: client.upsert(self._collection, entities, timeout=left_s))

    def _remove(self, expression: str) -> None:
        self._call(
            "deleting", lambda client, left_s: client.delete(self._collection, filter=expression, timeout=left_s)
        )

    def _query(self, expression: str, columns: list[str], timeout_s: float | None) -> list[dict[str, Any]]:
        def ask(client: MilvusClient, left_s: float) -> list[dict[str, Any]]:
            return list(
                client.query(
                    self._collection,
                    filter=expression,
                    output_fields=columns,
                    consistency_level="Strong",
                    timeout=left_s,
                )
            )

        rows: list[dict[str, Any]] = self._call("reading", ask, timeout_s)
        return rows

    def _nearest(
        self,
        column: str,
        data: Sequence[Any],
        params: dict[str, Any],
        rows: int,
        expression: str,
        timeout_s: float | None,
    ) -> Any:
        """What Milvus finds for each of `data` in a column: at most `rows` images, best first."""
        return self._call(
            "searching",
            lambda client, left_s: client.search(
                self._collection,
                data=data,
                filter=expression,
                limit=rows,
                output_fields=["product_id", "image"],
                search_params=params,
                anns_field=column,
                timeout=left_s,
            ),
            timeout_s,
        )

    def _iterator(self, client: MilvusClient, chunk: int, expression: str) -> Any:
        return client.query_iterator(
            self._collection,
            batch_size=chunk,
            filter=expression,
            output_fields=output_fields(self._fields, with_vectors=False),
            consistency_level="Strong",
            timeout=self._connection.timeout_s,
        )


def _left(timeout_s: float | None) -> Callable[[], float | None]:
    """What is left of `timeout_s` whenever it is called, for several remote calls in a row."""
    check_time(timeout_s)
    return (lambda: None) if timeout_s is None else Deadline(timeout_s).left_s


def _word_match(hit: Any) -> WordMatch:
    entity = hit["entity"]
    # Milvus Lite turns the sign round.
    return WordMatch(entity["product_id"], entity["image"], abs(float(hit["distance"])))


def _match(hit: Any) -> Match:
    entity = hit["entity"]
    return Match(entity["product_id"], entity["image"], min(float(hit["distance"]), 1.0))
