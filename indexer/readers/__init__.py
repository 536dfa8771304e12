"""Readers of a retailer's files: tables of products, and the folders or archives that hold their photos."""

from indexer.readers.images import FolderImages, ImageSource, ZipImages, open_images
from indexer.readers.table import TableRow, read_table

__all__ = ["FolderImages", "ImageSource", "TableRow", "ZipImages", "open_images", "read_table"]
