"""The few photos that random products have: in the image store, or somewhere on the web, some of them no photos."""

import hashlib
import io
from dataclasses import dataclass

from fakes import COLOURS
from PIL import Image

from services.errors import HostAway, UnreachableUrl


def photo(colour: str) -> bytes:
    """A small photo of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), COLOURS[colour]).save(buffer, "PNG")
    return buffer.getvalue()


BROKEN = b"no photo"
STORED = [photo("red"), photo("green"), BROKEN]
WEB = {
    "https://cdn.example/blue.png": photo("blue"),
    "https://cdn.example/yellow.png": photo("yellow"),
    "https://cdn.example/broken.png": BROKEN,
    "https://cdn.example/gone.png": None,
}


def digest(data: bytes) -> str:
    """The name that the image store gives."""
    return hashlib.sha256(data).hexdigest()


READABLE = {digest(data): data for data in [*STORED, *WEB.values()] if data not in (BROKEN, None)}
"""What can be shown, by digest."""


def digest_of(photo: str) -> str:
    """The digest of a photo that is known by its digest or its URL; empty where the web has none."""
    data = WEB.get(photo)
    return photo if photo not in WEB else digest(data) if data is not None else ""


@dataclass
class Web:
    """Serves WEB, while it is not `away`."""

    away: bool = False

    def fetch(self, url: str) -> bytes:
        """The photo. Raises as an ImageFetcher does."""
        if self.away:
            raise HostAway(f"{url}: the host does not answer")
        data = WEB[url]
        if data is None:
            raise UnreachableUrl(f"{url}: 404")
        return data
