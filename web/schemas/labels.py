"""Labels of photos, as the API answers them."""

from typing import Annotated, TypeAlias

from pydantic import Field

from web.schemas.base import AnswerModel

Probability: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class LabelAnswer(AnswerModel):
    """A label and how likely it is."""

    label: Annotated[str, Field(examples=["Dresses"])]
    probability: Probability


Labels: TypeAlias = Annotated[
    dict[str, list[LabelAnswer]], Field(description="For each field that the model knows, its likeliest labels first.")
]


class PhotoLabels(AnswerModel):
    """The labels of one photo."""

    labels: Labels


class ClassifyAnswer(PhotoLabels):
    """The labels of one photo, and the model that says so."""

    model: str


class ClassifyManyAnswer(AnswerModel):
    """The labels of several photos, in their order."""

    results: list[PhotoLabels]
    model: str
