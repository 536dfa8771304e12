"""`lookalike up`, as `make run` starts it: it serves, stops without a trace, and says clearly why it cannot start."""

import json
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from components import LOOKALIKE, Component, free_port, wait_for

Up = Callable[..., Component]


@pytest.fixture
def ports() -> dict[str, str]:
    return {f"LOOKALIKE_{name}": str(free_port()) for name in ("PORT", "REDIS_PORT", "MILVUS_PORT")}


@pytest.fixture
def up(tmp_path: Path, ports: dict[str, str]) -> Iterator[Up]:
    """Starts a stack in the test's folder, without the sample."""
    started: list[Component] = []

    def start(**environment: str) -> Component:
        given = {**ports, "LOOKALIKE_DATA_DIR": str(tmp_path / "var"), **environment}
        command = [str(LOOKALIKE), "up", "--no-sample"]
        started.append(Component(command, tmp_path / f"up-{len(started)}.log", given))
        return started[-1]

    yield start
    for component in started:
        component.end()


def get(ports: dict[str, str], path: str) -> dict | None:
    """The JSON at `path`, or None when nobody answers with success."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{ports['LOOKALIKE_PORT']}{path}", timeout=10) as answer:
            return json.load(answer)
    except (urllib.error.URLError, OSError):
        return None


def test_it_serves_stops_and_comes_back(up: Up, ports: dict[str, str], tmp_path: Path) -> None:
    stack = up()
    wait_for("the stack", lambda: get(ports, "/readyz"), 120)
    wait_for("the address", lambda: stack.said(f"http://127.0.0.1:{ports['LOOKALIKE_PORT']}"))
    family = psutil.Process(stack.process.pid).children(recursive=True)
    names = " ".join(" ".join(member.cmdline()) for member in family)
    assert all(part in names for part in ("redis-server", "milvus-lite", "lookalike worker", "beat", "serve"))

    sample = tmp_path / "sample"
    draw = Component([str(LOOKALIKE), "sample", str(sample), "--limit", "3"], tmp_path / "draw.log")
    assert draw.process.wait(60) == 0
    environment = {**ports, "LOOKALIKE_DATA_DIR": str(tmp_path / "var")}
    feed = [str(LOOKALIKE), "ingest", str(sample / "catalogue.csv"), "--images", str(sample), "--json"]
    ingest = Component(feed, tmp_path / "ingest.log", environment)
    assert ingest.process.wait(120) == 0
    outcome = json.loads(ingest.log.read_text().splitlines()[-1])
    assert (outcome["read"], outcome["indexed"], outcome["failed"]) == (3, 3, 0)

    assert stack.interrupt() == 0
    assert stack.said("Stopped.")
    assert not alive(family)

    up()
    wait_for("the second run", lambda: get(ports, "/readyz"), 120)
    assert get(ports, "/v1/counts") == {"queued": 0, "indexed": 3, "failed": 0, "deleted": 0}
    wait_for("the data to be searchable", lambda: len(get(ports, "/v1/products?state=indexed")["products"]) == 3)


def test_a_taken_port_is_one_clear_line(up: Up, ports: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(ports["LOOKALIKE_REDIS_PORT"])))
        other.listen()
        stack = up()
        assert stack.process.wait(60) == 1
    said = stack.log.read_text().strip()
    assert said.startswith(f"lookalike: redis cannot listen on 127.0.0.1:{ports['LOOKALIKE_REDIS_PORT']}")
    assert "LOOKALIKE_REDIS_PORT" in said
    assert len(said.splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_one_clear_line(up: Up, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    stack = up(LOOKALIKE_DATA_DIR=str(tmp_path / "file"))
    assert stack.process.wait(60) == 1
    said = stack.log.read_text().strip()
    assert said.startswith(f"lookalike: the data folder {tmp_path / 'file'} cannot be written")
    assert len(said.splitlines()) == 1


def test_a_component_that_dies_at_start_is_named_and_the_rest_stops(up: Up, tmp_path: Path) -> None:
    stack = up(LOOKALIKE_MODEL="/nowhere")
    wait_for("children", lambda: len(psutil.Process(stack.process.pid).children()) > 3)
    family = psutil.Process(stack.process.pid).children(recursive=True)
    assert stack.process.wait(90) == 1
    said = [line for line in stack.log.read_text().splitlines() if line.startswith("lookalike:")]
    assert said[0].startswith("lookalike: web stopped with exit status 1: lookalike: model '/nowhere'")
    assert not alive(family)


def alive(family: list[psutil.Process]) -> list[psutil.Process]:
    return [member for member in family if member.is_running() and member.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_a_stack_that_is_killed_outright_leaves_no_orphans(up: Up, ports: dict[str, str]) -> None:
    stack = up()
    wait_for("the components", lambda: get(ports, "/healthz"), 90)
    family = psutil.Process(stack.process.pid).children(recursive=True)
    assert len(family) >= 10
    stack.kill()
    wait_for("the components to follow", lambda: not alive(family), 30)


def test_two_stacks_on_one_folder_are_refused(up: Up, ports: dict[str, str]) -> None:
    first = up()
    wait_for("the first", lambda: first.said("Starting"), 60)
    second = up(LOOKALIKE_PORT=str(free_port()))
    assert second.process.wait(60) == 1
    assert second.said("a stack is running on")


def test_a_bad_setting_is_one_clear_line(up: Up) -> None:
    stack = up(LOOKALIKE_PORT="eighty")
    assert stack.process.wait(60) == 1
    assert stack.log.read_text().startswith("lookalike: LOOKALIKE_PORT='eighty'")
