"""What all answers have in common."""

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field

ABSENT: Any = None
"""The default of a key that is missing where it has nothing to say: it is never null."""


class AnswerModel(BaseModel):
    """An answer. A key with a default may be missing; clients should ignore keys that they do not know."""


Scalar: TypeAlias = bool | int | float | str
Attributes: TypeAlias = Annotated[
    dict[str, Scalar],
    Field(description="What the shop says of it: text, numbers and booleans by name.", examples=[{"price": 49.9}]),
]
Moment: TypeAlias = Annotated[
    str,
    Field(
        json_schema_extra={"format": "date-time"},
        description="ISO 8601, in UTC.",
        examples=["2026-03-01T10:00:00.000+00:00"],
    ),
]
