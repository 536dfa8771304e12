"""The catalogue as a whole, and health, as the API answers them."""

from typing import Annotated, Literal

from pydantic import Field

from services.fields import FieldType
from web.schemas.base import AnswerModel

Number = Annotated[int, Field(ge=0)]


class CountsAnswer(AnswerModel):
    """How many products are in each state."""

    queued: Number
    indexed: Number
    failed: Number
    deleted: Annotated[Number, Field(description="Kept, so that no late message brings them back.")]


class FieldAnswer(AnswerModel):
    """An attribute: the kinds of value it has had, and its type where it is declared."""

    field: str
    kinds: list[Literal["boolean", "number", "text"]]
    type: FieldType | None


class FieldsAnswer(AnswerModel):
    """Every attribute that is known, by name."""

    fields: list[FieldAnswer]


class ValueAnswer(AnswerModel):
    """A value, and how many products have it."""

    value: str
    products: Number


class FieldValuesAnswer(AnswerModel):
    """The values of a text attribute, most frequent first."""

    field: Annotated[str, Field(examples=["category"])]
    values: Annotated[list[ValueAnswer], Field(max_length=200)]


class HealthAnswer(AnswerModel):
    """The process answers."""

    status: Literal["ok"]


class ReadyAnswer(AnswerModel):
    """It can serve, with this model."""

    status: Literal["ready"]
    model: Annotated[str, Field(description="Name, version and the first digits of its digest.")]
    text: Annotated[bool, Field(description="Whether the model understands words.")]
    classify: Annotated[bool, Field(description="Whether it can label photos.")]
