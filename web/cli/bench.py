"""`lookalike bench`: a catalogue through the queue, beside a bare decode-and-encode loop over the same photos."""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.errors import Unavailable
from services.settings import PREFIX, Settings, load_settings

if TYPE_CHECKING:
    from services.bootstrap import Platform

START_UP_S = 180.0


@click.command()
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--images", required=True, type=click.Path(path_type=Path, exists=True), help="Folder or zip of photos.")
@click.option("--limit", default=2000, show_default=True, type=click.IntRange(min=1), help="Rows to feed.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1), help="Measure so often.")
def bench(table: Path, images: Path, limit: int, rounds: int) -> None:
    """Time TABLE through the queue of a fresh stack, and a bare decode-and-encode loop, in turns."""
    click.echo(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")
    through_queue, bare = [], []
    for number in range(1, rounds + 1):
        bare.append(_bare_loop(table, images, limit))
        through_queue.append(_through_queue(table, images, limit))
        ratio = through_queue[-1] / bare[-1]
        click.echo(
            f"round {number}: bare loop {bare[-1]:.1f} s ({limit / bare[-1]:.0f} images/s), through the queue "
            f"{through_queue[-1]:.1f} s ({limit / through_queue[-1]:.0f} products/s), ratio {ratio:.2f}"
        )
    ratios = [slow / fast for slow, fast in zip(through_queue, bare, strict=True)]
    click.echo(f"median ratio {statistics.median(ratios):.2f}")


def _bare_loop(table: Path, images: Path, limit: int) -> float:
    """Seconds to read, decode and encode the photos in chunks, with nothing else."""
    from concurrent.futures import ThreadPoolExecutor

    from indexer.readers import open_images, read_table
    from services.bootstrap import build
    from services.images import decode_image

    platform = build(load_settings())
    encoder, source = platform.encoder, open_images(images, platform.limits.max_bytes)
    names = [row.cells["image"] for row in islice(read_table(table), limit)]
    size = platform.settings.chunk_size
    with ThreadPoolExecutor(platform.settings.decode_threads) as threads:

        def encode(chunk: list[str]) -> None:
            pictures = threads.map(lambda name: decode_image(source.read(name), platform.limits), chunk)
            encoder.encode_images(list(pictures))

        encode(names[:size])  # the first batch pays for the runtime's set-up
        began = time.perf_counter()
        for start in range(0, len(names), size):
            encode(names[start : start + size])
        return time.perf_counter() - began


def _through_queue(table: Path, images: Path, limit: int) -> float:
    """Seconds from the first row read to the last product indexed, on a stack of its own."""
    from indexer.local_import import LocalFile
    from services.bootstrap import build
    from web.cli.ingest import feed

    with tempfile.TemporaryDirectory(prefix="lookalike-bench-") as folder, _stack(Path(folder)) as settings:
        platform = build(settings)
        _warm_up(platform)
        progress, seconds = feed(platform, LocalFile(table, str(images), limit=limit), quiet=True)
        platform.close()
        if progress.indexed != progress.read:
            click.echo(
                f"of {progress.read} rows {progress.failed} failed and {progress.refused} were refused", err=True
            )
        return seconds


def _warm_up(platform: "Platform") -> None:
    """Index one drawn product and remove it: the worker has its model loaded then, as it has in a shop."""
    from indexer.local_import import LocalFile
    from indexer.sample import write_catalogue
    from web.cli.ingest import feed

    folder = platform.settings.data_dir / "warm-up"
    feed(platform, LocalFile(write_catalogue(folder, limit=1), str(folder)), quiet=True)


@contextmanager
def _stack(folder: Path) -> Iterator[Settings]:
    """A stack of its own in `folder`, on free ports, stopped at the end."""
    ports = {name: _free_port() for name in ("port", "redis_port", "milvus_port")}
    settings = load_settings(data_dir=folder, **ports)
    environment = {f"{PREFIX}{name.upper()}": str(port) for name, port in ports.items()}
    command = [str(Path(sys.executable).with_name("lookalike")), "up", "--no-sample"]
    process = subprocess.Popen(  # noqa: S603  # our own command
        command,
        env={**os.environ, **environment, f"{PREFIX}DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _await(f"http://127.0.0.1:{ports['port']}/readyz", process)
        yield settings
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_UP_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=10):  # noqa: S310  # our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise Unavailable("the stack to measure did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
