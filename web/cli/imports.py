"""`lookalike imports`: how far bulk imports are, what went wrong in them, and stopping one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from services.settings import load_settings

if TYPE_CHECKING:
    from services.bootstrap import Platform

PAGE = 500


@click.group()
def imports() -> None:
    """Bulk imports, whoever reads them."""


@imports.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
def list_(limit: int) -> None:
    """The latest imports."""
    platform = _platform()
    table = Table("import", "of", "state", "settled", "failed", "refused", "rate")
    table.columns[0].no_wrap = table.columns[3].no_wrap = True  # an id is there to be copied, and counts to be read
    for import_id in platform.imports.recent(limit):
        found = platform.imports.progress(import_id)
        settled = f"{found.read - found.queued:,} of {found.read:,}"
        numbers = (settled, f"{found.failed:,}", f"{found.refused:,}", f"{found.rate:.0f}/s")
        table.add_row(found.id, Path(found.source).name, found.state, *numbers)
    Console().print(table)


@imports.command()
@click.argument("import_id")
def show(import_id: str) -> None:
    """Where one import stands, as JSON."""
    from web.serialise import import_json

    click.echo(json.dumps(import_json(_platform().imports.progress(import_id)), indent=2))


@imports.command()
@click.argument("import_id")
def errors(import_id: str) -> None:
    """Every line of an import that has a problem, as JSON, a line each."""
    from web.serialise import line_json

    found, after = _platform().imports, 0
    found.progress(import_id)
    while page := found.problems(import_id, PAGE, after):
        after = page[-1].number
        for line in page:
            click.echo(json.dumps(line_json(line), ensure_ascii=False))


@imports.command()
@click.argument("import_id")
def watch(import_id: str) -> None:
    """Follow an import until nothing of it waits any more."""
    from web.cli.ingest import conclude
    from web.cli.progress import ImportBars

    platform = _platform()
    with ImportBars(platform.imports, quiet=False) as bars:
        progress = bars.wait(import_id)
        seconds = bars.seconds
    conclude(platform, progress, seconds)


@imports.command()
@click.argument("import_id")
def cancel(import_id: str) -> None:
    """Read no further. What was accepted stays accepted."""
    _platform().imports.cancel(import_id)
    click.echo(f"import {import_id} is cancelled")


def _platform() -> "Platform":
    from services.bootstrap import build

    platform = build(load_settings())
    platform.database.check()
    return platform
