"""Vector stores: where embeddings live and neighbours are found. Derived data, rebuilt from the catalogue."""

from services.stores.protocol import IndexName, IndexServer, Match, Row, VectorStore, row_key, slug

__all__ = ["IndexName", "IndexServer", "Match", "Row", "VectorStore", "row_key", "slug"]
