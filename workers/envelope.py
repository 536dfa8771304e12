"""What lies on a queue, read and written: the envelope of Celery's protocol 2, as JSON, as kombu keeps it in Redis.

Anybody may write to the queue, in any language. Celery trusts what it finds there: it stops for a body that is no
task, forgets a message that it cannot decode, and lets a message set its own time limits and the tasks to run after
it. So nothing is handed to it as it came: `read` takes out what was asked for, and `write` makes a new message of it.
"""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.errors import InvalidMessage

# What kombu's JSON takes for a value of a type that JSON has not: it would be turned into an object.
_TYPED = frozenset({"__type__", "__value__"})
# Far more than any message needs, and far less than what stops a JSON parser.
MAX_LEVELS = 20
_NOTHING_AFTER = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


@dataclass(frozen=True)
class Call:
    """What a message asks for: a task and its arguments. `id` is the sender's; after `expires` it is pointless."""

    task: str
    kwargs: Mapping[str, Any]
    id: str = ""
    expires: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """An item that is no call: its task, if it names one, the reason, and as much as can be told of what it says."""

    task: str
    reason: str
    body: str


def read(item: bytes) -> Call | Unreadable:
    """What an item of a queue asks for. Never raises, whatever it holds."""
    text = item.decode("utf-8", "backslashreplace")
    try:
        envelope = _object(_json(item), "a message")
        headers = _object(envelope.get("headers") or {}, "headers")
    except InvalidMessage as exc:
        return Unreadable("", str(exc), text)
    task = headers.get("task")
    try:
        if not isinstance(task, str):
            raise InvalidMessage("headers.task: the name of a task is needed (Celery's task protocol 2)")
        kwargs = _arguments(envelope, headers)
    except InvalidMessage as exc:
        return Unreadable(task if isinstance(task, str) else "", str(exc), _body_or(text, envelope))
    message_id = headers.get("id")
    return Call(task, kwargs, message_id if isinstance(message_id, str) else "", _moment(headers.get("expires")))


def write(call: Call, queue: str) -> bytes:
    """The message that has a worker run `call`, for `queue`; nothing in it is the sender's but the call."""
    message_id = call.id[:200] or uuid.uuid4().hex
    headers = {
        "lang": "py",
        "task": call.task,
        "id": message_id,
        "root_id": message_id,
        "parent_id": None,
        "group": None,
        "argsrepr": "()",
        "kwargsrepr": "{}",
        "retries": 0,
        "timelimit": [None, None],
        "eta": None,
        "expires": call.expires,
    }
    properties = {
        "correlation_id": message_id,
        "reply_to": "",
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": queue},
        "priority": 0,
        "body_encoding": "base64",
        # What kombu files a message under until it is done: two of one tag would be one.
        "delivery_tag": uuid.uuid4().hex,
    }
    envelope = {
        "body": base64.b64encode(json.dumps([[], call.kwargs, _NOTHING_AFTER]).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": properties,
    }
    return json.dumps(envelope).encode()


def _arguments(envelope: Mapping[str, Any], headers: Mapping[str, Any]) -> dict[str, Any]:
    if (kind := envelope.get("content-type")) != "application/json":
        raise InvalidMessage(f"content-type: application/json is needed, not {str(kind)[:100]!r}")
    if headers.get("compression"):
        raise InvalidMessage("headers.compression: bodies are read as they are, not compressed")
    match _json(_decoded(envelope)):
        case [[], dict() as kwargs, *_] if _deeper_than(MAX_LEVELS, kwargs):
            raise InvalidMessage(f"the arguments are nested more than {MAX_LEVELS} levels deep")
        case [[], dict() as kwargs, *_]:
            return kwargs
        case [list(), dict(), *_]:
            raise InvalidMessage("the body has positional arguments; keyword arguments are needed")
    raise InvalidMessage("the body is not [[], {keyword arguments}, {}], as Celery's task protocol 2 has it")


def _body_or(text: str, envelope: Mapping[str, Any]) -> str:
    """The body as text, since its envelope tells little; `text` where there is none."""
    try:
        return _decoded(envelope).decode("utf-8", "backslashreplace")
    except InvalidMessage:
        return text


def _decoded(envelope: Mapping[str, Any]) -> bytes:
    body = envelope.get("body")
    if not isinstance(body, str):
        raise InvalidMessage("body: text is needed")
    properties = _object(envelope.get("properties") or {}, "properties")
    encoding = properties.get("body_encoding")
    if encoding is None:
        return body.encode("utf-8", "surrogatepass")
    if encoding != "base64":
        raise InvalidMessage(f"properties.body_encoding: base64 or none is needed, not {str(encoding)[:100]!r}")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as exc:
        raise InvalidMessage(f"body: not base64: {exc}") from exc


def _json(data: bytes) -> object:
    try:
        return json.loads(data.decode(), object_hook=_plain)
    except (ValueError, RecursionError) as exc:
        raise InvalidMessage(f"not JSON in UTF-8: {str(exc)[:200]}") from exc


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """A third key keeps kombu from making an object of it; no message has such a value, so it is refused later."""
    return {**value, "__refused__": True} if value.keys() == _TYPED else value


def _deeper_than(levels: int, value: object) -> bool:
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper_than(levels - 1, each) for each in inside)


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidMessage(f"{what}: a JSON object is needed")
    return value


def _moment(value: object) -> str | None:
    """A date and time that Celery can read; anything else is as if it had not been said."""
    try:
        return datetime.fromisoformat(value).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None
