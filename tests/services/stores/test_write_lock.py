"""One writer at a time on Milvus Lite, in a process and between processes; side by side on a real Milvus."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from services.errors import Unavailable
from services.stores.milvus_connection import MilvusConnection
from services.stores.write_lock import WriteLock

HOLD = """
import sys, time
from pathlib import Path
from services.stores.write_lock import WriteLock
with WriteLock(Path(sys.argv[1])).held():
    print("held", flush=True)
    time.sleep(60)
"""


def taken_within(lock: WriteLock, seconds: float) -> bool:
    """Whether another thread gets the lock in that time; it is let go of at once."""
    got = threading.Event()

    def take() -> None:
        with lock.held():
            got.set()

    threading.Thread(target=take, daemon=True).start()
    return got.wait(seconds)


def test_threads_take_turns_and_a_holder_may_take_it_again(tmp_path: Path) -> None:
    lock = WriteLock(tmp_path / "lock")
    with lock.held(), lock.held():
        assert not taken_within(lock, 0.2)
    assert taken_within(lock, 5)


def test_another_process_is_kept_out_until_it_dies(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    with holder, holder.stdout:
        assert holder.stdout.readline() == "held\n"
        lock = WriteLock(file)
        got = threading.Event()

        def take() -> None:
            with lock.held():
                got.set()

        threading.Thread(target=take, daemon=True).start()
        assert not got.wait(0.3)
        holder.kill()
        assert got.wait(5), "the kernel frees what a dead process held"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="lock of writers"), WriteLock(tmp_path / "file" / "lock").held():
        pass


@pytest.mark.parametrize("version", ["milvus_lite-3.2.2", "v2.6.4"])
def test_only_milvus_lite_asks_for_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    connection = MilvusConnection("http://unused", "", 1.0, tmp_path / "lock")
    monkeypatch.setattr(connection, "call", lambda what, function: version)
    with connection.writing():
        began = time.monotonic()
        alone = not taken_within(connection._lite_lock, 0.2)
    assert alone is ("lite" in version), f"after {time.monotonic() - began:.1f} s"


def test_the_real_one_says_that_it_is_lite(milvus_uri: str, tmp_path: Path) -> None:
    connection = MilvusConnection(milvus_uri, "", 10.0, tmp_path / "lock")
    with connection.writing():
        assert not taken_within(connection._lite_lock, 0.1)
    connection.close()
