"""What the tasks do beyond what they leave to `indexer`: queues, imports, what is kept."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.exceptions import Reject
from fakes import platform_of_fakes

from indexer.imports import ImportOptions, accept_upload
from services.bootstrap import Platform
from services.errors import Unavailable
from workers.app import make_app
from workers.tasks import FEW_MESSAGES, Tasks

UPSERT = "lookalike.v1.upsert"
PRODUCT = {"id": "a", "images": [{"name": "front", "url": "https://cdn.example.com/a.jpg"}]}


class NotedQueue:
    """Notes what is sent; `long` says how many messages there are, `away` that nobody answers."""

    def __init__(self) -> None:
        self.sent: list[tuple[list[str], bool]] = []
        self.imports: list[str] = []
        self.long, self.away = 0, False

    def send(self, product_ids: list[str], urgent: bool = False) -> None:
        self._answer()
        self.sent.append((list(product_ids), urgent))

    def send_import(self, import_id: str) -> None:
        self._answer()
        self.imports.append(import_id)

    def waiting(self) -> int:
        self._answer()
        return self.long

    def room(self) -> int:
        return max(0, 200 - self.waiting())

    def _answer(self) -> None:
        if self.away:
            raise Unavailable("the queue does not answer")


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    quick = {"task_time_limit_s": 2.0, "resend_after_s": 0.05}
    opened = platform_of_fakes(tmp_path, image_hosts=["cdn.example.com"], **quick)
    yield opened
    opened.close()


@pytest.fixture
def queue() -> NotedQueue:
    return NotedQueue()


@pytest.fixture
def tasks(platform: Platform, queue: NotedQueue) -> Tasks:
    made = Tasks(platform.settings, queue)  # type: ignore[arg-type]
    made.__dict__["platform"] = platform
    return made


def upload(platform: Platform, lines: int) -> str:
    """An uploaded import of so many products."""
    text = "".join(
        json.dumps({"id": f"p{number}", "images": [{"url": "https://cdn.example.com/p.jpg"}]}) + "\n"
        for number in range(lines)
    )
    return accept_upload(platform, ImportOptions("products.jsonl"), io.BytesIO(text.encode()), None)


@pytest.mark.parametrize("urgent", [False, True])
def test_what_a_message_leads_to_is_as_urgent_as_it_was(tasks: Tasks, queue: NotedQueue, urgent: bool) -> None:
    tasks.accept(UPSERT, {"products": [PRODUCT]}, urgent)
    assert queue.sent == [(["a"], urgent)]


def test_a_change_is_accepted_though_it_cannot_be_queued(tasks: Tasks, queue: NotedQueue, platform: Platform) -> None:
    queue.away = True
    tasks.accept(UPSERT, {"products": [PRODUCT]}, True)
    assert platform.catalogue.get("a").state == "queued"


def test_while_the_database_is_away_a_message_goes_back(
    tasks: Tasks, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def away(*_: object) -> None:
        attempts.append(time.monotonic())
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(platform.catalogue, "write", away)
    with pytest.raises(Reject) as refused:
        tasks.accept(UPSERT, {"products": [PRODUCT]}, True)
    assert refused.value.requeue
    assert len(attempts) > 1, "it was tried again before it went back"
    assert attempts[-1] - attempts[0] < 2.0 / 2
    monkeypatch.setattr(platform.refused, "keep", away)
    with pytest.raises(Reject) as refused:
        tasks.keep_refused("x", "no such task", "{}")
    assert refused.value.requeue


def test_an_import_is_read_on_until_its_end(
    tasks: Tasks, queue: NotedQueue, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However short a slice is, each gets on."""
    monkeypatch.setattr("workers.tasks.SLICE_S", 0.0)
    import_id, slices = upload(platform, 5), 0
    queue.imports.append(import_id)
    while queue.imports:
        tasks.read_import(queue.imports.pop())
        slices += 1
    assert 5 <= slices <= 6
    assert platform.imports.progress(import_id).read == 5
    assert platform.imports.progress(import_id).complete


def test_a_long_queue_is_worked_off_before_more_is_read(tasks: Tasks, queue: NotedQueue, platform: Platform) -> None:
    import_id = upload(platform, 1)
    queue.long = 200
    tasks.read_import(import_id)
    assert (queue.imports, queue.sent) == ([import_id], [])
    assert platform.imports.progress(import_id).read == 0


def test_a_sweep_goes_on_with_imports_that_were_forgotten(tasks: Tasks, queue: NotedQueue, platform: Platform) -> None:
    import_id = upload(platform, 1)
    tasks.sweep()
    assert queue.imports == [], "its first message may still come"
    time.sleep(0.1)
    queue.long = FEW_MESSAGES
    tasks.sweep()
    assert queue.imports == [], "its message may be among those that wait"
    queue.long = 0
    tasks.sweep()
    assert queue.imports == [import_id]
    queue.away = True
    time.sleep(0.1)
    tasks.sweep()
    tasks.read_import(import_id)


def test_times_of_the_configuration_fit_into_each_other(platform: Platform) -> None:
    conf, settings = make_app(platform.settings).conf, platform.settings
    assert (
        conf.task_soft_time_limit
        < conf.task_time_limit
        < settings.lease_s
        < conf.broker_transport_options["visibility_timeout"]
    )
    assert conf.worker_max_memory_per_child == settings.worker_memory_mb * 1024
