"""Milvus goes away and comes back: callers are told at once, and the same objects work again by themselves."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from milvus_process import MilvusProcess, free_port
from pymilvus import MilvusClient, MilvusException
from rows import DIMENSIONS, FIELDS, direction, make_row

from services.errors import DeadlineExceeded, InvalidSettings, Unavailable
from services.filters import OneOf
from services.stores.milvus import MilvusIndexServer
from services.stores.milvus_connection import NOT_LOADED, MilvusConnection
from services.stores.protocol import IndexName, VectorStore

NAME = IndexName("model", 1)
TIMEOUT_S = 5.0
BACK_AGAIN_S = 30.0
Result = TypeVar("Result")


@pytest.fixture
def milvus(tmp_path: Path) -> Iterator[MilvusProcess]:
    """A server of this test's own, not started yet."""
    process = MilvusProcess(tmp_path)
    yield process
    process.kill()


@pytest.fixture
def server(milvus: MilvusProcess) -> Iterator[MilvusIndexServer]:
    server = MilvusIndexServer(milvus.uri, "outage", FIELDS, timeout_s=TIMEOUT_S)
    yield server
    server.close()


def every_call(server: MilvusIndexServer, store: VectorStore) -> list[Callable[[], object]]:
    """One call of each method that asks Milvus anything."""
    return [
        server.live,
        server.names,
        lambda: server.open(NAME),
        lambda: server.create(IndexName("model", 2), DIMENSIONS),
        lambda: server.promote(NAME),
        lambda: server.drop(IndexName("model", 3)),
        lambda: store.upsert([make_row("new")]),
        lambda: store.delete([make_row("new").key]),
        *every_search(store, None),
        *every_search(store, TIMEOUT_S),
        lambda: list(store.scan()),
        store.count,
    ]


def every_search(store: VectorStore, timeout_s: float | None) -> list[Callable[[], object]]:
    """One call of each method that a search needs."""
    return [
        lambda: store.rows_of(["p1"], timeout_s=timeout_s),
        lambda: store.search(direction(0)[np.newaxis], 3, timeout_s=timeout_s),
        lambda: store.search_words(["silk"], 3, timeout_s=timeout_s),
    ]


def unavailable_after(call: Callable[[], object]) -> float:
    """How many seconds it takes the call to say that Milvus is unavailable."""
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        call()
    return time.monotonic() - began


def once_back(call: Callable[[], Result]) -> Result:
    """What the call returns as soon as it does; a caller that tries again, as workers do."""
    deadline = time.monotonic() + BACK_AGAIN_S
    while True:
        try:
            return call()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def assert_intact(server: MilvusIndexServer, store: VectorStore) -> None:
    assert server.live() == NAME
    assert store.count() == 50
    assert store.count(OneOf("category", ("even",))) == 25
    (row,) = store.rows_of(["p7"], with_vectors=True)
    assert (row.attributes, row.vector is not None) == ({"category": "odd", "price": 7.0, "fabric": "silk"}, True)
    (found,) = store.search(direction(7)[np.newaxis], 1)
    assert [match.product_id for match in found] == ["p7"]
    (worded,) = store.search_words(["p7"], 5)
    assert [match.product_id for match in worded] == ["p7"]
    assert sum(len(chunk) for chunk in store.scan()) == 50


def test_killed_and_restarted_it_is_found_again(milvus: MilvusProcess, server: MilvusIndexServer) -> None:
    assert unavailable_after(server.live) < TIMEOUT_S  # not started yet: building the object did not mind

    milvus.start()
    store = once_back(lambda: server.create(NAME, DIMENSIONS))
    server.promote(NAME)
    store.upsert(
        [
            make_row(f"p{number}", number, category="odd" if number % 2 else "even", price=number, fabric="silk")
            for number in range(50)
        ]
    )
    assert_intact(server, store)

    milvus.kill()
    assert store.search_words(["", "!?"], 3) == [[], []], "which asks nobody"
    calls = every_call(server, store)
    assert max(unavailable_after(call) for call in calls) < TIMEOUT_S
    for call in calls:  # at least once of three times, for the machine may be slow
        assert min(unavailable_after(call) for _ in range(3)) < 0.5
    with ThreadPoolExecutor(len(calls)) as pool:  # all at once: nobody queues behind another's wait
        assert max(pool.map(unavailable_after, calls)) < TIMEOUT_S

    milvus.start()
    once_back(store.count)  # Milvus Lite releases every collection when it restarts
    assert_intact(server, store)
    store.upsert([make_row("p50")])
    store.delete([make_row("p50").key])
    assert_intact(server, store)


