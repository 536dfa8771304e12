"""The report that people read: one HTML file that needs nothing else, with plots, tables and pictures."""

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup, escape
from PIL import Image

from indexer.evaluation import plots
from indexer.evaluation.compare import Comparison, most_changed
from indexer.evaluation.degrade import DEGRADATIONS
from indexer.evaluation.details import FieldDetails
from indexer.evaluation.neighbours import TEXT_QUERIES, Gallery, photo_rows, picked_rows, text_rows
from indexer.evaluation.protocols import COUNTS, K, protocol
from indexer.evaluation.sheet import SheetRow
from indexer.evaluation.study import Study
from indexer.evaluation.typed import TypedResult
from services.encoders.protocol import TextEncoder
from services.images import flatten

TEMPLATES = Path(__file__).with_name("templates")
THUMBNAIL = (150, 180)
PHOTO_QUERIES, SHOWN_TYPED, CHANGED = 10, 10, 12
TEXT_FIGURES = ("r@1", f"r@{K}", f"mrr@{K}")
FIELD_FIGURES = ("accuracy", "macro_precision", "macro_recall", "macro_f1", "ece", "p@1", f"p@{K}", f"hit@{K}", "map@r")


@dataclass(frozen=True, slots=True)
class Card:
    """A photo as a data URI with what is written below it; `verdict` is `right`, `wrong` or empty."""

    picture: str
    caption: str
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A query, as words or a photo, and its hits; `note` stands beside it."""

    words: str
    picture: str
    hits: list[Card]
    note: str = ""


def report_page(study: Study) -> str:
    """The report of one model."""
    figures = study.measured.figures
    return _page(
        "report.html",
        study=study,
        figures=figures,
        headlines=_headlines(study),
        photo_rows=[
            _row(row) for row in photo_rows(study.dataset, study.encoded, picked_rows(study.encoded, PHOTO_QUERIES))
        ],
        text_rows=_text_rows(study),
        field_rows=[
            (name, [figures.get(f"{name}_{figure}") for figure in FIELD_FIGURES]) for name in study.dataset.label_fields
        ],
        field_figures=FIELD_FIGURES,
        fields=[_field(details) for details in study.details],
        title_rows=_title_rows(study),
        title_figures=TEXT_FIGURES,
        worst=_typed_rows(study, worst=True),
        best=_typed_rows(study, worst=False),
        typed=sorted(study.typed, key=lambda found: found.precision),
        robustness=_robustness(study),
        protocols=_protocols(figures),
    )


def comparison_page(first: Study, second: Study, comparison: Comparison) -> str:
    """The report of two models on the same rows."""
    differences = comparison.differences
    return _page(
        "comparison.html",
        first=first,
        second=second,
        differences=differences,
        forest=plots.forest(differences) if differences else "",
        overlap=float(comparison.overlap.mean()),
        histogram=plots.histogram(comparison.overlap.tolist()),
        classes=[
            (name, plots.class_dumbbells([*changes[:12], *changes[max(12, len(changes) - 12) :]]), len(changes))
            for name, changes in comparison.classes.items()
        ],
        changed=_changed(first, second, comparison),
        protocols=_protocols(row.name for row in differences),
    )


def _page(template: str, **context: object) -> str:
    """Render `template`; all that comes from data is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda value: "" if value is None else f"{100 * value:.1f}"
    environment.filters["points"] = lambda value: "" if value is None else f"{100 * value:+.1f}"
    environment.filters["spoken"] = spoken
    environment.filters["breakable"] = lambda name: escape(name).replace("_", Markup("_<wbr>"))
    return environment.get_template(template).render(**context)


def spoken(name: str) -> str:
    """A name as words.

    >>> spoken("base_colour")
    'base colour'
    """
    return name.replace("_", " ")


