"""The names that a filter may ask for: of attributes that products have had, and of suggestions that they may get."""

from collections.abc import Collection, Iterator

from services.catalogue import AttributeNames


class KnownFields(Collection[str]):
    """Names as of a moment ago; one that is not among them is looked for once more, since it may be new."""

    def __init__(self, names: AttributeNames, suggestions: Collection[str]) -> None:
        self._names, self._suggestions = names, frozenset(suggestions)

    def __contains__(self, name: object) -> bool:
        return name in self._suggestions or (isinstance(name, str) and name in self._names.known([name]))

    def __iter__(self) -> Iterator[str]:
        return iter({*self._names.known(), *self._suggestions})

    def __len__(self) -> int:
        return len({*self._names.known(), *self._suggestions})