def test_frozen_it_is_unavailable_within_the_timeout(milvus: MilvusProcess, server: MilvusIndexServer) -> None:
    milvus.start()
    server.create(NAME, DIMENSIONS)
    used, fresh = (MilvusIndexServer(milvus.uri, "outage", FIELDS, timeout_s=1.0) for _ in range(2))
    store = once_back(lambda: used.open(NAME))
    milvus.freeze()
    for call in (store.count, lambda: store.search(direction(0)[np.newaxis], 1)):
        assert 0.9 < unavailable_after(call) < 3.0
    with ThreadPoolExecutor(4) as pool:  # those who wait for the connection share the answer
        assert max(pool.map(unavailable_after, [fresh.live] * 4)) < 3.0
    milvus.thaw()
    assert once_back(store.count) == 0
    assert once_back(fresh.live) is None
    used.close()
    fresh.close()


@pytest.mark.parametrize("call", [0, 1, 2], ids=["rows_of", "search", "search_words"])
def test_after_a_restart_any_call_loads_the_collection(
    milvus: MilvusProcess, server: MilvusIndexServer, call: int
) -> None:
    milvus.start()
    store = server.create(NAME, DIMENSIONS)
    store.upsert([make_row("p1", material="silk")])
    milvus.kill()
    milvus.start()
    once_back(server.names)
    assert every_search(store, BACK_AGAIN_S)[call]()


def test_frozen_it_costs_a_search_no_more_than_its_own_time(milvus: MilvusProcess) -> None:
    milvus.start()
    patient, fresh = (MilvusIndexServer(milvus.uri, "outage", FIELDS, timeout_s=BACK_AGAIN_S) for _ in range(2))
    store = patient.create(NAME, DIMENSIONS)
    store.upsert([make_row("p1", material="silk")])
    milvus.freeze()
    calls = every_search(store, 0.3)
    with ThreadPoolExecutor(1 + 3 * len(calls)) as pool:
        waiting = pool.submit(store.count)  # with all the time of the settings
        connecting = pool.submit(fresh.live)
        for future in [pool.submit(call) for call in 3 * calls]:
            assert isinstance(future.exception(), DeadlineExceeded)
        with pytest.raises(DeadlineExceeded):
            fresh.live(timeout_s=0.3)  # another is connecting
        assert not waiting.done()
        assert not connecting.done()
        milvus.thaw()
        assert waiting.result() == 1
        assert connecting.result() is None
    assert all(call() for call in every_search(store, BACK_AGAIN_S))
    patient.close()
    fresh.close()


def test_frozen_it_is_not_connected_to_in_time(milvus: MilvusProcess, server: MilvusIndexServer) -> None:
    milvus.start()
    milvus.freeze()
    with pytest.raises(DeadlineExceeded, match="connecting"):
        server.live(timeout_s=0.3)
    with pytest.raises(DeadlineExceeded, match="connecting"):
        server.open(NAME, timeout_s=0.3)
    milvus.thaw()
    assert once_back(server.live) is None


def test_loading_takes_no_more_than_the_time_of_who_asks(milvus: MilvusProcess, server: MilvusIndexServer) -> None:
    milvus.start()
    server.create(NAME, DIMENSIONS)
    milvus.kill()
    milvus.start()
    connection = MilvusConnection(milvus.uri, "", BACK_AGAIN_S)

    def released(client: MilvusClient, left_s: float) -> None:
        try:
            client.query("outage_model_1", filter='id != ""', timeout=left_s)
        except MilvusException as exc:
            if exc.code == NOT_LOADED:
                milvus.freeze()
            raise

    began = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="outage_model_1"):
        connection.call_loaded("outage_model_1", "reading outage_model_1", released, timeout_s=2.0)
    assert time.monotonic() - began < BACK_AGAIN_S / 2
    milvus.thaw()
    connection.close()


def test_loading_is_done_once_for_all_that_need_it(milvus: MilvusProcess, server: MilvusIndexServer) -> None:
    milvus.start()
    store = server.create(NAME, DIMENSIONS)
    store.upsert([make_row("a")])
    milvus.kill()
    milvus.start()
    once_back(server.names)
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda _: store.count(), range(6))) == [1] * 6


def test_a_connection_that_was_closed_is_opened_again(milvus: MilvusProcess, server: MilvusIndexServer) -> None:
    milvus.start()
    store = server.create(NAME, DIMENSIONS)
    server.close()
    server.close()
    assert store.count() == 0


def test_an_address_that_is_none_is_a_setting_to_correct() -> None:
    server = MilvusIndexServer("ftp://nowhere", "outage", FIELDS)
    with pytest.raises(InvalidSettings, match="LOOKALIKE_MILVUS_URI"):
        server.live()


def test_an_outage_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    server = MilvusIndexServer(f"http://127.0.0.1:{free_port()}", "outage", FIELDS, timeout_s=TIMEOUT_S)
    unavailable_after(server.live)
    assert capfd.readouterr() == ("", "")
    assert not logging.getLogger("pymilvus.decorators").isEnabledFor(logging.ERROR)
