"""Photos of a data set that lie as files, decoded one at a time and only when they are asked for."""

from pathlib import Path

from PIL import Image

from indexer.readers import ImageSource, open_images
from services.images import DecodeLimits, decode_image


class FilePhotos:
    """Photos that lie as files in a folder or a zip archive. Safe to call from several threads."""

    def __init__(self, source: ImageSource) -> None:
        self._source = source

    def photo(self, name: str) -> Image.Image:
        """Read and decode `name` to RGB. Raises NotFound, BadImage or ImageTooLarge."""
        return decode_image(self._source.read(name), DecodeLimits())


def open_photos(path: Path) -> FilePhotos:
    """Photos in the folder or zip archive at `path`. Raises InvalidCatalogue when it is neither."""
    return FilePhotos(open_images(path, DecodeLimits().max_bytes))
