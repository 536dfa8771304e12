"""What a view says of itself: the decorator `describes`, and what it is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel

from services import errors

View = TypeVar("View", bound=Callable[..., Any])
Model: TypeAlias = type[BaseModel]
ATTRIBUTE = "openapi_operation"


@dataclass(frozen=True)
class Json:
    """A body in JSON."""

    model: Model
    media_type: str = "application/json"


@dataclass(frozen=True)
class Multipart:
    """A form with files. Fields that are objects are sent as JSON text."""

    model: Model
    media_type: str = "multipart/form-data"


@dataclass(frozen=True)
class Bytes:
    """A body that is a file."""

    media_type: str
    description: str


Body: TypeAlias = Json | Multipart | Bytes


@dataclass(frozen=True)
class Media:
    """An answer that is no JSON: its media types."""

    media_types: tuple[str, ...]
    description: str


# A model, several of which any may come, a file, or None: no body at all.
Answer: TypeAlias = Model | tuple[Model, ...] | Media | None
# An error of ours, or a status of Werkzeug's.
Refusal: TypeAlias = type[errors.LookalikeError] | int

BODY: tuple[Refusal, ...] = (errors.InvalidRequest, 413, 415)
"""What may be wrong with a body, whatever it is for."""
PHOTO: tuple[Refusal, ...] = (errors.BadImage, errors.ImageTooLarge, errors.BlockedAddress)
"""What may be wrong with a photo that is sent, or with its URL."""
SEARCH: tuple[Refusal, ...] = (
    *PHOTO,
    errors.InvalidRequest,
    errors.UnreachableUrl,
    errors.HostAway,
    errors.NotFound,
    errors.Unsupported,
    errors.IndexMismatch,
    errors.Unavailable,
    errors.DeadlineExceeded,
)
"""What may be wrong with a question to the model and the index."""


@dataclass(frozen=True)
class QueryString:
    """A query string with the fields of `model`, but for those `without`. A field that is no text is JSON."""

    model: Model
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One view: what may be sent to it, and everything that it may answer."""

    tag: str
    answers: Mapping[int, Answer]
    sends: Sequence[Body] = ()
    query: QueryString | None = None
    problems: Sequence[Refusal] = ()
    headers: Mapping[int, Sequence[str]] = field(default_factory=dict)


def describes(
    tag: str,
    *,
    answers: Mapping[int, Answer],
    sends: Sequence[Body] = (),
    query: QueryString | None = None,
    problems: Sequence[Refusal] = (),
    headers: Mapping[int, Sequence[str]] | None = None,
) -> Callable[[View], View]:
    """Decorates a view, which stays as it is; the description finds it by the app's URL map.

    `answers` by status; `problems` are the errors that it may raise beside those of every call, one by one, since
    each has a `code` of its own; `headers` names those that an answer has, by status.
    """
    operation = Operation(tag, answers, sends, query, problems, headers or {})

    def attach(view: View) -> View:
        setattr(view, ATTRIBUTE, operation)
        return view

    return attach


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """What `view` says of itself; None for one that says nothing, such as a page."""
    found = getattr(view, ATTRIBUTE, None)
    return found if isinstance(found, Operation) else None
