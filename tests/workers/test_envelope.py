"""Whatever lies on a queue, Celery gets a message that it can run, and nothing of what was said is lost."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu.transport import virtual
from kombu.utils.json import loads

from workers.app import INDEX_TASK, REFUSED_TASK, SWEEP_TASK
from workers.gate import admitted

UPSERT = "lookalike.v1.upsert"
KNOWN = {UPSERT, INDEX_TASK, REFUSED_TASK, SWEEP_TASK}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(["__type__", "__value__"]), inner, max_size=3)
    ),
    max_leaves=8,
)
arguments = st.sampled_from([{"products": [{"id": "1"}]}, {"product_ids": ["1"]}, {}]) | st.dictionaries(
    st.text(max_size=8), values, max_size=3
)
# Where a message is spoilt: as a whole, or in one place.
places = st.sampled_from(
    [
        ("headers",),
        *(
            ("headers", name)
            for name in ("task", "id", "expires", "eta", "timelimit", "compression", "stamped_headers")
        ),
        ("properties",),
        *(("properties", name) for name in ("body_encoding", "delivery_tag", "delivery_info", "priority")),
        ("content-type",),
        ("content-encoding",),
        ("body",),
    ]
)
tasks = st.sampled_from([UPSERT, INDEX_TASK, SWEEP_TASK, "lookalike.v2.upsert"])


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A good message, in which up to two things are something else."""
    envelope = json.loads(
        sent(draw(tasks), body=[draw(st.sampled_from([[], [], [], [1], None])), draw(arguments), draw(values)])
    )
    for *outer, name in draw(st.lists(places, max_size=2)):
        holder = envelope[outer[0]] if outer else envelope
        if isinstance(holder, dict):
            holder[name] = draw(values)
    return json.dumps(envelope).encode()


items = st.binary() | values.map(lambda value: json.dumps(value).encode()) | spoilt()


class AnyChannel:
    """What kombu's message needs of a channel."""

    no_ack_consumers = None
    decode_body = virtual.Channel.decode_body
    codecs = virtual.Channel.codecs


def received(item: bytes) -> virtual.Message:
    """An item as Celery's consumer gets it: all that can fail there is done."""
    message = virtual.Message(
        loads(admitted(item, "lookalike.live")), channel=AnyChannel(), accept={"application/json"}
    )
    assert message.delivery_info == {"exchange": "", "routing_key": "lookalike.live"}
    assert message.headers["timelimit"] == [None, None]
    assert message.headers["eta"] is None
    assert message.decode()[0] == []
    return message


def sent(task: str = UPSERT, kwargs: object = None, body: object = None, **envelope: object) -> bytes:
    payload = [[], kwargs or {}, {}] if body is None else body
    return json.dumps(
        {
            "headers": {"task": task, "id": "7"},
            "content-type": "application/json",
            "properties": {"body_encoding": "base64"},
            "body": base64.b64encode(json.dumps(payload).encode()).decode(),
            **envelope,
        }
    ).encode()


@given(items)
def test_anything_becomes_a_message_that_celery_can_run(item: bytes) -> None:
    message = received(item)
    assert message.headers["task"] in KNOWN
    # As it does when a worker died, and its message goes back to the queue.
    again = received(json.dumps(message._raw).encode())
    assert (again.headers["task"], again.decode()) == (message.headers["task"], message.decode())


def test_a_public_message_passes_with_its_arguments_and_nothing_else() -> None:
    kwargs = {"products": [{"id": "à 'b'\n", "attributes": {"price": 1.5}}], "self": 1}
    headers = {"task": UPSERT, "id": "7", "expires": "2020-01-01T00:00:00+00:00", "timelimit": [9e9, 9e9], "eta": "x"}
    after = {"callbacks": [{"task": "lookalike.v1.sweep"}], "chain": [{"task": "x"}]}
    message = received(sent(body=[[], kwargs, after], headers=headers))
    assert message.headers["task"] == UPSERT
    assert message.headers["id"] == "7"
    assert message.headers["expires"] is None, "a change is never dropped unseen"
    assert message.decode()[1] == kwargs
    assert set(message.decode()[2].values()) == {None}, "no other tasks are run after it"


def test_two_messages_of_one_delivery_tag_are_two() -> None:
    item = sent(properties={"body_encoding": "base64", "delivery_tag": "1"})
    assert received(item).delivery_tag != received(item).delivery_tag


def test_a_body_may_be_plain_json() -> None:
    plain = json.loads(sent(properties={})) | {"body": json.dumps([[], {"products": [1]}, {}])}
    assert received(json.dumps(plain).encode()).decode()[1] == {"products": [1]}


@pytest.mark.parametrize(
    ("item", "task", "words", "kept"),
    [
        (b"\xff\x00", "", "not JSON", "\\xff\x00"),
        (b"[" * 100_000, "", "not JSON", "[[["),
        (b"7", "", "a JSON object", "7"),
        (sent("lookalike.v2.upsert", {"a": 1}), "lookalike.v2.upsert", "public tasks are", '{"a": 1}'),
        (sent(body=[[1], {}, {}]), UPSERT, "keyword arguments are needed", "[[1], {}, {}]"),
        (sent(body={"task": UPSERT, "kwargs": {}}), UPSERT, "protocol 2", '"kwargs"'),
        (sent(headers={}), "", "headers.task", "[[], {}, {}]"),
        (sent(headers={"task": UPSERT, "compression": "gzip"}), UPSERT, "compression", "[[], {}, {}]"),
        (sent(**{"content-type": "application/x-python-serialize"}), UPSERT, "content-type", "[[], {}, {}]"),
        (sent(properties={"body_encoding": "rot13"}), UPSERT, "body_encoding", "rot13"),
        (sent(INDEX_TASK, {"product_ids": [1]}), INDEX_TASK, "product_ids.0", '{"product_ids": [1]}'),
        (sent(INDEX_TASK, {"ids": ["a"]}), INDEX_TASK, "product_ids: Field required", "ids"),
        (sent(SWEEP_TASK, {"x": 1}), SWEEP_TASK, "x: Extra inputs", "x"),
    ],
)
def test_what_cannot_be_run_is_kept_with_its_reason(item: bytes, task: str, words: str, kept: str) -> None:
    message = received(item)
    assert message.headers["task"] == REFUSED_TASK
    arguments = message.decode()[1]
    assert arguments["task"] == task
    assert words in arguments["reason"]
    assert kept in arguments["body"]


def test_a_value_of_a_python_type_stays_as_it_was_written() -> None:
    decimal = {"__type__": "decimal", "__value__": "9.99"}
    kwargs = received(sent(kwargs={"products": [{"id": "1", "attributes": {"price": decimal}}]})).decode()[1]
    assert kwargs["products"][0]["attributes"]["price"].items() >= decimal.items()


def test_deep_nesting_is_refused_before_it_can_stop_a_parser() -> None:
    deep: list[object] = []
    for _ in range(30):
        deep = [deep]
    arguments = received(sent(kwargs={"products": deep})).decode()[1]
    assert "nested more than 20 levels" in arguments["reason"]


def test_only_a_tick_may_expire() -> None:
    moment = "2026-01-01T00:00:00+00:00"
    for task, kwargs, expires in ((SWEEP_TASK, {}, moment), (INDEX_TASK, {"product_ids": ["a"]}, None)):
        item = sent(task, kwargs, headers={"task": task, "expires": moment})
        assert received(item).headers["expires"] == expires
