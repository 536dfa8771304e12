"""Redis, Milvus or the catalogue database goes away or hangs under a web process that serves: callers are told in time.

The app and its platform are served by waitress in this process, so that nothing is restarted when a part comes back.
"""

import base64
import json
import signal
import statistics
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import urlencode

import postgres
import psycopg
import pytest
import redis
import waitress
from components import Component, free_port, listening, redis_server, wait_for
from documented_shop import photo
from fakes import InlineQueue
from milvus_process import MilvusProcess
from waitress import wasyncore

from services.api_keys import RateLimit, Scope
from services.bootstrap import Platform, build
from services.catalogue import database
from services.encoders import Encoder, load_encoder
from services.settings import load_settings
from web import quotas
from web.app import create_app
from web.rate_limits import quotas_of

SEARCH_S = 1.5
THREADS = 12
COLOURS = ("red", "blue", "green", "yellow")
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Got:
    """An answer, and the seconds it took."""

    status: int
    headers: Message
    body: dict
    seconds: float

    @property
    def problem(self) -> tuple[int, str, str]:
        return self.status, self.headers["Content-Type"], self.body["code"]


@dataclass(frozen=True)
class Shop:
    """Four products on real parts, served."""

    url: str
    platform: Platform

    def call(self, path: str, body: bytes | None = None, kind: str = "application/json", key: str = "") -> Got:
        headers = {"Content-Type": kind} if body is not None else {}
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        began = time.monotonic()
        try:
            answer = urllib.request.urlopen(urllib.request.Request(self.url + path, body, headers), timeout=60)
        except urllib.error.HTTPError as exc:
            answer = exc
        with answer:
            return Got(answer.status, answer.headers, json.loads(answer.read()), time.monotonic() - began)

    def searches(self, key: str = "") -> list[Callable[[], Got]]:
        """One search of each kind: words, a stored product's look-alikes, a photo."""
        return [
            lambda: self.call("/v1/search", json.dumps({"text": "red dress"}).encode(), key=key),
            lambda: self.call(f"/v1/products/red/similar?{urlencode({'limit': 3})}", key=key),
            lambda: self.call("/v1/search", *_upload(), key=key),
        ]

    def found(self) -> list[list[str]]:
        """The products that each kind of search finds."""
        answers = [search() for search in self.searches()]
        assert [got.status for got in answers] == [200] * len(answers), answers
        return [[hit["product_id"] for hit in got.body["hits"]] for got in answers]

    def works_again(self) -> bool:
        return all(search().status == 200 for search in self.searches())


def _upload() -> tuple[bytes, str]:
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return head + photo("red") + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return load_encoder("", tmp_path_factory.mktemp("model"))


