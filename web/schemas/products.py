"""Products as the API answers them."""

from typing import Annotated, Literal

from pydantic import Field

from web.schemas.base import ABSENT, AnswerModel, Attributes, Moment
from web.schemas.problem import Told, ToldAt


class ImageAnswer(AnswerModel):
    """A photo of a product."""

    name: Annotated[str, Field(description="Unique within the product.", examples=["front"])]
    url: Annotated[str, Field(description="Where this API serves it.", examples=["/v1/products/sku-1/images/front"])]
    source_url: Annotated[str, Field(description="Where it was fetched from, for a photo by URL.")] = ""
    problem: Annotated[Told, Field(description="Why it is not in the index, where it is not.")] = Field(default=ABSENT)


class ProductFields(AnswerModel):
    """What a product is."""

    attributes: Attributes
    images: list[ImageAnswer]


class RecordAnswer(ProductFields):
    """A product with its state."""

    id: Annotated[str, Field(examples=["sku-1"])]
    state: Annotated[
        Literal["queued", "indexed", "failed", "deleted"],
        Field(description="Waiting for a worker, searchable as it is now, or not to be indexed for `problem`."),
    ]
    revision: Annotated[int, Field(ge=0, description="Grows by one with each accepted change.")]
    indexed_revision: Annotated[int, Field(ge=0, description="The revision that searches find.")]
    attempts: Annotated[int, Field(ge=0, description="How often a worker tried this revision.")]
    version: Annotated[int | None, Field(description="The sender's own number of the newest change.")]
    problem: ToldAt | None
    updated_at: Moment


class ProductsPage(AnswerModel):
    """A page of products, by id."""

    products: list[RecordAnswer]
    next_after: Annotated[str | None, Field(description="`after` of the next page; null on the last one.")]
