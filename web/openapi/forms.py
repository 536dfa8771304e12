"""Multipart bodies, as pydantic models: what the description says of them."""

from typing import Annotated

from pydantic import BaseModel, Field
from pydantic.json_schema import WithJsonSchema

from web.bodies import ImportOptionsBody, ProductBody
from web.search_bodies import SearchBody

File = Annotated[bytes, WithJsonSchema({"type": "string", "contentMediaType": "application/octet-stream"})]
JsonText = Annotated[str, WithJsonSchema({"type": "string", "contentMediaType": "application/json"})]
Boxes = Annotated[
    list[JsonText], Field(max_length=100, description="The part of each photo that matters, as [x1, y1, x2, y2].")
]


class ProductForm(BaseModel):
    """A product with its photos as files, each called by its file's name."""

    json_: Annotated[ProductBody, Field(alias="json")] = ProductBody()
    images: Annotated[list[File], Field(max_length=50)] = []


class ImportForm(BaseModel):
    """A catalogue file, perhaps with a zip of photos."""

    file: Annotated[File, Field(description="The catalogue. Its name tells the format, unless `options` do.")]
    images: Annotated[File, Field(description="A zip of the photos that the file names.")] = b""
    options: ImportOptionsBody = ImportOptionsBody()


class SearchForm(SearchBody):
    """A search by photos sent as files. The other fields are those of the JSON body: what is no text is JSON."""

    image: Annotated[list[File], Field(max_length=20)] = Field(default=[])  # type: ignore[assignment]
    box: Boxes = Field(default=[])
    product_id: Annotated[str, Field(max_length=1000, description="A stored product, in the place of a photo.")] = ""
    text: Annotated[str, Field(max_length=2000)] = ""
    away: Annotated[str, Field(alias="not", max_length=2000, description="Words that hits should not be like.")] = ""
    exclude: Annotated[JsonText, Field(description="A list of products that are no hits.")] = "[]"  # type: ignore[assignment]
    facets: Annotated[JsonText, Field(description="A list, as in the JSON body.")] = "[]"  # type: ignore[assignment]


class ClassifyForm(BaseModel):
    """Photos to label, sent as files."""

    image: Annotated[list[File], Field(min_length=1, max_length=100)]
    box: Boxes = []
    top: Annotated[int, Field(ge=1, le=50, description="Labels told of each field.")] = 5
