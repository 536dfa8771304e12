"""Readers of a retailer's files: catalogues of many formats, and the places that hold their photos."""

from indexer.readers.columns import Columns
from indexer.readers.entry import Action, Entry, ImageSpec
from indexer.readers.fsspec_images import FsspecImages
from indexer.readers.images import FolderImages, ImageSource
from indexer.readers.open import KINDS, open_catalogue
from indexer.readers.open_images import open_images
from indexer.readers.table import TableRow, read_table
from indexer.readers.zip_images import ZipImages

__all__ = [
    "KINDS",
    "Action",
    "Columns",
    "Entry",
    "FolderImages",
    "FsspecImages",
    "ImageSource",
    "ImageSpec",
    "TableRow",
    "ZipImages",
    "open_catalogue",
    "open_images",
    "read_table",
]
