"""What a product is: its rules, checked once, wherever it comes from."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from services.errors import InvalidProduct
from services.fields import Attributes, Fields, Scalar, coerce
from services.predictions import Predictions

MAX_ID_BYTES = 512
MAX_TEXT_BYTES = 8_192
MAX_KEYWORD_BYTES = 1_024
MAX_ATTRIBUTES = 200
MAX_IMAGES = 50
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")

State: TypeAlias = Literal["queued", "indexed", "failed", "deleted"]


@dataclass(frozen=True)
class ImageRef:
    """One photo of a product: its name, unique within the product, and where its bytes are.

    `digest` names them in the image store. It is empty for a photo that is only known by its `url` yet: a worker
    fetches it, and then fills it in.
    """

    name: str
    digest: str = ""
    url: str = ""


@dataclass(frozen=True)
class Product:
    """A product as it was sent: what the shop says, checked, and photos that the image store holds."""

    id: str
    attributes: Attributes
    images: tuple[ImageRef, ...]


@dataclass(frozen=True)
class Problem:
    """Why something could not be indexed: a stable code, and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True)
class Record:
    """A product as the catalogue keeps it.

    Each accepted change adds one to `revision`; the index reflects `indexed_revision`. A deleted product stays
    as a tombstone, so that a late message cannot bring it back. `version` is the sender's own number of its newest
    change, where it counts them. `attempts` were made at this revision, the last `deferrals` of them in vain for a
    passing reason. `problem` is the latest, since `problem_at`; `image_problems` are those of photos, by name.
    `predictions` are those of its main photo, the first, as it is now; None where there are none.
    """

    product: Product
    revision: int
    indexed_revision: int
    failed_revision: int
    deleted: bool
    attempts: int
    problem: Problem | None
    updated_at: float
    version: int | None = None
    deferrals: int = 0
    problem_at: float | None = None
    image_problems: Mapping[str, Problem] = field(default_factory=dict)
    predictions: Predictions | None = None

    @property
    def state(self) -> State:
        """Where the newest revision stands."""
        if self.indexed_revision >= self.revision:
            return "deleted" if self.deleted else "indexed"
        if self.failed_revision >= self.revision:
            return "failed"
        return "deleted" if self.deleted else "queued"


def checked_id(value: object) -> str:
    """Return `value` as a product id. Raises InvalidProduct; any character but NUL is allowed."""
    return _checked_name("product id", value)


def checked_image_name(value: object) -> str:
    """Return `value` as an image's name. Raises InvalidProduct."""
    return _checked_name("image name", value)


def checked_attributes(values: Mapping[str, object], fields: Fields) -> dict[str, Scalar]:
    """Return attributes as they are stored: declared fields in their type, null ones left out.

    Raises InvalidProduct, naming the attribute, for a value that is no text, number or boolean, or does not
    fit its declared type.
    """
    return {name: value for name, value in checked_changes(values, fields).items() if value is not None}


def checked_changes(values: Mapping[str, object], fields: Fields) -> dict[str, Scalar | None]:
    """The same for a change of attributes, in which null stands for "take it away"."""
    if len(values) > MAX_ATTRIBUTES:
        raise InvalidProduct(f"{len(values)} attributes; at most {MAX_ATTRIBUTES} are allowed")
    checked: dict[str, Scalar | None] = {}
    for key, value in values.items():
        name = _checked_text("attribute name", key, 200, empty=False)
        if value is None:
            checked[name] = None
            continue
        scalar = _checked_scalar(name, value)
        if name in fields:
            scalar = coerce(name, scalar, fields[name])
            if isinstance(scalar, str):
                _checked_text(f"attribute {name!r}", scalar, MAX_KEYWORD_BYTES)
        checked[name] = scalar
    return checked


def _checked_name(what: str, value: object) -> str:
    name = _checked_text(what, value, MAX_ID_BYTES, empty=False)
    if name in (".", ".."):
        # Browsers take them for folders even where they are percent-encoded: such a product could not be reached.
        raise InvalidProduct(f"{what}: {name!r} cannot stand in a URL")
    return name


def _checked_scalar(name: str, value: object) -> Scalar:
    if isinstance(value, str):
        return _checked_text(f"attribute {name!r}", value, MAX_TEXT_BYTES)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        # The size first: a number too large for a float cannot be asked whether it is finite.
        if abs(value) > 2**53 or not math.isfinite(value):
            raise InvalidProduct(f"attribute {name!r}: {_shown(value)} is not a number that can be stored exactly")
        return value
    raise InvalidProduct(
        f"attribute {name!r}: a {type(value).__name__} is not allowed; use text, a number or a boolean"
    )


def _shown(number: int | float) -> str:
    """A number for a message; Python refuses to print an integer of thousands of digits."""
    return "a number of very many digits" if isinstance(number, int) and number.bit_length() > 1_000 else repr(number)


def _checked_text(what: str, value: object, max_bytes: int, empty: bool = True) -> str:
    if not isinstance(value, str):
        raise InvalidProduct(f"{what}: must be text, not {type(value).__name__}")
    if "\0" in value or _LONE_SURROGATE.search(value):
        raise InvalidProduct(f"{what}: contains a NUL character or half of a surrogate pair")
    text = unicodedata.normalize("NFC", value)
    size = len(text.encode())
    if size > max_bytes:
        raise InvalidProduct(f"{what}: {size:,} bytes; at most {max_bytes:,} are allowed")
    if not empty and not text.strip():
        raise InvalidProduct(f"{what}: must not be empty")
    return text
