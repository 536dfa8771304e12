"""The report is one file that needs nothing else, shows what was measured, and trusts no label or title."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from indexer.datasets import Dataset, Example
from indexer.evaluation import plots
from indexer.evaluation.calibration import Bin
from indexer.evaluation.classes import ClassFigures
from indexer.evaluation.compare import compare
from indexer.evaluation.degrade import DEGRADATIONS
from indexer.evaluation.report import comparison_page, report_page
from indexer.evaluation.study import Plan, study
from indexer.evaluation.typed import TypedQuery, typed_results
from services.encoders.protocol import Encoder

NASTY = "<script>alert('$x_1$')</script> & \"quoted\""


@pytest.fixture(autouse=True)
def plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake encoder knows colours only; the words that ship do not all begin with one."""
    monkeypatch.setattr("indexer.evaluation.report.TEXT_QUERIES", ("red dress", "blue belt"))


class Page(HTMLParser):
    """Collects tags, links to elsewhere and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.anchors: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "src":
                self.sources.append(value or "")
            if name == "href":
                self.anchors.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def nasty(dataset: Dataset) -> Dataset:
    """The data set with a title, a label and a name that want to be a script."""
    rows = [
        Example(
            row.image,
            f"Red {NASTY}",
            {**row.cells, "colour": NASTY if row.cells["colour"] == "red" else row.cells["colour"]},
        )
        for row in dataset.rows("val")
    ]
    return replace(dataset.with_examples({"val": rows}), name=NASTY)


def test_the_report_shows_what_was_measured(complete: Encoder, dataset: Dataset) -> None:
    found = study(complete, dataset, Plan("val", all_splits=True, robustness=True))
    queries = [TypedQuery("red things", {"colour": ["red"]}), TypedQuery("green dresses", {"colour": ["blue"]})]
    found.typed = typed_results(complete, found.gallery, queries)
    page = Page(report_page(found))
    for heading in ("What looks like it", "Labels", "Titles", "Queries as people type them", "Worse photos"):
        assert heading in page.text
    assert f"{100 * found.measured.figures['colour_macro_f1']:.1f}" in page.text
    assert "each distinct title" in page.text
    assert "photos of all splits" in page.text
    assert "green dresses" in page.text
    assert "3 of 3 that could be right" in page.text
    # Six photos and two texts as queries, their hits, the typed queries' hits, one photo in all ways, and the plots.
    photos = [source for source in page.sources if source.startswith("data:image/jpeg")]
    drawn = [source for source in page.sources if source.startswith("data:image/svg+xml")]
    assert len(photos) == 6 + 6 * 5 + 2 * 8 + 2 * 9 + 1 + len(DEGRADATIONS)
    assert len(drawn) == 2 * 3 + 1


def test_the_report_leaves_out_what_was_not_measured(vision: Encoder, dataset: Dataset) -> None:
    page = Page(report_page(study(vision, dataset, Plan("val"))))
    for heading in ("Titles", "Queries as people type them", "Worse photos", "In words"):
        assert heading not in page.text
    assert "Labels" in page.text


def test_a_single_photo_without_labels_makes_a_report_too(vision: Encoder, dataset: Dataset) -> None:
    bare = replace(dataset, label_fields=())
    assert "Labels" not in Page(report_page(study(vision, bare, Plan("val", limit=1)))).text


def test_a_report_asks_for_nothing_from_elsewhere_and_its_links_lead_somewhere(
    complete: Encoder, blind: Encoder, dataset: Dataset
) -> None:
    one, other = study(complete, dataset, Plan("val", robustness=True)), study(blind, dataset, Plan("val"))
    comparison = compare((one.measured, one.encoded), (other.measured, other.encoded), dataset.label_fields)
    for html in (report_page(one), comparison_page(one, other, comparison)):
        page = Page(html)
        assert all(source.startswith("data:image/") for source in page.sources)
        assert page.anchors
        assert {anchor.removeprefix("#") for anchor in page.anchors} <= set(page.ids)
        assert not {"script", "link", "iframe", "object"} & set(page.tags)
        assert not re.search(r"(https?:)?//[a-z]", html)


def test_what_comes_from_data_is_shown_and_never_run(complete: Encoder, blind: Encoder, dataset: Dataset) -> None:
    one, other = (
        study(complete, nasty(dataset), Plan("val", robustness=True)),
        study(blind, nasty(dataset), Plan("val")),
    )
    one.typed = typed_results(complete, one.gallery, [TypedQuery(f"red {NASTY}", {"colour": [NASTY]})] * 2)
    comparison = compare((one.measured, one.encoded), (other.measured, other.encoded), dataset.label_fields)
    for html in (report_page(one), comparison_page(one, other, comparison)):
        page = Page(html)
        assert "script" not in page.tags
        assert NASTY in page.text


def test_a_comparison_shows_both_models_and_where_they_differ(
    complete: Encoder, blind: Encoder, dataset: Dataset
) -> None:
    one, other = study(complete, dataset, Plan("val")), study(blind, dataset, Plan("val"))
    comparison = compare((one.measured, one.encoded), (other.measured, other.encoded), dataset.label_fields)
    page = Page(comparison_page(one, other, comparison))
    for words in ("mean colour", "blind", "colour_accuracy", "95 % interval", "of ten in common"):
        assert words in page.text
    change = {row.name: row.change for row in comparison.differences}["colour_accuracy"]
    assert f"{100 * change:+.1f}" in page.text
    # Six queries, each with its photo and with five neighbours by either model.
    assert sum(source.startswith("data:image/jpeg") for source in page.sources) == 6 * (1 + 2 * 5)


def test_plots_are_the_same_every_time_and_take_any_label() -> None:
    classes = [ClassFigures(f"{NASTY} {number}", 0.5, 0.5, number / 60, 60 - number) for number in range(60)]
    for drawn in (
        lambda: plots.long_tail(classes),
        lambda: plots.heat_map(["$a^$", NASTY], np.array([[0.5, 0.5], [0.0, 1.0]])),
        lambda: plots.reliability_plot([Bin(3, 0.5, 1.0)]),
        lambda: plots.grouped_bars({"as it is": {"p@10": 0.5}, "jpeg": {}}),
        lambda: plots.histogram([0.0, 0.5, 1.0]),
        lambda: plots.forest([]),
    ):
        once = drawn()
        assert once.startswith("data:image/svg+xml;base64,")
        assert drawn() == once
