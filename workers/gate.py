"""Decides what becomes of each item of a queue: a task with arguments that it takes, or a message that is kept."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.errors import InvalidMessage
from services.messages import MESSAGES
from services.products import MAX_ID_BYTES
from workers.app import AUDIT_TASK, IMPORT_TASK, INDEX_TASK, REFUSED_TASK, SWEEP_TASK
from workers.envelope import Call, Unreadable, read, write

# What is kept of a message that was refused; the catalogue keeps no more either.
MAX_BODY_CHARS = 1_000_000


class _Nothing(BaseModel):
    """No arguments: the periodic tasks."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Index(_Nothing):
    product_ids: list[Annotated[str, Field(min_length=1, max_length=MAX_ID_BYTES)]] = Field(max_length=1000)


class _Import(_Nothing):
    import_id: str = Field(max_length=100)


class _Audit(_Nothing):
    fresh: bool = True


class _Refused(_Nothing):
    task: str
    reason: str
    body: str


# Tasks that workers send to each other, and what they take. What the public ones take is judged when they run, product
# by product, where the catalogue can keep what is refused.
_INTERNAL: Mapping[str, type[_Nothing]] = {
    INDEX_TASK: _Index,
    IMPORT_TASK: _Import,
    REFUSED_TASK: _Refused,
    SWEEP_TASK: _Nothing,
    AUDIT_TASK: _Audit,
}
_PERIODIC = frozenset({SWEEP_TASK, AUDIT_TASK})


def admitted(item: bytes, queue: str) -> bytes:
    """An item of `queue` as a message that a worker can run, whatever it was: one that it cannot run is to be kept.

    That is done by a task of its own, so that what is refused is as safe as any work until the catalogue has it.
    """
    asked = read(item)
    if isinstance(asked, Call):
        try:
            return write(_checked(asked), queue)
        except InvalidMessage as exc:
            asked = Unreadable(asked.task, str(exc), json.dumps(asked.kwargs, ensure_ascii=False))
    kept = {"task": asked.task[:200], "reason": asked.reason[:1000], "body": asked.body[:MAX_BODY_CHARS]}
    return write(Call(REFUSED_TASK, kept), queue)


def _checked(call: Call) -> Call:
    """Raises InvalidMessage for a task that is not known, or arguments that it does not take."""
    # Only a tick may expire: whatever else is asked for is never dropped unseen.
    call = call if call.task in _PERIODIC else replace(call, expires=None)
    if call.task in MESSAGES:
        return call
    if call.task not in _INTERNAL:
        raise InvalidMessage(f"there is no task {call.task[:100]!r}; public tasks are {', '.join(sorted(MESSAGES))}")
    try:
        _INTERNAL[call.task].model_validate(call.kwargs)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidMessage(f"arguments of {call.task}: {where[:100]}: {first['msg']}") from exc
    return call
