"""Imports as the API answers them."""

from typing import Annotated, Literal

from pydantic import Field

from web.schemas.base import AnswerModel, Moment
from web.schemas.problem import Told

Lines = Annotated[int, Field(ge=0)]


class ImportAnswer(AnswerModel):
    """Where the lines of an import stand: `read = queued + indexed + failed + refused + skipped + stale`."""

    id: Annotated[str, Field(examples=["3f2a9c0b17de"])]
    source: Annotated[str, Field(description="What the file is called.", examples=["shop.csv"])]
    state: Literal["reading", "indexing", "done", "cancelled", "failed"]
    read: Annotated[Lines, Field(description="Lines read so far.")]
    queued: Annotated[Lines, Field(description="Accepted, and waiting for a worker.")]
    embedded: Annotated[Lines, Field(description="Photos that the encoder saw.")]
    indexed: Annotated[Lines, Field(description="In the index at that revision or a later one.")]
    failed: Annotated[Lines, Field(description="Accepted, but they could not be indexed.")]
    refused: Annotated[Lines, Field(description="Broke a rule and changed nothing.")]
    skipped: Annotated[Lines, Field(description="The product was in the index like that already.")]
    stale: Annotated[Lines, Field(description="Overtaken by a newer version before they came.")]
    total: Annotated[Lines | None, Field(description="Lines of the file, once it was read.")]
    read_share: Annotated[float, Field(ge=0, le=1, description="How much of the file was read.")]
    rate: Annotated[float, Field(ge=0, description="Lines settled a second, lately.")]
    eta_s: Annotated[float | None, Field(ge=0, description="Seconds that are left at that rate.")]
    created_at: Moment
    problem: Annotated[Told | None, Field(description="Why the file could not be read to its end.")]
    settled: Annotated[bool, Field(description="No more lines will come, and none waits any more.")]


class LineAnswer(AnswerModel):
    """A line of a file that has a problem."""

    line: Annotated[int, Field(ge=0, description="Its number, from 1.")]
    product_id: str | None
    code: str
    detail: str


class ImportDetails(ImportAnswer):
    """The same, with the first lines that have a problem."""

    problems: Annotated[list[LineAnswer], Field(max_length=20)]


class ImportsAnswer(AnswerModel):
    """The latest imports, newest first."""

    imports: list[ImportAnswer]


class ImportErrors(AnswerModel):
    """A page of lines that have a problem."""

    errors: list[LineAnswer]
    next_after: Annotated[int | None, Field(description="`after` of the next page; null on the last one.")]
