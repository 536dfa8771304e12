"""The public messages, version 1: what other services may put on the queue to change products.

A message names products by id, with labels and URLs. Photos' bytes and vectors never travel in one: Redis holds every
message in memory, and only workers compute vectors. Each product of a message stands for itself: one that breaks a
rule is refused with its reason, and the others are accepted.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from services.errors import InvalidMessage
from services.intake import MAX_VERSION
from services.products import MAX_ATTRIBUTES, MAX_IMAGES

UPSERT_TASK = "lookalike.v1.upsert"
PATCH_TASK = "lookalike.v1.patch"
DELETE_TASK = "lookalike.v1.delete"
MAX_PRODUCTS = 1000

# Names under which senders try to pass what does not belong into a message.
_CONTENT = frozenset({"data", "bytes", "base64", "content", "vector", "vectors", "embedding", "embeddings"})
_NO_CONTENT = "bytes of photos and vectors do not travel in messages; give a url, or PUT the photo to /v1/products/{id}"

Value: TypeAlias = bool | int | float | str
Version: TypeAlias = Annotated[
    int | None,
    Field(ge=0, le=MAX_VERSION, description="Your own count of changes: one that is not above the stored is stale."),
]


class _Strict(BaseModel):
    """Nothing is guessed: no unknown key, and no text where a number is meant."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MessageImage(_Strict):
    """A photo: its URL, or the name of one that the product has already, which is then kept."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["name"]}, {"required": ["url"]}]})

    name: str = Field("", min_length=1, description="Unique in the product. Without it: the last part of the URL.")
    url: str = Field("", min_length=1, description="http or https, at a host that the operator allows.")

    @field_validator("url")
    @classmethod
    def _url_is_no_content(cls, url: str) -> str:
        if url[:5].lower() == "data:":
            raise ValueError(_NO_CONTENT)
        return url

    @model_validator(mode="after")
    def _says_something(self) -> "MessageImage":
        if not (self.name or self.url):
            raise ValueError("a name or a url is needed")
        return self


class UpsertProduct(_Strict):
    """A product as it is to be from now on: what is left out, it no longer has."""

    id: str = Field(min_length=1)
    version: Version = None
    refresh: bool = Field(False, description="Fetch photos again that are known by URL, though the URL is the same.")
    attributes: dict[str, Value] = Field({}, max_length=MAX_ATTRIBUTES)
    images: list[MessageImage] = Field(min_length=1, max_length=MAX_IMAGES)


class PatchProduct(_Strict):
    """What is to change of a product that is there: everything else stays."""

    id: str = Field(min_length=1)
    version: Version = None
    attributes: dict[str, Value | None] = Field({}, max_length=MAX_ATTRIBUTES, description="null takes one away.")
    images: list[MessageImage] = Field([], max_length=MAX_IMAGES, description="Added, or replaced by name.")
    remove_images: list[str] = Field([], max_length=MAX_IMAGES, description="Names of photos to take away.")


class DeleteProduct(_Strict):
    """A product to take away."""

    id: str = Field(min_length=1)
    version: Version = None


class UpsertMessage(_Strict):
    """The kwargs of `lookalike.v1.upsert`."""

    products: list[UpsertProduct] = Field(min_length=1, max_length=MAX_PRODUCTS)


class PatchMessage(_Strict):
    """The kwargs of `lookalike.v1.patch`."""

    products: list[PatchProduct] = Field(min_length=1, max_length=MAX_PRODUCTS)


class DeleteMessage(_Strict):
    """The kwargs of `lookalike.v1.delete`."""

    products: list[DeleteProduct] = Field(min_length=1, max_length=MAX_PRODUCTS)


class _Envelope(_Strict):
    """What holds for every message: one key, and a list of so many."""

    products: list[object] = Field(min_length=1, max_length=MAX_PRODUCTS)


MessageProduct: TypeAlias = UpsertProduct | PatchProduct | DeleteProduct

MESSAGES: Mapping[str, type[UpsertMessage | PatchMessage | DeleteMessage]] = {
    UPSERT_TASK: UpsertMessage,
    PATCH_TASK: PatchMessage,
    DELETE_TASK: DeleteMessage,
}
_PRODUCTS: Mapping[str, type[MessageProduct]] = {
    UPSERT_TASK: UpsertProduct,
    PATCH_TASK: PatchProduct,
    DELETE_TASK: DeleteProduct,
}


def products_of(task: str, kwargs: object) -> list[object]:
    """The products of a message, each still unchecked. Raises InvalidMessage for what is no message of `task`."""
    if task not in MESSAGES:
        raise InvalidMessage(f"there is no public task {task!r}; there are {', '.join(sorted(MESSAGES))}")
    try:
        return _Envelope.model_validate(kwargs).products
    except ValidationError as exc:
        raise InvalidMessage(_reasons(exc)) from exc


def checked_product(task: str, product: object) -> MessageProduct:
    """One product of a message of `task`. Raises InvalidMessage, naming each key that breaks the schema."""
    try:
        return _PRODUCTS[task].model_validate(product)
    except ValidationError as exc:
        raise InvalidMessage(_reasons(exc)) from exc


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each message's kwargs, by its short name: `upsert`, `patch`, `delete`."""
    return {
        task.rpartition(".")[2]: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{task}.json",
            **model.model_json_schema(),
        }
        for task, model in MESSAGES.items()
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write each schema to its file in `folder`, `docs/schemas/v1` in this project; returns the files."""
    written = []
    for name, schema in schemas().items():
        written.append(folder / f"{name}.json")
        written[-1].write_text(json.dumps(schema, indent=2) + "\n", "utf-8")
    return written


def _reasons(exc: ValidationError) -> str:
    """The first few things that are wrong, each after the place where it is."""
    told = [_reason(error) for error in exc.errors(include_url=False, include_input=False)]
    # A value that fits none of the kinds allowed is reported once for each kind.
    told = list(dict.fromkeys(told))
    return "; ".join(told[:5]) + (f"; and {len(told) - 5} more" if len(told) > 5 else "")


def _reason(error: Any) -> str:
    place = error["loc"]
    if error["type"] == "extra_forbidden":
        why = _NO_CONTENT if place[-1] in _CONTENT else "there is no such key"
    elif place[:1] == ("attributes",) and len(place) > 2:
        # Beyond the attribute's name, pydantic says which of the kinds allowed it tried.
        place, why = place[:2], "text, a number or a boolean is needed"
    elif error["type"] == "model_type":
        why = "a JSON object is needed"
    else:
        why = error["msg"].removeprefix("Value error, ")
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    return f"{where[:200]}: {why}" if where else why
