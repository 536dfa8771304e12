"""`lookalike train` and `lookalike evaluate`: fine-tune a model on a catalogue's own labels, and measure any model."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:  # these load numpy, and some of them torch: only where a command needs them
    from indexer.training.data import LabelledTable
    from services.encoders import Encoder

LABELS = ("article_type", "sub_category", "base_colour", "gender")
POSITIVE = click.IntRange(min=1)
EXISTING = click.Path(exists=True, path_type=Path)

table_option = click.option(
    "--table", required=True, type=EXISTING, help="CSV or TSV with columns title, image, labels and split."
)
images_option = click.option(
    "--images", required=True, type=EXISTING, help="Folder or zip archive that the image column's names lead into."
)


@click.command()
@table_option
@images_option
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    help="Folder of the new bundle.",
)
@click.option("--start", type=EXISTING, help="ImageNet weights (.safetensors) to start from; else from scratch.")
@click.option(
    "--epochs", type=click.FloatRange(min=0, min_open=True), help="Passes over the photos; else the recipe's own."
)
@click.option("--batch-size", type=click.IntRange(min=2), help="Photos a step; else the recipe's own.")
@click.option("--limit", type=POSITIVE, help="Train on the first so many rows only.")
@click.option("--seed", type=click.IntRange(min=0), help="Of everything random; else the recipe's own.")
@click.option(
    "--label", "labels", multiple=True, default=LABELS, show_default=True, help="Label column; may be repeated."
)
@click.option("--name", default="lookalike-mobilenetv2", show_default=True, help="Name of the model.")
@click.option("--version", default="1", show_default=True, help="Version of the model.")
def train(
    table: Path,
    images: Path,
    out: Path,
    start: Path | None,
    epochs: float | None,
    batch_size: int | None,
    limit: int | None,
    seed: int | None,
    labels: tuple[str, ...],
    name: str,
    version: str,
) -> None:
    """Fine-tune a model on the rows of split `train`, and measure it on those of split `val`."""
    from indexer.training.data import LabelledTable
    from indexer.training.joint import JointRecipe
    from indexer.training.run import train_joint

    usual = JointRecipe()
    recipe = JointRecipe(
        epochs=usual.epochs if epochs is None else epochs,
        batch_size=usual.batch_size if batch_size is None else batch_size,
        seed=usual.seed if seed is None else seed,
    )
    source = LabelledTable(table, images, labels)
    with _progress("reading photos") as progress:
        task = progress.tasks[0].id

        def report(figures: str, step: int, steps: int) -> None:
            progress.update(task, description=figures, completed=step, total=steps)

        train_joint(source, recipe, out, report, start, limit, name, version)
    _measure_held_out(out, source)
    click.echo(f"The bundle is in {out}; try it with: lookalike evaluate {out} --table {table} --images {images}")


@click.command()
@click.argument("model", default="")
@table_option
@images_option
@click.option("--split", default="val", show_default=True, help="Rows to measure on.")
@click.option("--limit", type=POSITIVE, help="Measure on the first so many rows only.")
@click.option("--label", "labels", multiple=True, help="Label column; may be repeated.  [default: the model's own]")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.option(
    "--sheet", type=click.Path(dir_okay=False, path_type=Path), help="Draw some nearest neighbours to this PNG."
)
def evaluate(
    model: str,
    table: Path,
    images: Path,
    split: str,
    limit: int | None,
    labels: tuple[str, ...],
    as_json: bool,
    sheet: Path | None,
) -> None:
    """Measure MODEL on held-out truth.

    MODEL is a bundle's folder, or open_clip:NAME; without it, the bundle that ships with Lookalike.
    """
    from indexer.evaluation.encode import encode_split
    from indexer.evaluation.evaluate import figures
    from indexer.evaluation.neighbours import neighbour_sheet
    from services.encoders import load_encoder

    if sheet is not None and not sheet.absolute().parent.is_dir():  # told now, not after minutes of work
        raise click.BadParameter(f"no such folder: {sheet.parent}", param_hint="--sheet")
    encoder = load_encoder(model)
    source = _labelled_table(encoder, table, images, labels)
    with _progress(f"encoding {split}") as progress:
        task = progress.tasks[0].id
        encoded = encode_split(
            encoder, source, split, limit, lambda done, rows: progress.update(task, completed=done, total=rows)
        )
    found = figures(encoder, source, encoded)
    if sheet is not None:
        neighbour_sheet(encoder, source, encoded).save(sheet, format="PNG")
    if as_json:
        click.echo(json.dumps({"model": encoder.model.key, "split": split, **found}))
    else:
        _print_figures(f"{encoder.model.key} on {split}", found)


def _labelled_table(encoder: "Encoder", table: Path, images: Path, labels: tuple[str, ...]) -> "LabelledTable":
    """The table with the label columns that were asked for, else those that it shares with the model's heads."""
    from indexer.readers import read_table
    from indexer.training.data import LabelledTable
    from services.encoders.bundle_encoder import BundleEncoder

    if not labels:
        heads = encoder.bundle.labels if isinstance(encoder, BundleEncoder) else LABELS
        columns = next((row.cells for row in read_table(table) if row.problem is None), {})
        labels = tuple(head for head in heads if head in columns)
    return LabelledTable(table, images, labels)


def _measure_held_out(bundle: Path, source: "LabelledTable") -> None:
    from indexer.training.measure import measured

    if not source.has_split("val"):
        click.echo("Not measured: the table has no column `split` with rows `val` that training left out.")
        return
    with _progress("measuring on val") as progress:
        task = progress.tasks[0].id
        written = measured(
            bundle, source, ["val"], lambda done, rows: progress.update(task, completed=done, total=rows)
        )
    _print_figures(f"{written.info.key} on val", written.facts["metrics"]["val"])


@contextmanager
def _progress(description: str) -> Iterator[Progress]:
    """A bar of one task on stderr, so that stdout stays for results."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        progress.add_task(description, total=None)
        yield progress


def _print_figures(title: str, figures: dict[str, float | int]) -> None:
    click.echo(title)
    shown = Table()
    shown.add_column("figure")
    shown.add_column("value", justify="right")
    for name, value in figures.items():
        shown.add_row(name, f"{value:,}" if isinstance(value, int) else f"{value:.4f}")
    Console().print(shown)
