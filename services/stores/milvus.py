"""The indexes in Milvus: each a collection, and an alias on the live one."""

import contextlib
import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymilvus import MilvusClient, MilvusException

from services.errors import Conflict, IndexMismatch, NotFound
from services.fields import TEXT_FIELDS, Fields
from services.stores.milvus_connection import MilvusConnection, is_missing
from services.stores.milvus_schema import check_fields, collection_schema, dimensions_of, index_params
from services.stores.milvus_store import MilvusStore
from services.stores.protocol import IndexName


class MilvusIndexServer:
    """An IndexServer on Milvus 2.6 or later, or Milvus Lite behind its server.

    Nothing is connected before the first call, and no call waits much longer than `timeout_s` for one answer. While
    Milvus is away, every call raises Unavailable; afterwards the same object works again.
    """

    def __init__(
        self,
        uri: str,
        alias: str,
        fields: Fields,
        timeout_s: float = 10.0,
        token: str = "",
        lock_file: Path | None = None,
        text_fields: Sequence[str] = TEXT_FIELDS,
    ) -> None:
        """`lock_file` keeps the writers of one machine apart, where the server is Milvus Lite.

        `text_fields` name the attributes that `search_words` looks into, the product's id aside.
        """
        self._alias = alias
        self._fields = dict(fields)
        self._text_fields = tuple(text_fields)
        self._timeout_s = timeout_s
        self._connection = MilvusConnection(uri, token, timeout_s, lock_file)

    def live(self, timeout_s: float | None = None) -> IndexName | None:
        """Which index is live; None before the first is promoted.

        Raises IndexMismatch when the alias points at a collection that Lookalike did not make.
        """
        collection = self._connection.call("reading the alias", self._target, timeout_s)
        if collection is None:
            return None
        name = IndexName.parse(collection, self._alias)
        if name is None:
            raise IndexMismatch(f"alias {self._alias} points at {collection}, no index of ours; set another alias")
        return name

    def names(self) -> list[IndexName]:
        """Every index that exists, live or not, oldest generation of each model first."""
        collections = self._connection.call(
            "listing collections", lambda client, left_s: client.list_collections(timeout=left_s)
        )
        found = [IndexName.parse(collection, self._alias) for collection in collections]
        return sorted((name for name in found if name), key=lambda name: (name.model_slug, name.generation))

    def create(self, name: IndexName, dimensions: int) -> MilvusStore:
        """Make an empty index. Raises Conflict when there is one of that name; of two who try at once, one does."""
        collection = name.collection(self._alias)
        with self._connection.writing():
            self._connection.call(
                f"creating {collection}", lambda client, _: self._make(client, collection, dimensions)
            )
        return self._store(name, dimensions)

    def open(self, name: IndexName, timeout_s: float | None = None) -> MilvusStore:
        """The rows of an index. Raises NotFound, or IndexMismatch when its fields are not the ones declared."""
        collection = name.collection(self._alias)
        description = self._connection.call(
            f"opening {collection}", lambda client, left_s: self._describe(client, collection, left_s), timeout_s
        )
        check_fields(description, self._fields, self._text_fields)
        return self._store(name, dimensions_of(description))

    def promote(self, name: IndexName) -> None:
        """Make `name` live, at once for every process. Raises NotFound when there is no such index."""
        collection = name.collection(self._alias)
        with self._connection.writing():
            self._connection.call(f"promoting {collection}", lambda client, _: self._point_at(client, collection))

    def drop(self, name: IndexName) -> None:
        """Remove an index; no error when it is gone already. Raises Conflict when it is live."""
        collection = name.collection(self._alias)
        with self._connection.writing():
            if self.live() == name:
                raise Conflict(f"index {name} is live; promote another one first")
            self._connection.call(
                f"dropping {collection}", lambda client, left_s: client.drop_collection(collection, timeout=left_s)
            )

    def close(self) -> None:
        """Let go of the connection; a later call makes another."""
        self._connection.close()

    def _store(self, name: IndexName, dimensions: int) -> MilvusStore:
        collection = name.collection(self._alias)
        return MilvusStore(self._connection, name, collection, dimensions, self._fields, self._text_fields)

    def _target(self, client: MilvusClient, left_s: float) -> str | None:
        try:
            return str(client.describe_alias(self._alias, timeout=left_s)["collection_name"])
        except MilvusException as exc:
            if is_missing(exc):
                return None
            raise

    def _make(self, client: MilvusClient, collection: str, dimensions: int) -> None:
        # To Milvus, making the same collection again is no error; a description of one's own makes it another.
        description = f"Lookalike index, made by {uuid.uuid4()}"
        schema = collection_schema(self._fields, self._text_fields, dimensions, description)
        try:
            client.create_collection(collection, schema=schema, consistency_level="Bounded", timeout=self._timeout_s)
        except MilvusException as exc:
            # The words first: Milvus Lite says "File exists" while the winner is still at it, and asked about the
            # collection then, it opens a second one on the same files.
            if re.search("exist|duplicate", exc.message) or client.has_collection(collection, timeout=self._timeout_s):
                raise Conflict(f"index {collection} exists already; use the next generation") from exc
            raise
        try:
            # Without `sync=False` pymilvus sleeps half a second for each index. Loading waits for all of them.
            indexes = index_params(self._fields, self._connection.is_lite())
            client.create_index(collection, indexes, timeout=self._timeout_s, sync=False)
            client.load_collection(collection, timeout=self._timeout_s)
        except MilvusException:
            with contextlib.suppress(MilvusException):  # leave no index that cannot be searched
                client.drop_collection(collection, timeout=self._timeout_s)
            raise

    def _describe(self, client: MilvusClient, collection: str, left_s: float) -> dict[str, Any]:
        try:
            description: dict[str, Any] = client.describe_collection(collection, timeout=left_s)
        except MilvusException as exc:
            if is_missing(exc):
                raise NotFound(f"there is no index {collection}") from exc
            raise
        return description

    def _point_at(self, client: MilvusClient, collection: str) -> None:
        self._describe(client, collection, self._timeout_s)
        # Two who do this at once get in each other's way: both may find no alias and make it, of whom one fails, and
        # Milvus Lite may lose the file that it writes. To do it again is no harm.
        for is_last in (False, False, True):
            try:
                self._move_alias(client, collection)
            except MilvusException:
                if is_last:
                    raise
            else:
                return

    def _move_alias(self, client: MilvusClient, collection: str) -> None:
        try:
            client.alter_alias(collection, self._alias, timeout=self._timeout_s)
        except MilvusException as exc:
            if not is_missing(exc):
                raise
            client.create_alias(collection, self._alias, timeout=self._timeout_s)
