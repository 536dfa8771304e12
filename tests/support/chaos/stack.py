"""Redis, Milvus Lite, a worker and its clock, each by its line of the Procfile, to be killed and started again."""

import os
from contextlib import suppress
from pathlib import Path

import psutil
from components import LOOKALIKE, Component, free_port, listening, redis_server, wait_for
from honcho.environ import parse_procfile

from services.bootstrap import Platform, build
from services.settings import load_settings
from workers.app import make_app
from workers.queue import WorkQueue

PROCFILE = Path(__file__).parents[3] / "deploy" / "Procfile"
COMPONENTS = ("redis", "milvus", "worker", "beat")
READY = " ready."
START_S = 120.0


class Stack:
    """A stack of its own, on free ports, with everything it keeps in `folder`."""

    def __init__(self, folder: Path, **given: object) -> None:
        self.ports = {"redis": free_port(), "milvus": free_port()}
        values = {
            "data_dir": folder / "var",
            "redis_port": self.ports["redis"],
            "milvus_port": self.ports["milvus"],
            **given,
        }
        self.settings = load_settings(**values)
        self.environment = {f"LOOKALIKE_{name.upper()}": str(value) for name, value in values.items()} | {
            "PATH": f"{LOOKALIKE.parent}{os.pathsep}{os.environ['PATH']}",
            "REDIS_SERVER": redis_server(),
            "PYTHONUNBUFFERED": "1",
        }
        self._logs = folder / "log"
        self._running: dict[str, Component] = {}
        self._everyone: list[psutil.Process] = []
        self._orphans: list[psutil.Process] = []
        self._started = 0
        self._over = False
        for part in ("var/redis", "var/milvus", "log"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    def platform(self) -> Platform:
        """The services of this process, on the stack."""
        platform = build(self.settings)
        platform.database.migrate()
        return platform

    def queue(self) -> WorkQueue:
        """The queue, as a producer sees it."""
        return WorkQueue(make_app(self.settings), self.settings.chunk_size)

    def start(self, name: str) -> None:
        """Start a component, and return when it is ready."""
        command = parse_procfile(PROCFILE.read_text()).processes[name]
        component = self.launch(name, ["sh", "-c", command])
        self._running[name] = component
        wait_for(f"{name} to be ready", lambda: self._ready(name, component), START_S)

    def launch(self, name: str, command: list[str]) -> Component:
        """Start any command with the stack's settings; its output goes to a log of its own."""
        assert not self._over, "the stack has ended"
        self._started += 1
        component = Component(command, self._logs / f"{self._started:03}-{name}.log", self.environment)
        self._everyone.append(psutil.Process(component.process.pid))
        return component

    def lookalike(self, name: str, *arguments: str) -> Component:
        """Start a `lookalike` command."""
        return self.launch(name, [str(LOOKALIKE), *arguments])

    def family(self, name: str) -> list[psutil.Process]:
        """A component's processes, the main one first."""
        return family_of(self._running[name])

    def kill(self, name: str, family: bool = False) -> None:
        """SIGKILL to a component's main process, or to all its processes at once."""
        members = self.family(name)
        self._orphans += members[1:]
        _kill(members if family else members[:1])
        self._running[name].process.wait()

    def orphans(self) -> list[psutil.Process]:
        """Children that live on though their main process was killed."""
        return [process for process in self._orphans if _lives(process)]

    def end(self) -> None:
        """Nothing that was ever started here is left, and nothing is started any more."""
        self._over = True
        for name in self._running:
            self._everyone += self.family(name)
        _kill([*self._everyone, *self._orphans])
        for component in self._running.values():
            component.process.wait()

    def _ready(self, name: str, component: Component) -> bool:
        assert component.process.poll() is None, f"{name} ended: {component.log.read_text(errors='replace')[-2000:]}"
        return listening(self.ports[name]) if name in self.ports else name == "beat" or component.said(READY)


def family_of(component: Component) -> list[psutil.Process]:
    """The main process and its descendants; none when the main one is gone."""
    with suppress(psutil.NoSuchProcess):
        main = psutil.Process(component.process.pid)
        return [main, *main.children(recursive=True)]
    return []


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it knows its process from another with the same number
            process.kill()
