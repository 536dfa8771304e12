"""What changes come to, restated with plain dicts and no database: the reference that a catalogue is held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.catalogue import Change, Delete, Patch, Put
from services.fields import Scalar
from services.products import ImageRef


@dataclass
class Item:
    """A product as the shop has it: gone while there is no photo. A photo is known by its digest, or by its URL."""

    attributes: dict[str, Scalar] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    version: int | None = None
    heard_of: bool = False
    """Something was accepted for this id, be it that it is gone."""


class Rules:
    """Every product that was ever asked for, by id."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def apply(self, change: Change, failed: bool) -> str | None:
        """Make a change, or return the code of why not; `failed` says that the product stands listed as failed."""
        item = self.items.get(change.product_id, Item())
        number = change.version
        if number is not None and item.version is not None:
            tried_again = failed and number == item.version
            if number <= item.version and not tried_again:
                return "stale"
        after = _after(item, change)
        if isinstance(after, str):
            return after
        after.version = item.version if number is None else number
        self.items[change.product_id] = after
        return None

    def of(self, product_id: str) -> Item:
        """The product, gone where it was never heard of."""
        return self.items.get(product_id, Item())


def _after(item: Item, change: Change) -> Item | str:
    if isinstance(change, Delete):
        may_be_absent = change.version is not None
        return Item(heard_of=True) if item.photos or may_be_absent else "not_found"
    if isinstance(change, Put):
        photos = _named(change.product.images, item.photos)
        return Item(dict(change.product.attributes), photos, heard_of=True) if photos else "invalid_product"
    return _patched(item, change)


def _patched(item: Item, change: Patch) -> Item | str:
    if not item.photos and not change.create:
        return "not_found"
    added = _named(change.images, item.photos)
    if added is None:
        return "invalid_product"
    photos = {**item.photos, **added}
    for name in change.without_images:
        if photos.pop(name, None) is None:
            return "not_found"
    if not photos:
        return "invalid_product"
    values = {**item.attributes, **change.attributes}
    return Item({name: value for name, value in values.items() if value is not None}, photos, heard_of=True)


def _named(images: tuple[ImageRef, ...], stored: Mapping[str, str]) -> dict[str, str] | None:
    """Photos by name; one that is only named is the stored one. None where there is no such photo."""
    photos = {image.name: image.digest or image.url or stored.get(image.name, "") for image in images}
    return photos if all(photos.values()) else None
