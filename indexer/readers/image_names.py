"""Names for photos that come without one, and the places where a photo named by a URL may lie."""

import re
import unicodedata
from collections import Counter
from urllib.parse import unquote

from services.errors import InvalidProduct
from services.products import checked_image_name

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)/*(.*)", re.DOTALL)


def is_url(text: str) -> bool:
    """It begins with a scheme.

    >>> is_url("s3://bucket/a.jpg"), is_url("C:/photos/a.jpg"), is_url("a.jpg")
    (True, False, False)
    """
    return _URL.match(text) is not None


def is_web_url(text: str) -> bool:
    """It begins with http:// or https://, in whatever case."""
    return text[:8].lower().startswith(("http://", "https://"))


def last_segment(location: str) -> str:
    """What the last part of a path or URL is called; a web address loses its query, and is percent-decoded.

    >>> last_segment("https://cdn.example.com/a/red%20shoe.jpg?w=200"), last_segment("gs://bucket/a/b.jpg")
    ('red shoe.jpg', 'b.jpg')
    >>> last_segment("https://cdn.example.com"), last_segment("a/b.jpg")
    ('', 'b.jpg')
    """
    web = is_web_url(location)
    if web:
        location = re.split("[?#]", location, maxsplit=1)[0]
    match = _URL.match(location)
    segment = (match[3] if match else location).rsplit("/", 1)[-1]
    return unquote(segment) if web else segment


def places_below(name: str) -> tuple[str, ...]:
    """Where to look for `name` below a root: a URL is sought by its path behind the bucket, then by its last part.

    >>> places_below("gs://bucket/shoes/1.jpg"), places_below("shoes/1.jpg")
    (('shoes/1.jpg', '1.jpg'), ('shoes/1.jpg',))
    """
    match = _URL.match(name)
    if match is None:
        return (name,)
    return tuple(dict.fromkeys([match[3], match[3].rsplit("/", 1)[-1]]))


class Names:
    """The names of one product's photos: each is given once."""

    def __init__(self, reserved: list[str]) -> None:
        self._taken = {unicodedata.normalize("NFC", name) for name in reserved}
        self._tried: Counter[str] = Counter()

    def give(self, wanted: str, position: int) -> str:
        """`wanted`, with `-2` and so on before its ending where it is taken; `image-<position>` where it is no name."""
        name = self._free(_name_or_none(wanted) or f"image-{position}")
        if _name_or_none(name) is None:  # the suffix made it too long
            name = self._free(f"image-{position}")
        self._taken.add(name)
        return name

    def _free(self, wanted: str) -> str:
        name = wanted
        stem, dot, ending = wanted.rpartition(".")
        while name in self._taken:
            # Counting on from the last try keeps thousands of photos of one name from taking quadratic time.
            self._tried[wanted] += 1
            number = self._tried[wanted] + 1
            name = f"{stem}-{number}{dot}{ending}" if stem else f"{wanted}-{number}"
        return name


def _name_or_none(wanted: str) -> str | None:
    try:
        return checked_image_name(wanted)
    except InvalidProduct:
        return None
