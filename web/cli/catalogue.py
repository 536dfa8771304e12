"""Commands that feed the catalogue: a file of one's own, or the drawn sample."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.errors import InvalidRequest
from services.settings import load_settings

if TYPE_CHECKING:
    from services.bootstrap import Platform
    from services.catalogue import ImportProgress

POLL_S = 0.3
QUIET_S = 60.0


@click.command()
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--images", required=True, type=click.Path(path_type=Path, exists=True), help="Folder or zip of photos.")
@click.option(
    "--map", "mapping", multiple=True, metavar="TARGET=COLUMN", help="Where id, image or an attribute stands."
)
@click.option("--limit", type=click.IntRange(min=1), help="Read only the first rows.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def ingest(table: Path, images: Path, mapping: tuple[str, ...], limit: int | None, as_json: bool) -> None:
    """Feed TABLE (CSV or TSV with a header) and its photos through the queue, and watch until all is indexed."""
    from services.bootstrap import build

    platform = build(load_settings())
    platform.database.check()
    import_id, progress, seconds = feed(platform, table, images, _mapping(mapping), limit, quiet=as_json)
    if as_json:
        click.echo(json.dumps({"import": import_id, **progress.__dict__, "seconds": round(seconds, 1)}))
    else:
        _conclude(platform, import_id, progress, seconds)
    if progress.failed or progress.refused:
        raise SystemExit(2)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def sample(folder: Path) -> None:
    """Draw the sample catalogue into FOLDER: catalogue.csv and images/."""
    from indexer.sample import write_catalogue

    click.echo(write_catalogue(folder))


def feed_sample(platform: "Platform") -> None:
    """Draw the sample catalogue, once, and feed it through the queue."""
    from indexer.sample import write_catalogue

    folder = platform.settings.data_dir / "sample"
    click.echo("Drawing the sample catalogue ...")
    table = write_catalogue(folder)
    import_id, progress, seconds = feed(platform, table, folder, {}, None)
    _conclude(platform, import_id, progress, seconds)


def feed(
    platform: "Platform", table: Path, images: Path, mapping: dict[str, str], limit: int | None, quiet: bool = False
) -> tuple[str, "ImportProgress", float]:
    """Ingest a table and wait until its products are settled, with a live bar; returns import id, counts, seconds."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from indexer.ingest import Columns, Ingest
    from workers.app import make_app
    from workers.queue import WorkQueue

    queue = WorkQueue(make_app(platform.settings), platform.settings.chunk_size)
    began = time.monotonic()
    columns = (
        TextColumn("{task.description:>8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True, quiet=quiet)) as bars:
        reading = bars.add_task("accepted", total=None, rate="")
        indexing = bars.add_task("indexed", total=None, rate="")
        run = Ingest(platform, queue.send, Columns(mapping))
        import_id = run.run(table, images, limit, lambda read: bars.update(reading, completed=read))
        moved, done = time.monotonic(), -1
        while True:
            progress = platform.imports.progress(import_id)
            settled, now = progress.read - progress.queued, time.monotonic()
            rate = f"{settled / (now - began):.0f}/s"
            bars.update(reading, total=progress.read)
            bars.update(indexing, total=progress.read, completed=settled, rate=rate)
            if progress.settled:
                return import_id, progress, now - began
            if settled != done:
                moved, done = now, settled
            elif now - moved > QUIET_S:
                bars.console.print(f"Nothing was indexed for {QUIET_S:.0f} s; is a worker running? Waiting on ...")
                moved = now
            time.sleep(POLL_S)


def _conclude(platform: "Platform", import_id: str, progress: "ImportProgress", seconds: float) -> None:
    rate = progress.read / max(seconds, 1e-9)
    click.echo(
        f"{progress.read:,} rows: {progress.indexed:,} indexed, {progress.failed:,} failed, {progress.refused:,} refused, "
        f"in {seconds:.1f} s ({rate:.0f}/s); import {import_id}"
    )
    for line in platform.imports.problems(import_id):
        if line.problem is not None:
            click.echo(f"  line {line.number} ({line.product_id}): {line.problem.code}: {line.problem.detail}")


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        target, separator, column = pair.partition("=")
        if not (separator and target and column):
            raise InvalidRequest(f"--map {pair!r}: write TARGET=COLUMN, for example category=article_type")
        mapping[target] = column
    return mapping