def data_uri(image: Image.Image) -> str:
    """A small JPEG of `image` that a page can hold."""
    small = flatten(image).copy()
    small.thumbnail(THUMBNAIL, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _headlines(study: Study) -> list[tuple[str, float, str]]:
    """The figures that matter most, of those that there are."""
    lead = study.dataset.label_fields[0] if study.dataset.label_fields else ""
    wanted = [f"text_r@{K}", f"text_r@{K}_all", f"typed_p@{K}", f"{lead}_accuracy", f"{lead}_macro_f1", f"{lead}_p@{K}"]
    wanted += [name for name in study.measured.figures if name.endswith("_knn15")]
    return [(name, study.measured.figures[name], protocol(name)) for name in wanted if name in study.measured.figures]


def _row(row: SheetRow) -> Row:
    words, picture, hits = row
    return Row(words, data_uri(picture) if picture else "", [Card(data_uri(image), text) for image, text in hits])


def _text_rows(study: Study) -> list[Row]:
    if not isinstance(study.encoder, TextEncoder):
        return []
    vectors = study.encoder.encode_texts(TEXT_QUERIES)  # (Q, D)
    return [_row(row) for row in text_rows(study.dataset, study.gallery, TEXT_QUERIES, vectors)]


def _field(details: FieldDetails) -> dict[str, object]:
    return {
        "details": details,
        "heat_map": plots.heat_map(details.labels, details.shares),
        "reliability": plots.reliability_plot(details.bins),
        "long_tail": plots.long_tail(details.classes),
    }


def _title_rows(study: Study) -> list[tuple[str, str, int, list[float | int | None]]]:
    """Protocol, gallery, number of queries and figures, of what was measured."""
    figures, rows = study.measured.figures, []
    for suffix, gallery in (("", f"photos of {study.plan.split}"), ("_all", "photos of all splits")):
        for prefix, who in (("text", "each titled row"), ("title", "each distinct title")):
            if f"{prefix}_r@1{suffix}" in figures:
                values = [figures.get(f"{prefix}_{figure}{suffix}") for figure in TEXT_FIGURES]
                rows.append((who, gallery, int(figures[f"{prefix}_queries"]), values))
    return rows


def _typed_rows(study: Study, worst: bool) -> list[Row]:
    """The typed queries with the lowest or the highest precision, and the photos that they found."""
    half = min(SHOWN_TYPED, len(study.typed) // 2)
    # Of equals, those with more to find say more.
    ranked = sorted(study.typed, key=lambda found: (found.precision if worst else -found.precision, -found.possible))
    gallery = Gallery(study.dataset, study.gallery)
    return [_typed_row(gallery, found) for found in ranked[:half]]


def _typed_row(gallery: Gallery, found: TypedResult) -> Row:
    cards = [
        Card(data_uri(gallery.photo(int(place))), gallery.encoded.rows[place].title, "right" if right else "wrong")
        for place, right in zip(found.hits, found.right, strict=True)
    ]
    wanted = "; ".join(f"{spoken(column)}: {' or '.join(values)}" for column, values in found.query.want.items())
    return Row(
        found.query.query, "", cards, f"{sum(found.right)} of {found.possible} that could be right; wants {wanted}"
    )


def _robustness(study: Study) -> dict[str, object] | None:
    """A group of bars a way of degrading, the undegraded first, and one photo in every way."""
    figures = study.measured.figures
    ways = [way for way in DEGRADATIONS if f"self@1_{way}" in figures]
    if not ways:
        return None
    kinds = [name.removesuffix(f"_{ways[0]}") for name in figures if name.endswith(f"_{ways[0]}")]
    groups = {"as it is": {spoken(kind): figures[kind] for kind in kinds if kind in figures}}
    groups |= {way: {spoken(kind): figures[f"{kind}_{way}"] for kind in kinds} for way in ways}
    photo = Gallery(study.dataset, study.encoded).photo(0)
    cards = [Card(data_uri(photo), "as it is")]
    cards += [Card(data_uri(DEGRADATIONS[way].apply(photo)), f"{way}: {DEGRADATIONS[way].says}") for way in ways]
    return {"plot": plots.grouped_bars(groups), "cards": cards}


def _changed(first: Study, second: Study, comparison: Comparison) -> list[tuple[Row, Row]]:
    """The photos whose neighbours changed most, with what either model finds by them."""
    picked = most_changed(comparison, CHANGED)
    found = []
    sides = [photo_rows(study.dataset, study.encoded, picked) for study in (first, second)]
    for place, one, other in zip(picked, *sides, strict=True):
        shared = f"{10 * comparison.overlap[place]:.0f} of ten in common"
        rows = [_row(side) for side in (one, other)]
        found.append((Row(rows[0].words, rows[0].picture, rows[0].hits, shared), rows[1]))
    return found


def _protocols(names: Iterable[str]) -> list[tuple[list[str], str]]:
    """The figures that mean the same, each with its own label, and what that is."""
    found: dict[str, list[str]] = {}
    for name in names:
        if name not in COUNTS:
            found.setdefault(protocol(name), []).append(name)
    return [(alike, text) for text, alike in found.items()]
