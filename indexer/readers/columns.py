"""Which columns of a table, or keys of an object, mean what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from services.errors import InvalidCatalogue

IMAGE_COLUMNS = ("images", "image")


@dataclass(frozen=True)
class Columns:
    """`mapping` gives a target (`id`, `image`, an attribute) its column.

    Every other column becomes an attribute of its own name. An empty cell, and null, is no attribute.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)

    def check(self, names: Collection[str]) -> None:
        """Raise InvalidCatalogue unless a table with columns `names` has those that are needed."""
        needed = [self.id_column, self.image_column(names), *self.mapping.values()]
        absent = [column for column in dict.fromkeys(needed) if column not in names]
        if absent:
            raise InvalidCatalogue(
                f"the table has no column {', '.join(map(repr, absent))}; it has {', '.join(names)[:1000]}. "
                "Name yours with --map id=COLUMN or --map image=COLUMN"
            )

    @property
    def id_column(self) -> str:
        """Where a product's id stands."""
        return self.mapping.get("id", "id")

    def image_column(self, names: Collection[str]) -> str:
        """Where a product's photos stand, in a table with columns `names`."""
        for name in IMAGE_COLUMNS:
            if name in self.mapping:
                return self.mapping[name]
        return next((name for name in IMAGE_COLUMNS if name in names), "image")

    def attributes(self, cells: Mapping[str, object]) -> dict[str, object]:
        """The attributes of a row."""
        structural = {self.id_column, self.image_column(cells)}
        own = {name: cell for name, cell in cells.items() if name and name not in structural}
        mapped = {
            name: cells.get(column) for name, column in self.mapping.items() if name not in ("id", *IMAGE_COLUMNS)
        }
        return {name: cell for name, cell in {**own, **mapped}.items() if not _empty(cell)}


def _empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
