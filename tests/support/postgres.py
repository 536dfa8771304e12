"""A real PostgreSQL server of its own for the tests: made, run and removed within the session."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
from components import free_port
from psycopg import sql

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
# Nothing here outlives the session, so nothing has to reach the disk. A circle of locks is found at once.
SPEED = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "deadlock_timeout": "100ms",
}


def missing() -> str | None:
    """Why no PostgreSQL can be started here; None when one can."""
    if _binaries() is None:
        return "no PostgreSQL here; Debian and Ubuntu have it as: apt-get install postgresql"
    if os.getuid() == 0 and _account() is None:
        return "PostgreSQL refuses to run as root, and there is no user `postgres` to run it as"
    return None


class PostgresProcess:
    """`postgres` in a folder of its own, on a free loopback port; `url` is that of its first database.

    It sorts text as English does, not by code point, as many servers in the field do.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        # Not in pytest's own folder: that is closed to the user `postgres`, and too long for a socket's name.
        self._folder = Path(tempfile.mkdtemp(prefix="lookalike-postgres-", dir="/tmp"))
        self._user = _account() if os.getuid() == 0 else None
        if self._user:
            shutil.chown(self._folder, self._user)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster and start the server; returns once it takes connections."""
        command = [_binary("postgres"), "-D", self._data, "-p", str(self.port), "-k", self._folder, "-h", "127.0.0.1"]
        settings = [f"--{name}={value}" for name, value in SPEED.items()]
        with (self._folder / "server.log").open("ab") as log:
            if self._popen([_binary("initdb"), "-D", self._data, *_cluster()], log).wait() == 0:
                self._process = self._popen([*command, *settings], log)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "server.log").read_text("utf-8", "replace")[-2000:])
            time.sleep(0.05)

    def stop(self) -> None:
        """End it and its children, and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            # Not SIGKILL at first, which would leave its shared memory behind. This one does not wait for clients.
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _popen(self, command: list[str | Path], log: object) -> "subprocess.Popen[bytes]":
        # A session of its own, so that Ctrl-C reaches pytest alone, which then stops it.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,  # type: ignore[arg-type]
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            start_new_session=True,
        )

    def _answers(self) -> bool:
        try:
            _administer(self.url, sql.SQL("SELECT 1"))
        except psycopg.OperationalError:
            return False
        return True


@contextlib.contextmanager
def fresh_database(server_url: str, template: str = "template1", encoding: str = "UTF8") -> Iterator[str]:
    """The URL of a new database on the server, dropped at the end; a copy of the database `template`."""
    name = f"test_{uuid.uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING {}")
    _administer(server_url, create.format(sql.Identifier(name), sql.Identifier(template), sql.Literal(encoding)))
    try:
        yield server_url.rpartition("/")[0] + "/" + name
    finally:
        _administer(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(url: str, statement: sql.Composable) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=10) as connection:
        connection.execute(statement)


def _binaries() -> Path | None:
    """The folder with the newest server's programs: Debian keeps them out of the PATH."""
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if debian:
        return max(debian, key=lambda folder: int(folder.parent.name.partition(".")[0]))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found and shutil.which("postgres") else None


def _binary(name: str) -> Path:
    folder = _binaries()
    assert folder is not None
    return folder / name


def _cluster() -> list[str]:
    """What `initdb` is asked for. ICU (PostgreSQL 15 and later) is the one locale that is there on every machine."""
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    about = subprocess.run([_binary("initdb"), "--help"], capture_output=True, text=True, check=True).stdout
    return [*options, "--locale-provider=icu", "--icu-locale=en-US"] if "--icu-locale" in about else options


def _account() -> str | None:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None
