"""`lookalike evaluate`: measures one model on held-out truth, or two against each other."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from web.cli.data import DataChoice, data_options
from web.cli.options import print_figures, progress_bar

if TYPE_CHECKING:  # these load numpy, and some of them torch: only where the command needs them
    from indexer.datasets import Dataset
    from indexer.evaluation.compare import Comparison
    from indexer.evaluation.study import Plan, Study
    from services.encoders import Encoder
    from services.precision import Precision

POSITIVE = click.IntRange(min=1)
OUTPUT = click.Path(dir_okay=False, path_type=Path)
WORST = 10


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL [OTHER]]")
@click.option("--split", default="val", show_default=True, help="Rows to measure on.")
@click.option("--limit", type=POSITIVE, help="Measure on the first so many rows of a split only.")
@click.option(
    "--gallery",
    type=click.Choice(["split", "all"]),
    default="split",
    show_default=True,
    help="Where words are searched: in the photos of the split, or also in those of all splits.",
)
@click.option("--knn", metavar="COLUMN", help="Also let the 15 nearest photos of split train vote on this column.")
@click.option("--robustness", is_flag=True, help="Also search by degraded copies of the photos.")
@click.option("--typed", is_flag=True, help="Also search by words as people type them.")
@click.option(
    "--precision",
    type=click.Choice(["f32", "bf16"]),
    default="f32",
    show_default=True,
    help="See photos in single precision, or in bf16, as LOOKALIKE_PRECISION has them encoded.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.option("--json-file", type=OUTPUT, help="Write the figures as one JSON object to this file.")
@click.option("--sheet", type=OUTPUT, help="Draw some nearest neighbours to this PNG.")
@click.option("--record", is_flag=True, help="Write the figures into the bundle's model.json and model card.")
@click.option("--html", type=OUTPUT, help="Write a report with plots and pictures to this file.")
@data_options
def evaluate(
    models: tuple[str, ...],
    data: DataChoice,
    split: str,
    limit: int | None,
    gallery: str,
    knn: str | None,
    robustness: bool,
    typed: bool,
    precision: "Precision",
    as_json: bool,
    json_file: Path | None,
    sheet: Path | None,
    html: Path | None,
    record: bool,
) -> None:
    """Measure MODEL on held-out truth; with OTHER, compare the two on the same rows.

    A model is a bundle's folder, or open_clip:NAME; without one, the bundle that ships with Lookalike.
    """
    from indexer.evaluation.study import Plan
    from services.encoders import load_encoder

    _check_outputs({"--sheet": sheet, "--html": html, "--json-file": json_file})
    if len(models) > 2:
        raise click.UsageError("at most two models can be compared")
    if record and (len(models) > 1 or limit is not None):
        raise click.UsageError("--record takes one model and the whole split")
    if record and precision != "f32":
        raise click.UsageError("--record takes figures in f32: a card tells what the weights are worth")
    plan = Plan(split, limit, gallery == "all", knn, robustness, typed)
    studies = _studies([load_encoder(model, precision=precision) for model in models or ("",)], data, plan)
    comparison = _comparison(studies)
    if record:
        _record(models, studies)
    result = _as_json(studies, comparison)
    if json_file is not None:
        json_file.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    if sheet is not None:
        _draw_sheet(studies[-1], sheet)
    if html is not None:
        _write_html(studies, comparison, html)
    if as_json:
        click.echo(json.dumps(result))
    else:
        _print(studies, comparison)


def _record(models: tuple[str, ...], studies: list["Study"]) -> None:
    """Write what was measured into the bundle."""
    from indexer.training.measure import record

    (study,) = studies
    record(Path(models[0]) if models else None, study.dataset.name, study.plan.split, study.measured.figures)


def _check_outputs(paths: dict[str, Path | None]) -> None:
    """Refuse a file in a folder that is not there: told now, not after minutes of work."""
    for option, path in paths.items():
        if path is not None and not path.absolute().parent.is_dir():
            raise click.BadParameter(f"no such folder: {path.parent}", param_hint=option)


def _studies(encoders: list["Encoder"], data: DataChoice, plan: "Plan") -> list["Study"]:
    from indexer.evaluation.study import study

    dataset = _dataset(encoders, data)
    found = []
    for encoder in encoders:
        with progress_bar(f"encoding {plan.split}") as progress:
            task = progress.tasks[0].id

            def stage(what: str, done: int, rows: int) -> None:
                progress.update(task, description=what, completed=done, total=rows)  # noqa: B023  # called within

            found.append(study(encoder, dataset, plan, stage))
    return found


def _dataset(encoders: list["Encoder"], data: DataChoice) -> "Dataset":
    """The data, with the labels that were asked for, else those that it shares with the heads, else its own."""
    from services.encoders.bundle_encoder import BundleEncoder

    dataset = data.open()
    heads = [name for encoder in encoders if isinstance(encoder, BundleEncoder) for name in encoder.bundle.labels]
    columns = {name for rows in dataset.examples.values() for row in rows[:1] for name in row.cells}
    shared = tuple(name for name in dict.fromkeys(heads) if name in columns)
    return replace(dataset, label_fields=shared) if shared and not data.labels else dataset


def _comparison(studies: list["Study"]) -> "Comparison | None":
    from indexer.evaluation.compare import compare

    if len(studies) < 2:
        return None
    first, second = studies
    return compare((first.measured, first.encoded), (second.measured, second.encoded), first.dataset.label_fields)


def _as_json(studies: list["Study"], comparison: "Comparison | None") -> dict[str, object]:
    first = studies[0]
    split = first.plan.split
    if comparison is None:
        typed = {found.query.query: found.precision for found in first.typed}
        result: dict[str, object] = {"model": first.encoder.model.key, "split": split, **first.measured.figures}
        return {**result, "typed": typed} if typed else result
    figures = {
        row.name: {"first": row.first, "second": row.second, "change": row.change, "low": row.low, "high": row.high}
        for row in comparison.differences
    }
    models = [study.encoder.model.key for study in studies]
    return {"models": models, "split": split, "overlap@10": float(comparison.overlap.mean()), "figures": figures}


def _draw_sheet(study: "Study", path: Path) -> None:
    from indexer.evaluation.neighbours import neighbour_sheet

    neighbour_sheet(study.encoder, study.dataset, study.encoded).save(path, format="PNG")


def _write_html(studies: list["Study"], comparison: "Comparison | None", path: Path) -> None:
    from indexer.evaluation.report import comparison_page, report_page

    page = report_page(studies[0]) if comparison is None else comparison_page(studies[0], studies[1], comparison)
    path.write_text(page, "utf-8")
    click.echo(f"The report is in {path}", err=True)


def _print(studies: list["Study"], comparison: "Comparison | None") -> None:
    first = studies[0]
    if comparison is not None:
        _print_comparison(studies, comparison)
        return
    print_figures(f"{first.encoder.model.key} on {first.plan.split}", first.measured.figures)
    if first.typed:
        worst = sorted(first.typed, key=lambda found: found.precision)[:WORST]
        print_figures("The worst typed queries", {found.query.query: found.precision for found in worst})


def _print_comparison(studies: list["Study"], comparison: "Comparison") -> None:
    click.echo(" against ".join(study.encoder.model.key for study in studies) + f" on {studies[0].plan.split}")
    shown = Table()
    shown.add_column("figure", no_wrap=True, overflow="fold")
    for name in ("first", "second", "change", "95 % interval"):
        shown.add_column(name, justify="right", no_wrap=True)
    for row in comparison.differences:
        interval = "" if row.low is None or row.high is None else f"{row.low:+.3f} {row.high:+.3f}"
        shown.add_row(row.name, f"{row.first:.3f}", f"{row.second:.3f}", f"{row.change:+.3f}", interval)
    Console().print(shown)
    click.echo(f"Of ten neighbours, the two have {10 * comparison.overlap.mean():.1f} in common.")
