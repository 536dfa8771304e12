"""Problems as answers of the description: which codes may come with which status."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from services.errors import LookalikeError
from web.openapi.components import reference
from web.openapi.declaration import Refusal
from web.problems import STATUSES
from web.schemas import ProblemAnswer

HEADERS: dict[int, tuple[str, ...]] = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After", "RateLimit"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}


def codes_by_status(refusals: Iterable[Refusal]) -> dict[int, list[str]]:
    """The codes of the refusals by their status, both in order."""
    found: dict[int, set[str]] = {}
    for refusal in refusals:
        status, code = _status_and_code(refusal)
        found.setdefault(status, set()).add(code)
    return {status: sorted(codes) for status, codes in sorted(found.items())}


def problem_answer(status: int, codes: list[str]) -> dict[str, Any]:
    """The answer of a status, whose `code` is one of `codes`."""
    told = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": {"allOf": [reference(ProblemAnswer), told]}}},
    }
    if status in HEADERS:
        answer["headers"] = {name: header(name) for name in HEADERS[status]}
    return answer


def header(name: str) -> dict[str, str]:
    """A header of an answer, by its component."""
    return {"$ref": f"#/components/headers/{name}"}


def _status_and_code(refusal: Refusal) -> tuple[int, str]:
    if isinstance(refusal, int):
        return refusal, HTTPStatus(refusal).name.lower()  # as web/problems.py names Werkzeug's
    return _status(refusal), refusal.code


def _status(kind: type[LookalikeError]) -> int:
    return next(int(status) for wider, status in STATUSES if issubclass(kind, wider))
