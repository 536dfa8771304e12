"""A sample catalogue that the project draws itself: no one's photos, and the same everywhere."""

from __future__ import annotations

from indexer.sample.catalogue import SampleProduct, render, sample_products, write_catalogue

__all__ = ["SampleProduct", "render", "sample_products", "write_catalogue"]
