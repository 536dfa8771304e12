"""What may be asked of a product, and what the product is after it: plain functions, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

from services.fields import Scalar
from services.products import MAX_IMAGES, ImageRef, Problem, Product


@dataclass(frozen=True)
class Put:
    """Have the product be exactly this. `refresh` fetches photos known by URL again, though the URL is the same."""

    product: Product
    version: int | None = None
    refresh: bool = False

    @property
    def product_id(self) -> str:
        """Whom it concerns."""
        return self.product.id


@dataclass(frozen=True)
class Patch:
    """Change some of it: attributes (None takes one away), photos added or replaced by name, photos removed by name.

    A product that is not there is refused, unless `create`.
    """

    product_id: str
    attributes: Mapping[str, Scalar | None] = field(default_factory=dict)
    images: tuple[ImageRef, ...] = ()
    without_images: tuple[str, ...] = ()
    version: int | None = None
    create: bool = False


@dataclass(frozen=True)
class Delete:
    """Take the product away. With a `version`, also one that is not there: an older change that is late stays out."""

    product_id: str
    version: int | None = None


Change: TypeAlias = Put | Patch | Delete


@dataclass
class Draft:
    """A product while changes are made to it: as the table holds it, and as it will be."""

    exists: bool
    failed: bool
    attributes: dict[str, Any]
    images: list[dict[str, Any]]
    version: int | None
    work: bool = False
    """Something changed that the index has to follow."""

    def apply(self, change: Change) -> Problem | None:
        """Make `change`, or return why not: `stale`, `not_found`, `invalid_product`."""
        if self._overtaken(change):
            return Problem("stale", f"version {change.version} came after version {self.version}, and changes nothing")
        match change:
            case Put():
                problem = self._put(change)
            case Patch():
                problem = self._patch(change)
            case Delete():
                problem = self._delete(change)
        if problem is None and change.version is not None:
            self.version = change.version
        return problem

    def _overtaken(self, change: Change) -> bool:
        if change.version is None or self.version is None or change.version > self.version:
            return False
        # The same message again, after a failure: that is how a sender says "try again".
        return not (change.version == self.version and self.failed)

    def _put(self, change: Put) -> Problem | None:
        known = {image["name"]: image for image in self.images}
        images = [_settled(image, known, change.refresh) for image in change.product.images]
        if None in images:
            return _unknown_photo(change.product.images[images.index(None)])
        self._become(dict(change.product.attributes), [image for image in images if image is not None])
        return None

    def _patch(self, change: Patch) -> Problem | None:
        if not (self.exists or change.create):
            return _absent(change.product_id)
        attributes = {**(self.attributes if self.exists else {}), **change.attributes}
        images = {image["name"]: image for image in (self.images if self.exists else [])}
        for image in change.images:
            settled = _settled(image, images)
            if settled is None:
                return _unknown_photo(image)
            images[image.name] = settled
        absent = [name for name in change.without_images if images.pop(name, None) is None]
        if absent:
            return Problem("not_found", f"product {change.product_id!r} has no image {absent[0]!r}")
        if not 1 <= len(images) <= MAX_IMAGES:
            return Problem("invalid_product", f"{len(images)} images; a product has 1 to {MAX_IMAGES}")
        kept = {name: value for name, value in attributes.items() if value is not None}
        self._become(kept, list(images.values()))
        return None

    def _delete(self, change: Delete) -> Problem | None:
        if not self.exists and change.version is None:
            return _absent(change.product_id)
        self.exists, self.failed, self.work = False, False, True
        self.attributes, self.images = {}, []
        return None

    def _become(self, attributes: dict[str, Any], images: list[dict[str, Any]]) -> None:
        same = self.exists and _alike(attributes, self.attributes) and images == self.images
        self.work = self.work or self.failed or not same
        self.exists, self.attributes, self.images = True, attributes, images


def draft_of(row: Any) -> Draft:
    """The draft of a row of `products`; one of revision 0 was made just now, for a new product."""
    failed = row.failed_revision >= row.revision > row.indexed_revision
    exists = row.revision > 0 and not row.deleted
    # Images that an older version wrote have no URL.
    images = [asdict(ImageRef(**image)) for image in row.images]
    return Draft(exists, failed, row.attributes, images, row.version)


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Equal, and true is not 1, as it is to Python."""
    return one == other and all(isinstance(one[name], bool) == isinstance(other[name], bool) for name in one)


def puts(products: Sequence[Product]) -> list[Change]:
    """A Put for each product."""
    return [Put(product) for product in products]


def _settled(image: ImageRef, known: Mapping[str, dict[str, Any]], refresh: bool = False) -> dict[str, Any] | None:
    """A photo as the table keeps it; None for one that has nothing but a name, and the product none of that name.

    A photo by a URL that it has had before is the photo that was fetched then, unless it is to be fetched again.
    """
    before = known.get(image.name)
    if not (image.digest or image.url):
        return before
    if before is not None and not image.digest and image.url == before["url"] and not refresh:
        return before
    return asdict(image)


def _unknown_photo(image: ImageRef) -> Problem:
    detail = f"image {image.name!r} has no data and no url, and the product has no stored image of that name"
    return Problem("invalid_product", detail)


def _absent(product_id: str) -> Problem:
    return Problem("not_found", f"there is no product {product_id!r}")
