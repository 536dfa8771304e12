"""`lookalike classify`: what the model takes photos for."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.errors import HostAway, InvalidRequest, NotFound, Unsupported
from services.settings import load_settings

if TYPE_CHECKING:
    from PIL import Image

    from services.bootstrap import Platform
    from services.encoders.protocol import Prediction
    from services.search import Box
    from web.cli.sheet import Card

BATCH = 16
PREVIEW = (320, 320)


@dataclass
class _Run:
    """One run of the command: how photos are read, and how many could not be."""

    platform: "Platform"
    box: "Box | None"
    unread: int = 0

    def photos(self, places: Sequence[str]) -> "Iterator[tuple[str, Image.Image]]":
        """Every photo with its path or URL; what cannot be read is told on stderr and counted."""
        from web.cli.photos import places_in

        for place in places:
            try:
                for name in places_in(place):
                    yield from self._photo(name)
            except (NotFound, OSError) as exc:  # a folder without photos, or one that may not be read
                self._fail(exc)

    def _photo(self, place: str) -> "Iterator[tuple[str, Image.Image]]":
        from web.cli.photos import read_photo

        try:
            photo = read_photo(self.platform, place, self.box)
        except (InvalidRequest, NotFound, HostAway) as exc:
            self._fail(exc)
        else:
            yield place, photo

    def _fail(self, problem: Exception) -> None:
        from web.cli.found import printable

        self.unread += 1
        click.echo(f"lookalike: {printable(str(problem))}", err=True)


@click.command()
@click.argument("places", nargs=-1, required=True, metavar="PHOTO_OR_FOLDER_OR_URL...")
@click.option("--box", "raw_box", metavar="X1,Y1,X2,Y2", help="The part that matters of each, as fractions.")
@click.option("--top", type=click.IntRange(1, 50), default=5, show_default=True, help="Labels told of each field.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line for each photo.")
@click.option("--open", "opens", is_flag=True, help="Write a contact sheet, and open it where there is a display.")
@click.option("--sheet", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it; .html or .png.")
def classify(
    places: tuple[str, ...], raw_box: str | None, top: int, as_json: bool, opens: bool, sheet: Path | None
) -> None:
    """Label photos with every field that the model knows, the likeliest labels first.

    Neither the catalogue nor the index is needed. Exit status 1: some photos could not be read; the others are told.
    """
    from services.bootstrap import build
    from web.cli.photos import parse_box

    box = parse_box(raw_box) if raw_box is not None else None
    run = _Run(build(load_settings()), box)
    photos, cards = run.photos(places), []
    while batch := list(islice(photos, BATCH)):
        cards += _label(run.platform, batch, top, as_json, keep=bool(opens or sheet))
    if cards:
        from web.cli.sheet import show, write_sheet

        show(write_sheet(sheet, f"{len(cards)} photos, as the model has them", (), cards), opens)
    if run.unread:
        raise SystemExit(1)


def _label(
    platform: "Platform", batch: "Sequence[tuple[str, Image.Image]]", top: int, as_json: bool, keep: bool
) -> "list[Card]":
    """Label a batch and print it; returns a card for each photo where they are to be kept.

    Raises Unsupported where the model has no label heads.
    """
    from services.confidence import PROBABILITY_DIGITS
    from web.cli.found import figure, print_rows
    from web.cli.sheet import Card

    cards = []
    for (place, photo), prediction in zip(batch, _classified(platform, [photo for _, photo in batch]), strict=True):
        labels = {field: ranked[:top] for field, ranked in prediction.items()}
        rows = [(place, field, label, figure(sure)) for field, ranked in labels.items() for label, sure in ranked]
        if as_json:
            told = {
                field: [{"label": label, "probability": round(sure, PROBABILITY_DIGITS)} for label, sure in ranked]
                for field, ranked in labels.items()
            }
            click.echo(json.dumps({"photo": place, "labels": told, "model": platform.encoder.model.key}))
        else:
            print_rows(("photo", "field", "label", "probability"), rows)
        if keep:
            small = photo.copy()
            small.thumbnail(PREVIEW)
            first = [f"{field}: {ranked[0][0]} {figure(ranked[0][1])}" for field, ranked in labels.items() if ranked]
            cards.append(Card(place.rstrip("/").rpartition("/")[2], first, small))
    return cards


def _classified(platform: "Platform", photos: "Sequence[Image.Image]") -> "list[Prediction]":
    """As services.search has it, without an index. Raises Unsupported."""
    from services.encoders.protocol import Classifier

    encoder = platform.encoder
    if not isinstance(encoder, Classifier):
        raise Unsupported(f"the model {encoder.model.key} has no label heads, so it cannot classify")
    return encoder.classify(photos)
