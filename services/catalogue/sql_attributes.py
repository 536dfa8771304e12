"""One attribute of a product in SQL: of which kind it is, and its value. JSON's kinds, alike on either engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from services.filters.matching import Kind

PREDICTED = "predicted_"
"""Before a field's name: what the model takes the product for, where the shop said nothing of that field."""

Column: TypeAlias = sa.ColumnElement[Any]
Condition: TypeAlias = sa.ColumnElement[bool]


_SQLITE_WORDS: Mapping[Kind, tuple[str, ...]] = {
    "text": ("text",),
    "number": ("integer", "real"),
    "boolean": ("true", "false"),
}
_POSTGRESQL_WORDS: Mapping[Kind, tuple[str, ...]] = {
    "text": ("string",),
    "number": ("number",),
    "boolean": ("boolean",),
}


@dataclass(frozen=True)
class SqlAttribute:
    """The expressions of one attribute: `json_type` in the engine's own words, null where the product lacks it.

    `text`, `number` and `boolean` mean something only where the kind is theirs.
    """

    json_type: Column
    value: Column
    sqlite: bool

    @property
    def exists(self) -> Condition:
        """Whether the product has it."""
        return self.json_type.is_not(None)

    def is_kind(self, kind: Kind) -> Condition:
        """Whether it is of this kind; null where the product lacks it."""
        words = (_SQLITE_WORDS if self.sqlite else _POSTGRESQL_WORDS)[kind]
        return self.json_type == words[0] if len(words) == 1 else self.json_type.in_(words)

    @property
    def text(self) -> sa.ColumnElement[str]:
        """As text; compared by code point, whatever language a PostgreSQL database was made for."""
        text = sa.type_coerce(self.value, sa.Text)
        return text if self.sqlite else sa.collate(text, "C")

    @property
    def number(self) -> sa.ColumnElement[float]:
        """As a double."""
        return sa.type_coerce(self.value, sa.Double) if self.sqlite else sa.cast(self.value, sa.Double)

    @property
    def boolean(self) -> Condition:
        """Whether it is true."""
        return self.json_type == "true" if self.sqlite else self.value == "true"


@dataclass(frozen=True)
class Documents:
    """Where attributes are read: two columns of JSON on SQLite or PostgreSQL; `binary` where attributes are JSONB.

    A name `predicted_<field>` that the shop did not use itself stands for the label that the model suggests, where
    the product lacks the field and the label's probability is at least `predict_min`; with None, for nothing else.
    """

    attributes: Column
    predictions: Column
    sqlite: bool
    predict_min: float | None = 0.5
    binary: bool = False

    def read(self, name: str) -> SqlAttribute:
        """The attribute called `name`, whatever characters are in it."""
        own = self.own(name)
        field = name.removeprefix(PREDICTED)
        if field == name or self.predict_min is None:
            return own
        return self._or_label(own, field, self.predict_min)

    def _or_label(self, own: SqlAttribute, field: str, least: float) -> SqlAttribute:
        label, probability = self._label(field)
        likely = sa.case((probability.is_kind("number"), probability.number >= least), else_=sa.false())
        suggested = ~self.own(field).exists & label.is_kind("text") & likely
        return SqlAttribute(
            json_type=sa.func.coalesce(own.json_type, sa.case((suggested, label.json_type))),
            value=sa.case((own.exists, own.value), else_=label.value),
            sqlite=self.sqlite,
        )

    def _label(self, field: str) -> tuple[SqlAttribute, SqlAttribute]:
        """The label that the model suggests for `field`, and its probability."""
        if not self.sqlite:
            pair = _get(_get(self.predictions, _text("labels")), _text(field))
            return _postgresql(pair, sa.literal(0)), _postgresql(pair, sa.literal(1))
        if _spellable(field):
            path = f'$.labels."{field}"'
            return _path(self.predictions, f"{path}[0]"), _path(self.predictions, f"{path}[1]")
        pair = _keys(sa.func.json_extract(self.predictions, "$.labels"), field)("value")
        return _path(pair, "$[0]"), _path(pair, "$[1]")

    def own(self, name: str) -> SqlAttribute:
        """The attribute that the shop itself called `name`."""
        if not self.sqlite:
            return _postgresql(self.attributes, _text(name), self.binary)
        if _spellable(name):
            return _path(self.attributes, f'$."{name}"')
        found = _keys(self.attributes, name)
        return SqlAttribute(found("type"), found("value"), sqlite=True)


def _postgresql(document: Column, key: Column, binary: bool = False) -> SqlAttribute:
    typeof = sa.func.jsonb_typeof if binary else sa.func.json_typeof
    plain: Column = document.op("->>", return_type=sa.Text())(key)
    return SqlAttribute(typeof(_get(document, key)), plain, sqlite=False)


def _get(document: Column, key: Column) -> Column:
    return document.op("->", return_type=sa.Text())(key)


def _spellable(name: str) -> bool:
    """Whether a path can name it: SQLite compares paths with the JSON text as it is stored, escapes and all."""
    return not any(character in '"\\' or character < " " for character in name)


def _path(document: Column, path: str) -> SqlAttribute:
    return SqlAttribute(sa.func.json_type(document, path), sa.func.json_extract(document, path), sqlite=True)


def _keys(document: Column, name: str) -> Callable[[str], Column]:
    """A member's type, value, by going through the keys: slower than a path, for names that no path can spell."""

    def column(wanted: str) -> Column:
        keys = sa.func.json_each(document).table_valued("key", "value", "type").alias()
        return sa.select(keys.c[wanted]).where(keys.c.key == name).scalar_subquery()

    return column


def _text(value: str) -> sa.ColumnElement[str]:
    return sa.literal(value, sa.Text)
