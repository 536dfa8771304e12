"""What several commands share: a progress bar, and a printed table of figures."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table


@contextmanager
def progress_bar(description: str) -> Iterator[Progress]:
    """A bar of one task on stderr, so that stdout stays for results."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        progress.add_task(description, total=None)
        yield progress


def print_figures(title: str, figures: Mapping[str, float | int]) -> None:
    """Print a line of `title` and a table of the figures."""
    click.echo(title)
    shown = Table()
    shown.add_column("figure")
    shown.add_column("value", justify="right")
    for name, value in figures.items():
        shown.add_row(name, f"{value:,}" if isinstance(value, int) else f"{value:.4f}")
    Console().print(shown)
