"""Query strings, as pydantic models: what the description says of them. The views read them one by one."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Version = Annotated[
    int,
    Field(
        ge=0,
        le=2**63 - 1,
        description="The sender's own number of the change: one that is not above the last is refused with a 409.",
    ),
]
Wait = Annotated[float, Field(ge=0, le=30, description="Seconds to wait until it is searchable.")]
AfterId = Annotated[str, Field(description="The last id of the page before.")]


class ChangeQuery(BaseModel):
    """Of a change of a product."""

    wait: Wait = 0
    version: Version | None = None


class PutQuery(ChangeQuery):
    """Of a product put."""

    refresh: Annotated[
        Literal["true", "1", "yes", "on", "false", "0", "no", "off", ""],
        Field(description="Fetch photos again whose URL is the same."),
    ] = "false"


class DeleteQuery(BaseModel):
    """Of a product deleted."""

    version: Version | None = None


class ProductsQuery(BaseModel):
    """Of a list of products. Any other name is an attribute's, and its value the attribute's text."""

    model_config = ConfigDict(extra="allow")
    state: Literal["queued", "indexed", "failed", "deleted"] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: AfterId = ""
    filter: Annotated[str, Field(description="A filter, as JSON.", examples=['{"price": {"lt": 50}}'])] = ""


class FailuresQuery(BaseModel):
    """Of a list of failed products."""

    code: Annotated[str, Field(description="The code of their problem.", examples=["bad_image"])] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: AfterId = ""


class MessagesQuery(BaseModel):
    """Of a list of refused messages."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: AfterId = ""


class ImageQuery(BaseModel):
    """Of a photo."""

    size: Annotated[
        int,
        Field(
            ge=0,
            le=1024,
            description="Pixels on the longer side, rounded up to 80, 160, 320, 640 or 1024; 0 is the photo itself.",
        ),
    ] = 0


class ImportsQuery(BaseModel):
    """Of a list of imports."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20


class ImportErrorsQuery(BaseModel):
    """Of the lines of an import that have a problem."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[int, Field(ge=0, le=2**63 - 1, description="The last line of the page before.")] = 0


class UploadQuery(BaseModel):
    """Of a catalogue file sent as the body."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=300, description="What the file is called; its ending tells the format.")] = (
        ""
    )
    format: Annotated[str, Field(description="One of docs/formats.md, where the name does not tell.")] = ""
    map: Annotated[dict[str, str], Field(description="Columns by the attribute that they are to become.")] = {}
    limit: Annotated[int, Field(ge=1, le=10**12, description="Read so many lines.")] | None = None
