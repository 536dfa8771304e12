"""Request bodies: what may be sent, checked and turned into the domain's types."""

import base64
import binascii
import json
from typing import Annotated, Any, TypeVar

from flask import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from services.errors import InvalidRequest
from services.intake import IncomingImage

Body = TypeVar("Body", bound=BaseModel)


class ImageBody(BaseModel):
    """A photo of a product: base64 `data`, a `url`, or neither to keep the stored photo of that `name`."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(description="Unique within the product. Without one: the URL's, or image-1.")] = ""
    data: Annotated[str, Field(description="The photo's bytes in base64, with or without a data: prefix.")] = ""
    url: Annotated[str, Field(description="Its host must be among those allowed. A worker fetches it.")] = ""

    def incoming(self) -> IncomingImage:
        """The photo, decoded from base64. Raises InvalidRequest."""
        if self.data and self.url:
            raise InvalidRequest(f"image {self.name!r}: give data or url, not both")
        data = decode_base64(self.data, f"image {self.name!r}") if self.data else None
        return IncomingImage(self.name, data, self.url)


class ProductBody(BaseModel):
    """A product: `images`, and every other key an attribute."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"additionalProperties": {"type": ["string", "number", "boolean", "null"]}}
    )
    images: Annotated[list[ImageBody], Field(max_length=50)] = []

    @property
    def attributes(self) -> dict[str, Any]:
        """Every key but `images`."""
        return self.model_extra or {}


class FailuresBody(BaseModel):
    """Which failures are meant: products and messages by id, all that have a `code`, or all there are."""

    model_config = ConfigDict(extra="forbid", strict=True)
    product_ids: Annotated[list[str], Field(max_length=1000)] = []
    message_ids: Annotated[list[str], Field(max_length=1000)] = []
    code: Annotated[str | None, Field(description="Products whose problem has this code.")] = None
    all: Annotated[bool, Field(description="All products and messages there are.")] = False


class ImportOptionsBody(BaseModel):
    """How an uploaded file is to be read."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, Field(max_length=300, description="What the file is called: its ending tells the format.")] = (
        ""
    )
    format: Annotated[str | None, Field(description="The format, where the name does not tell.")] = None
    map: Annotated[dict[str, str], Field(description="Columns, by the attribute that each is copied to.")] = {}
    limit: Annotated[int, Field(ge=1, le=10**12, description="Read so many lines.")] | None = None


def read_json(request: Request) -> dict[str, Any]:
    """The JSON object in the body, or in the form field `json` of a multipart body.

    Raises InvalidRequest, and UnsupportedMediaType for a body of another type.
    """
    if request.mimetype == "multipart/form-data":
        raw: str | bytes = request.form.get("json", "{}")
    elif request.mimetype == "application/json":
        raw = request.get_data(cache=False)
    else:
        raise UnsupportedMediaType(
            f"content type {request.mimetype[:100]!r}: send application/json or multipart/form-data"
        )
    return parse_object(raw, "the body")


def parse_object(raw: str | bytes, what: str) -> dict[str, Any]:
    """Parse a JSON object. Raises InvalidRequest, saying `what` it is."""
    try:
        data = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError) as exc:
        raise InvalidRequest(f"{what} is not JSON: {exc}") from exc
    if not isinstance(data, dict):
        raise InvalidRequest(f"{what} must be a JSON object, not {type(data).__name__}")
    return data


def validate(kind: type[Body], data: dict[str, Any]) -> Body:
    """Check `data` against `kind`. Raises InvalidRequest, naming each field that is wrong."""
    try:
        return kind.model_validate(data)
    except ValidationError as exc:
        raise InvalidRequest("; ".join(_explain(error) for error in exc.errors()[:5])) from exc


def decode_base64(data: str, what: str) -> bytes:
    """Decode base64, with or without a `data:` prefix. Raises InvalidRequest."""
    if data.startswith("data:"):
        data = data.partition(",")[2]
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise InvalidRequest(f"{what}: not base64 ({exc})") from exc


def whole_number(raw: str, what: str) -> int:
    """Parse an integer of a query string or form. Raises InvalidRequest."""
    try:
        return int(raw)
    except ValueError as exc:
        raise InvalidRequest(f"{what}: {raw[:50]!r} is not a whole number") from exc


def decimal_number(raw: str, what: str) -> float:
    """Parse a number of a query string or form. Raises InvalidRequest."""
    try:
        return float(raw)
    except ValueError as exc:
        raise InvalidRequest(f"{what}: {raw[:50]!r} is not a number") from exc


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _explain(error: Any) -> str:
    path = ".".join(str(part) for part in error["loc"]) or "body"
    return f"{path}: {error['msg']}"
