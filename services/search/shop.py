"""What a search knows of the shop: its records, its declared fields, and what is text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.catalogue import Catalogue
from services.fields import Fields, Scalar
from services.products import Record


@dataclass(frozen=True)
class Shop:
    """The catalogue as searches see it. `seen` gives the attributes that filters see of a record."""

    catalogue: Catalogue
    fields: Fields
    text_fields: Sequence[str]
    seen: Callable[[Record], Mapping[str, Scalar]]

    def records(self, product_ids: Sequence[str]) -> Mapping[str, Record]:
        """The catalogue is the truth: a product deleted a moment ago is no hit any more."""
        records = self.catalogue.get_many(product_ids) if product_ids else {}
        return {product_id: record for product_id, record in records.items() if not record.deleted}