@pytest.fixture
def milvus(tmp_path: Path) -> Iterator[MilvusProcess]:
    """A server of this test's own."""
    process = MilvusProcess(tmp_path / "milvus")
    process.start()
    yield process
    process.thaw()
    process.kill()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[tuple[Component, int]]:
    """A server of this test's own, and its port."""
    port = free_port()
    command = [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
    server = Component(command, tmp_path / "redis.log")
    wait_for("Redis", lambda: listening(port))
    yield server, port
    server.end()


@pytest.fixture
def open_shop(tmp_path: Path, milvus: MilvusProcess, encoder: Encoder) -> Iterator[Callable[..., Shop]]:
    """Opens a shop; at the end it is closed."""
    with ExitStack() as shops:

        def opened(**given: object) -> Shop:
            values = {
                "data_dir": tmp_path / "var",
                "redis_url": "redis://127.0.0.1:1/0",
                "milvus_uri": milvus.uri,
                "search_timeout_s": SEARCH_S,
                **given,
            }
            platform = build(load_settings(**values))
            platform.__dict__["encoder"] = encoder
            shops.callback(platform.close)
            return shops.enter_context(_served(platform))

        yield opened


@contextmanager
def _served(platform: Platform) -> Iterator[Shop]:
    platform.database.migrate()
    app = create_app(platform, InlineQueue(platform))  # type: ignore[arg-type]
    for colour in COLOURS:
        images = [{"name": "front", "data": base64.b64encode(photo(colour)).decode()}]
        body = {"title": f"{colour} dress", "category": "Dresses", "images": images}
        assert app.test_client().put(f"/v1/products/{colour}", json=body).status_code == 200
    sockets: dict[int, object] = {}
    server = waitress.create_server(app, map=sockets, host="127.0.0.1", port=0, threads=THREADS)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Shop(f"http://127.0.0.1:{server.effective_port}", platform)
    finally:
        # In the server's own thread, which would stumble over sockets that vanish while it waits on them.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))
        thread.join(10)
        server.task_dispatcher.shutdown()
        quotas_of(app).close()


@pytest.mark.parametrize("hangs", [False, True], ids=["stopped", "hanging"])
def test_without_redis_searches_and_their_limits_go_on(
    open_shop: Callable[..., Shop],
    own_redis: tuple[Component, int],
    monkeypatch: pytest.MonkeyPatch,
    hangs: bool,
) -> None:
    monkeypatch.setattr(quotas, "PAUSE_S", 0.5)
    server, port = own_redis
    shop = open_shop(redis_url=f"redis://127.0.0.1:{port}/0")
    before = shop.found()
    _, key = shop.platform.api_keys.create("shop", [Scope.READ], RateLimit(6, 3600))
    assert shop.searches(key)[0]().status == 200
    assert redis.Redis(port=port).keys("*limits*"), "the call is counted in Redis"

    server.process.send_signal(signal.SIGSTOP) if hangs else server.end()
    answers = [search() for _ in range(3) for search in shop.searches(key)]
    assert [got.status for got in answers] == [200] * 6 + [429] * 3, "each process counts on its own"
    assert answers[-1].problem == (429, PROBLEM, "too_many_requests")
    assert shop.found() == before
    if hangs:
        server.process.send_signal(signal.SIGCONT)
        wait_for("Redis to count again", lambda: shop.searches(key)[0]().status == 200)


def test_without_milvus_a_search_says_so_at_once_and_works_again_by_itself(
    open_shop: Callable[..., Shop], milvus: MilvusProcess
) -> None:
    shop = open_shop()
    before = shop.found()
    milvus.kill()
    answers = [search() for _ in range(3) for search in shop.searches()]
    with ThreadPoolExecutor(THREADS) as pool:
        answers += pool.map(lambda search: search(), shop.searches() * 3)
    assert {got.problem for got in answers} == {(503, PROBLEM, "unavailable")}
    assert all(int(got.headers["Retry-After"]) > 0 for got in answers)
    assert statistics.median(got.seconds for got in answers) < SEARCH_S
    assert _others(shop) == [200, 200, 200]
    assert shop.call("/readyz").problem == (503, PROBLEM, "unavailable")

    milvus.start()
    wait_for("searches to work again", shop.works_again)
    assert shop.found() == before
    assert shop.call("/readyz").status == 200


@pytest.mark.parametrize("resolved", [True, False], ids=["index-known", "index-unknown"])
def test_a_hanging_milvus_costs_each_search_its_own_time_and_others_nothing(
    open_shop: Callable[..., Shop], milvus: MilvusProcess, resolved: bool
) -> None:
    shop = open_shop()
    before = shop.found()
    milvus.freeze()
    if not resolved:
        shop.platform.index.forget()
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = [pool.submit(search) for search in shop.searches() * 3]
        assert _others(shop) == [200, 200, 200]
        assert not all(search.done() for search in waiting), "nobody waited for the searches"
        answers = [search.result() for search in waiting]
    assert {got.problem for got in answers} == {(504, PROBLEM, "deadline_exceeded")}
    # One after another they would take nine times as long.
    assert all(0.9 * SEARCH_S < got.seconds < 7 * SEARCH_S for got in answers), [got.seconds for got in answers]

    milvus.thaw()
    wait_for("searches to work again", shop.works_again)
    assert shop.found() == before


def test_a_locked_catalogue_that_can_be_read_holds_no_search_up(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop()
    before = shop.found()
    with shop.platform.database.write():  # in SQLite, the one write lock
        assert shop.found() == before


@pytest.mark.skipif(postgres.missing() is not None, reason=str(postgres.missing()))
def test_without_the_catalogue_a_search_is_unavailable(
    open_shop: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_S", 1)
    server = postgres.PostgresProcess()
    try:
        server.start()
        shop = open_shop(database_url=server.url)
        before = shop.found()
        with psycopg.connect(server.url.replace("+psycopg", "")) as connection:  # another program
            connection.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE")
            _assert_unavailable(shop)
            connection.rollback()
        assert shop.found() == before
    finally:
        server.stop()
    _assert_unavailable(shop)
    assert shop.call("/healthz").status == 200


def _assert_unavailable(shop: Shop) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda search: search(), shop.searches()))
    assert {got.problem for got in answers} == {(503, PROBLEM, "unavailable")}, answers


def _others(shop: Shop) -> list[int]:
    """The statuses of calls that need no index."""
    return [shop.call(path).status for path in ("/v1/products", "/healthz", "/v1/products/red")]
