"""Entry point of the `lookalike` command: registers the subcommands, and turns our errors into one line."""

import sys

import click

from services.errors import LookalikeError
from web.cli.bench import bench
from web.cli.classify import classify
from web.cli.evaluate import evaluate
from web.cli.failures import failures
from web.cli.imports import imports
from web.cli.ingest import ingest, sample
from web.cli.keys import keys
from web.cli.maintenance import migrate, rebuild, reconcile, show_settings
from web.cli.run import beat, serve, up, worker
from web.cli.search import search
from web.cli.train import train


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="lookalike")
def cli() -> None:
    """Visual search for fashion catalogues: a queue in, look-alikes out."""


for command in (
    up,
    search,
    classify,
    ingest,
    imports,
    failures,
    keys,
    sample,
    train,
    evaluate,
    rebuild,
    reconcile,
    migrate,
    show_settings,
    bench,
    serve,
    worker,
    beat,
):
    cli.add_command(command)


def main() -> None:
    """Run the command; an error that we raise on purpose becomes one line and exit status 1."""
    try:
        cli()
    except LookalikeError as exc:
        click.echo(f"lookalike: {exc}", err=True)
        sys.exit(1)
