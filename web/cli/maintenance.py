"""Commands for operators: migrate the catalogue database, compare and repair, rebuild."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from services.errors import Unavailable
from services.settings import PREFIX, Settings, load_settings

if TYPE_CHECKING:
    from indexer.reconcile import Send


@click.command()
def migrate() -> None:
    """Bring the catalogue database to this version's tables. `up` does this by itself."""
    from services.bootstrap import build

    build(load_settings()).database.migrate()


@click.command("settings")
def show_settings() -> None:
    """Print every setting, its default and what it means, as a Markdown table."""
    click.echo("| variable | default | meaning |\n| --- | --- | --- |")
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, dict | list):
            default = json.dumps(default)
        shown = f"`{default}`" if str(default) else "(empty)"
        click.echo(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")


@click.command()
@click.option("--fix", is_flag=True, help="Have workers repair what differs.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def reconcile(fix: bool, as_json: bool) -> None:
    """Compare the index with the catalogue: missing, stale and orphaned rows. Exit status 2 when they differ."""
    from indexer.reconcile import audit
    from services.bootstrap import build
    from workers.app import make_app
    from workers.queue import WorkQueue

    platform = build(load_settings())
    queue = WorkQueue(make_app(platform.settings), platform.settings.chunk_size)
    store = platform.index.store()
    found = audit(platform.catalogue, platform.claims, store, fix, send=patient(queue.send))
    if as_json:
        click.echo(json.dumps(found.__dict__))
    else:
        click.echo(
            f"{found.checked:,} images checked: {found.missing:,} missing, {found.stale:,} stale, "
            f"{found.orphaned:,} orphaned; {found.waiting:,} products wait"
            + ("; being repaired by the workers" if fix and not found.clean else "")
        )
    if not (found.clean or fix):
        raise SystemExit(2)


def patient(send: "Send") -> "Send":
    """The same, without an error while the queue is away: sweeps will send what it could not."""

    def sent(product_ids: Sequence[str]) -> None:
        with suppress(Unavailable):
            send(product_ids)

    return sent


@click.command()
@click.option("--model", help="Build for this model instead of LOOKALIKE_MODEL: a bundle's folder, or open_clip:NAME.")
def rebuild(model: str | None) -> None:
    """Build the index anew for LOOKALIKE_MODEL, aside, and switch to it when it is complete.

    After a change of model or of typed fields, restart the web process and the workers with the new settings.
    """
    from rich.progress import Progress

    from indexer.rebuild import Rebuild
    from indexer.rows import RowBuilder
    from services.bootstrap import build

    platform = build(load_settings() if model is None else load_settings(model=model))
    settings = platform.settings
    builder = RowBuilder(
        platform.encoder,
        platform.images,
        platform.limits,
        settings.decode_threads,
        predict_from=settings.predict_from,
    )
    run = Rebuild(
        platform.catalogue, platform.claims, platform.locks, platform.indexes, builder, platform.encoder.model
    )
    with Progress() as bars:
        task = bars.add_task("products", total=None)
        rebuilt = run.run(lambda done, total: bars.update(task, completed=done, total=total))
    click.echo(
        f"generation {rebuilt.name.generation} is live with {rebuilt.rows:,} images; "
        f"{rebuilt.failed:,} products could not be indexed, {rebuilt.requeued:,} changed lately or meanwhile and follow"
    )
    if model is not None and model != load_settings().model:
        click.echo(f"Restart the web process and the workers with LOOKALIKE_MODEL={model}; until then they answer 503.")
