"""The options that name labelled data: a table and its photos, or a published layout."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:  # it loads numpy and Pillow: only where a command needs it
    from indexer.datasets import Dataset

EXISTING = click.Path(exists=True, path_type=Path)


@dataclass(frozen=True)
class DataChoice:
    """What the options named: either `table` and `images`, or `spec`, as KIND:PATH."""

    table: Path | None
    images: Path | None
    spec: str | None
    labels: tuple[str, ...]
    download: bool = False

    def open(self, labels: tuple[str, ...] = ()) -> "Dataset":
        """Open the data set; `labels` are its label fields where the options name none.

        Data without `val`, or without any split, are cut, the same way each time, so that what training leaves out
        is what is measured. Raises InvalidRequest and InvalidCatalogue.
        """
        from indexer.datasets.open import TABLE, open_dataset, parse_spec
        from indexer.datasets.splitting import complete_splits

        if (self.table is None) == (self.spec is None):
            raise click.UsageError("name the data by --table and --images, or by --data KIND:PATH")
        kind, path = parse_spec(self.spec) if self.spec else (TABLE, self.table or Path())
        return complete_splits(open_dataset(kind, path, self.labels or labels, self.images, download=self.download))

    def words(self) -> list[str]:
        """The options again, paths from their last folder on, for a model card."""
        from indexer.training.provenance import short_path

        words = ["--data", short_spec(self.spec)] if self.spec else []
        words += ["--table", short_path(self.table)] if self.table else []
        words += ["--images", short_path(self.images)] if self.images else []
        return words + [word for label in self.labels for word in ("--label", label)]


def short_spec(spec: str) -> str:
    """KIND:PATH with its path from the last folder on."""
    from indexer.training.provenance import short_path

    kind, _, path = spec.partition(":")
    return f"{kind}:{short_path(Path(path))}"


def data_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the options, as one argument `data`: a DataChoice."""

    @wraps(command)  # the options that it has already come along
    def run(
        table: Path | None, images: Path | None, spec: str | None, labels: tuple[str, ...], download: bool, **rest: Any
    ) -> Any:
        return command(data=DataChoice(table, images, spec, labels, download), **rest)

    for option in (
        click.option("--download", is_flag=True, help="Fetch Fashion-MNIST where its folder lacks it."),
        click.option(
            "--label",
            "labels",
            multiple=True,
            help="Label field; may be repeated, the first one leads.  [default: all]",
        ),
        click.option(
            "--data",
            "spec",
            metavar="KIND:PATH",
            help="Data in a published layout: folder, fashion-mnist, deepfashion-inshop or deepfashion-attributes.",
        ),
        click.option("--images", type=EXISTING, help="Folder or zip archive that the image column's names lead into."),
        click.option("--table", type=EXISTING, help="CSV or TSV with columns for image, labels, title and split."),
    ):
        run = option(run)
    return run
