"""What could not be indexed or accepted, as the API answers it."""

from typing import Annotated

from pydantic import Field

from web.schemas.base import AnswerModel, Moment
from web.schemas.problem import Told
from web.schemas.products import ProductsPage

Number = Annotated[int, Field(ge=0)]


class FailureCounts(AnswerModel):
    """How many there are."""

    products: Annotated[
        dict[str, Number], Field(description="Products by the code of their problem.", examples=[{"bad_image": 3}])
    ]
    messages: Annotated[Number, Field(description="Messages that could not be accepted.")]


class FailuresAnswer(ProductsPage):
    """A page of products that could not be indexed, and how many there are of each code."""

    counts: FailureCounts


class MessageAnswer(AnswerModel):
    """A queue message that could not be accepted."""

    id: str
    received_at: Moment
    task: Annotated[str, Field(examples=["lookalike.v1.upsert"])]
    product_id: str | None
    problem: Told
    body: Annotated[str, Field(description="As it came, mostly JSON.")]


class MessagesAnswer(AnswerModel):
    """A page of messages."""

    messages: list[MessageAnswer]
    next_after: Annotated[str | None, Field(description="`after` of the next page; null on the last one.")]


class SettledAnswer(AnswerModel):
    """How many products and messages it was done to."""

    products: Number
    messages: Number
