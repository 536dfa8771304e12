"""Problems: whole answers (RFC 9457), and what is told of something that could not be used."""

from typing import Annotated

from pydantic import Field

from web.schemas.base import ABSENT, AnswerModel, Moment


class ProblemAnswer(AnswerModel):
    """An error, as RFC 9457 has it."""

    type: Annotated[str, Field(description='Always "about:blank": `code` says more.', examples=["about:blank"])]
    title: Annotated[str, Field(description="The status in words.", examples=["Bad Request"])]
    status: Annotated[int, Field(ge=400, le=599, description="The HTTP status.", examples=[400])]
    code: Annotated[str, Field(description="Stable, for programs.", examples=["invalid_request"])]
    detail: Annotated[str, Field(description="For people: what is wrong, and the remedy.")]


class Told(AnswerModel):
    """Why something could not be used."""

    code: Annotated[str, Field(description="Stable, for programs.", examples=["bad_image"])]
    detail: Annotated[str, Field(description="For people.")]


class ToldAt(Told):
    """Why a product could not be indexed, and when that was."""

    at: Annotated[Moment, Field(description="When it was tried last.")] = Field(default=ABSENT)
