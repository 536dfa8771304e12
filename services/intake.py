"""From what a shop sends, in whatever way, to a checked change of the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from services.catalogue import Delete, Patch, Put
from services.errors import BadImage, InvalidProduct
from services.fields import Fields
from services.images import DecodeLimits, ImageFetcher, decode_image
from services.products import (
    MAX_ID_BYTES,
    MAX_IMAGES,
    ImageRef,
    Product,
    checked_attributes,
    checked_changes,
    checked_id,
    checked_image_name,
)

MAX_VERSION = 2**63 - 1


@dataclass(frozen=True)
class IncomingImage:
    """A photo as it is sent: its bytes, or a URL, or neither: then the product's stored photo of that name is kept.

    Without a `name` it is called by the last part of its URL, or by its place: `image-1`.
    """

    name: str = ""
    data: bytes | None = None
    url: str = ""


class KeepsPhotos(Protocol):
    """Where photos go: the image store, or nowhere in a dry run."""

    def add(self, data: bytes) -> str:
        """Keep `data`; return its digest. Raises Unavailable."""
        ...


class Intake:
    """Checks what is sent. `decode` says whether photos are looked at now, or left for the worker to judge."""

    def __init__(self, fields: Fields, images: KeepsPhotos, limits: DecodeLimits, fetcher: ImageFetcher) -> None:
        self._fields, self._images, self._limits, self._fetcher = fields, images, limits, fetcher

    def put(
        self,
        product_id: object,
        attributes: Mapping[str, object],
        images: Sequence[IncomingImage],
        version: int | None = None,
        refresh: bool = False,
        decode: bool = True,
    ) -> Put:
        """A Put, its photos stored. Raises InvalidProduct, BadImage and its kinds, or Unavailable."""
        checked = checked_id(product_id)
        values = checked_attributes(attributes, self._fields)
        references = self.references(images, decode)
        if not 1 <= len(references) <= MAX_IMAGES:
            raise InvalidProduct(f"{len(references)} images; a product has 1 to {MAX_IMAGES}")
        return Put(Product(checked, values, references), _checked_version(version), refresh)

    def patch(
        self,
        product_id: object,
        attributes: Mapping[str, object],
        images: Sequence[IncomingImage] = (),
        without_images: Sequence[str] = (),
        version: int | None = None,
        create: bool = False,
        decode: bool = True,
    ) -> Patch:
        """A Patch, its photos stored. Raises InvalidProduct, BadImage and its kinds, or Unavailable."""
        checked = checked_id(product_id)
        changes = checked_changes(attributes, self._fields)
        removed = tuple(checked_image_name(name) for name in without_images)
        references = self.references(images, decode)
        return Patch(checked, changes, references, removed, _checked_version(version), create)

    def delete(self, product_id: object, version: int | None = None) -> Delete:
        """A Delete. Raises InvalidProduct."""
        return Delete(checked_id(product_id), _checked_version(version))

    def references(self, images: Sequence[IncomingImage], decode: bool = True) -> tuple[ImageRef, ...]:
        """Store photos; of two with one name the later counts. Raises BadImage and its kinds, or Unavailable."""
        named = {_name(image, position): image for position, image in enumerate(images, 1)}
        if len(named) > MAX_IMAGES:
            raise InvalidProduct(f"{len(named)} images; a product has 1 to {MAX_IMAGES}")
        return tuple(self._reference(name, image, decode) for name, image in named.items())

    def _reference(self, name: str, image: IncomingImage, decode: bool) -> ImageRef:
        try:
            if image.url:
                self._fetcher.check(image.url)
                return ImageRef(name, url=image.url)
            if image.data is None:
                return ImageRef(name)
            if decode:
                decode_image(image.data, self._limits)
        except BadImage as exc:
            raise type(exc)(f"image {name!r}: {exc}") from exc
        return ImageRef(name, self._images.add(image.data))


def _name(image: IncomingImage, position: int) -> str:
    if image.name:
        return checked_image_name(image.name)
    last = _last_part(image.url)
    usable = last.strip(". ") and "\0" not in last and len(last.encode(errors="replace")) <= MAX_ID_BYTES
    return checked_image_name(last) if usable else f"image-{position}"


def _last_part(url: str) -> str:
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:  # no URL at all: the fetcher says what is wrong with it
        return ""


def _checked_version(version: object) -> int | None:
    if version is None:
        return None
    if isinstance(version, bool) or not isinstance(version, int) or not 0 <= version <= MAX_VERSION:
        raise InvalidProduct(f"version: a whole number from 0 to {MAX_VERSION} is needed, not {version!r}")
    return version
