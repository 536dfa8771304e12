"""Commands that feed the catalogue: a file of one's own, or the drawn sample."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.errors import InvalidRequest
from services.settings import load_settings

if TYPE_CHECKING:
    from indexer.local_import import LocalFile
    from services.bootstrap import Platform
    from services.catalogue import ImportProgress

KINDS = click.Choice(["csv", "tsv", "jsonl", "parquet", "google", "alibaba"])


@click.command()
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--images", metavar="PLACE", help="Folder or zip of photos, or an fsspec URL such as s3://bucket/photos.")
@click.option("--format", "kind", type=KINDS, help="What TABLE is, where its name does not tell.")
@click.option(
    "--map", "mapping", multiple=True, metavar="TARGET=COLUMN", help="Where id, image or an attribute stands."
)
@click.option("--limit", type=click.IntRange(1, 10**12), help="Read only the first rows.")
@click.option("--resume", is_flag=True, help="Go on where an earlier run on the same file was broken off.")
@click.option("--dry-run", is_flag=True, help="Check every row and photo, report, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def ingest(
    table: Path,
    images: str | None,
    kind: str | None,
    mapping: tuple[str, ...],
    limit: int | None,
    resume: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Feed TABLE and its photos through the queue, and watch until all is indexed.

    TABLE is CSV, TSV, JSONL or Parquet, a CSV of Google Product Search, or the JSONL of Alibaba Image Search.
    Exit status 2: some rows were refused, or failed.
    """
    from indexer.local_import import LocalFile

    file = LocalFile(table, images, kind, parse_mapping(mapping), limit)
    if dry_run:
        check_only(file, as_json)
        return
    from services.bootstrap import build

    platform = build(load_settings())
    platform.database.check()
    progress, seconds = feed(platform, file, resume, quiet=as_json)
    if as_json:
        from web.serialise import import_json

        click.echo(json.dumps({**import_json(progress), "seconds": round(seconds, 1)}))
    else:
        conclude(platform, progress, seconds)
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
    from indexer.local_import import LocalFile

    progress, seconds = feed(platform, LocalFile(table, str(table.parent)))
    conclude(platform, progress, seconds)


def feed(
    platform: "Platform", file: "LocalFile", resume: bool = False, quiet: bool = False
) -> "tuple[ImportProgress, float]":
    """Ingest a file and wait until its products are settled, with a live bar; returns counts and seconds."""
    from web.cli.progress import ImportBars
    from workers.app import make_app
    from workers.queue import WorkQueue

    queue = WorkQueue(make_app(platform.settings), platform.settings.chunk_size)
    with ImportBars(platform.imports, quiet) as bars:
        import_id = file.begin(platform, resume)
        file.run(platform, queue.send, import_id, lambda read: bars.read(import_id, read))
        return bars.wait(import_id), bars.seconds


def check_only(file: "LocalFile", as_json: bool) -> None:
    """Check a file, and say what was found; exit status 2 where rows cannot be used."""
    from web.cli.options import progress_bar

    with progress_bar("rows checked") as bar:
        found = file.check(load_settings(), lambda read: bar.update(bar.task_ids[0], completed=read))
    if as_json:
        problems = [{"line": line, **asdict(problem)} for line, problem in found.examples]
        click.echo(json.dumps({"rows": found.rows, "usable": found.usable, "codes": found.codes, "problems": problems}))
    else:
        unusable = found.rows - found.usable
        click.echo(f"{found.rows:,} rows: {found.usable:,} can be used, {unusable:,} cannot. Nothing was written.")
        for code, number in sorted(found.codes.items()):
            click.echo(f"  {number:,} x {code}")
        for line, problem in found.examples:
            click.echo(f"  line {line}: {problem.code}: {problem.detail}")
    if found.usable < found.rows:
        raise SystemExit(2)


def conclude(platform: "Platform", progress: "ImportProgress", seconds: float) -> None:
    """Say what came of an import, and which lines have a problem."""
    rate = progress.read / max(seconds, 1e-9)
    parts = ("indexed", "skipped", "failed", "refused", "stale")
    numbers = {part: getattr(progress, part) for part in parts}
    counts = ", ".join(f"{number:,} {part}" for part, number in numbers.items() if number or part == "indexed")
    click.echo(f"{progress.read:,} rows: {counts}, in {seconds:.1f} s ({rate:.0f}/s); import {progress.id}")
    problems = platform.imports.problems(progress.id)
    for line in problems:
        if line.problem is not None:
            click.echo(f"  line {line.number} ({line.product_id}): {line.problem.code}: {line.problem.detail}")
    if progress.failed + progress.refused > len(problems):
        click.echo(f"  ... all of them: lookalike imports errors {progress.id}")


def parse_mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    """`TARGET=COLUMN` pairs as a mapping. Raises InvalidRequest."""
    mapping = {}
    for pair in pairs:
        target, separator, column = pair.partition("=")
        if not (separator and target and column):
            raise InvalidRequest(f"--map {pair!r}: write TARGET=COLUMN, for example category=article_type")
        mapping[target] = column
    return mapping
