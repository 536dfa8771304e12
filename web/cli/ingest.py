"""Commands that feed the catalogue: a file of one's own, or the drawn sample."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.errors import InvalidRequest
from services.settings import load_settings

if TYPE_CHECKING:
    from services.bootstrap import Platform
    from services.catalogue import ImportProgress


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
@click.option("--limit", type=click.IntRange(min=1), help="Draw only the first products.")
def sample(folder: Path, limit: int | None) -> None:
    """Draw the sample catalogue into FOLDER: catalogue.csv and images/."""
    from indexer.sample import write_catalogue

    click.echo(write_catalogue(folder, limit=limit))


def feed_sample(platform: "Platform", table: Path) -> None:
    """Feed the sample catalogue through the queue."""
    import_id, progress, seconds = feed(platform, table, table.parent, {}, None)
    _conclude(platform, import_id, progress, seconds)


def feed(
    platform: "Platform", table: Path, images: Path, mapping: dict[str, str], limit: int | None, quiet: bool = False
) -> tuple[str, "ImportProgress", float]:
    """Ingest a table and wait until its products are settled, with a live bar; returns import id, counts, seconds."""
    from indexer.ingest import Columns, Ingest
    from web.cli.progress import ImportBars
    from workers.app import make_app
    from workers.queue import WorkQueue

    queue = WorkQueue(make_app(platform.settings), platform.settings.chunk_size)
    with ImportBars(platform.imports, quiet) as bars:
        import_id = Ingest(platform, queue.send, Columns(mapping)).run(table, images, limit, bars.read)
        return import_id, bars.wait(import_id), bars.seconds


def _conclude(platform: "Platform", import_id: str, progress: "ImportProgress", seconds: float) -> None:
    rate = progress.read / max(seconds, 1e-9)
    counts = f"{progress.indexed:,} indexed, {progress.failed:,} failed, {progress.refused:,} refused"
    click.echo(f"{progress.read:,} rows: {counts}, in {seconds:.1f} s ({rate:.0f}/s); import {import_id}")
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
