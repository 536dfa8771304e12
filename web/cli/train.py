"""`lookalike train RECIPE`: a subcommand a recipe, a flag a number of it."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer.training.recipes import RECIPES, Clip, Recipe
from web.cli.data import EXISTING, DataChoice, data_options, short_spec
from web.cli.options import print_figures, progress_bar

if TYPE_CHECKING:  # it loads numpy and Pillow: only where a command needs it
    from indexer.datasets import Dataset

POSITIVE = click.IntRange(min=1)


@dataclass(frozen=True)
class Target:
    """Where the model goes, what it is called, and what else it learns from."""

    out: Path
    model: str
    version: str
    limit: int | None
    also: tuple[tuple[Path, Path], ...]
    also_data: tuple[str, ...]

    def words(self) -> list[str]:
        """The options again, for a model card; the model's name stands for the folder."""
        limit = [] if self.limit is None else ["--limit", str(self.limit)]
        return ["--out", self.model, "--name", self.model, "--version", self.version, *limit]

    def also_words(self) -> list[str]:
        """The further data again, paths from their last folder on."""
        from indexer.training.provenance import short_path

        words = [word for pair in self.also for word in ("--also", *map(short_path, pair))]
        return words + [word for spec in self.also_data for word in ("--also-data", short_spec(spec))]

    def further(self) -> "list[Dataset]":
        """The further data, opened."""
        tables = [DataChoice(table, images, None, ()) for table, images in self.also]
        return [data.open() for data in (*tables, *(DataChoice(None, None, spec, ()) for spec in self.also_data))]


@click.group()
def train() -> None:
    """Train a model on a catalogue's own labels, and measure it on split `val`.

    Each recipe is a command with a flag for every number it has. The same command again goes on where a killed one
    was, from its last whole epoch.
    """


def _command(name: str, kind: type[Recipe]) -> click.Command:
    """The subcommand of one recipe: its numbers as flags, with the recipe's own defaults."""

    def run(data: DataChoice, **given: Any) -> None:
        target = Target(**{part.name: given.pop(part.name) for part in fields(Target)})
        _train(name, kind(**given), data, target)

    command: Callable[..., None] = run
    for number in reversed(fields(kind)):
        flag = f"--{number.name.replace('_', '-')}"
        command = click.option(
            flag, type=type(number.default), default=number.default, show_default=True, help=number.metadata["help"]
        )(command)
    for option in (
        click.option(
            "--also",
            nargs=2,
            type=EXISTING,
            multiple=True,
            metavar="TABLE IMAGES",
            help="Learn from another table as well, with labels of its own; may be repeated.",
        ),
        click.option(
            "--also-data", multiple=True, metavar="KIND:PATH", help="The same for data in another layout, or drawn:N."
        ),
        click.option("--limit", type=POSITIVE, help="Train on the first so many rows only."),
        click.option("--version", default="1", show_default=True, help="Version of the model."),
        click.option("--name", "model", default=f"lookalike-{name}", show_default=True, help="Its name."),
        click.option(
            "--out",
            required=True,
            type=click.Path(file_okay=False, writable=True, path_type=Path),
            help="Folder of the new bundle.",
        ),
    ):
        command = option(command)
    summary = " ".join((kind.__doc__ or "").split())
    return click.command(name, help=summary)(data_options(command))


for recipe_name, recipe_kind in RECIPES.items():
    train.add_command(_command(recipe_name, recipe_kind))


def _train(recipe_name: str, recipe: Recipe, data: DataChoice, target: Target) -> None:
    from indexer.datasets.merge import merged
    from indexer.training.clip_run import train_clip
    from indexer.training.provenance import training_command
    from indexer.training.run import train as run

    own = data.open()
    dataset = merged([_without_leaks(each) for each in (own, *target.further())])
    command = training_command(recipe_name, [*data.words(), *target.also_words()], recipe, target.words())
    with progress_bar("reading photos") as progress:
        task = progress.tasks[0].id

        def report(told: str, done: int, total: int) -> None:
            if told.startswith("epoch"):
                progress.console.print(told)
            progress.update(task, description=told, completed=done, total=total or None)

        where = (target.out, report, target.limit, target.model, target.version, command)
        written = train_clip(dataset, recipe, *where) if isinstance(recipe, Clip) else run(dataset, recipe, *where)
    _measure(target.out, own)
    click.echo(f"{written.info.key} is in {target.out}. Put it to work: lookalike rebuild --model {target.out}")


def _without_leaks(dataset: "Dataset") -> "Dataset":
    """`dataset` less what lies in several splits: a title or a photo learned by heart measures nothing."""
    from indexer.datasets.drawn import NAME
    from indexer.datasets.identity import SAME
    from indexer.datasets.leakage import drop_leaks

    # Drawings of two seeds are never equal to the pixel, and drawing them all once more takes minutes.
    clean = drop_leaks(dataset, [way for way in SAME if way != "pixels" or dataset.name != NAME])
    for split, rows in dataset.examples.items():
        if lost := len(rows) - len(clean.examples.get(split, ())):
            click.echo(f"{lost:,} of {len(rows):,} rows of {split} are left out: their photo or title is held out too.")
    return clean


def _measure(bundle: Path, dataset: "Dataset") -> None:
    """Measure on what training left out, fit the confidence on it, and write both into the bundle."""
    from indexer.training.measure import finish

    if not dataset.examples.get("val"):
        click.echo("Not measured: the data has no split `val` that training left out.")
        return
    with progress_bar("measuring on val") as progress:
        task = progress.tasks[0].id
        found = finish(bundle, dataset, lambda done, rows: progress.update(task, completed=done, total=rows))
    print_figures("on val", found)
