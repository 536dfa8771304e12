"""An encoder whose answers are known gets the figures that they deserve, whatever it can and cannot do."""

from dataclasses import replace

import pytest
from PIL import Image

import indexer.evaluation.encode as encode_module
from indexer.datasets import Dataset, Example
from indexer.evaluation.encode import encode_split
from indexer.evaluation.evaluate import evaluate, measure
from indexer.evaluation.neighbours import neighbour_sheet
from indexer.evaluation.protocols import COUNTS, protocol
from indexer.evaluation.sheet import CELL, contact_sheet
from indexer.evaluation.study import Plan, study
from services.encoders.protocol import Encoder
from services.errors import InvalidCatalogue


def test_vision_alone_is_measured_by_its_neighbours(vision: Encoder, dataset: Dataset) -> None:
    figures = evaluate(vision, dataset, "val")
    assert figures == {
        "rows": 6,
        "unreadable": 2,
        # Six photos, two of each colour: the nearest is of the same, and one of the five others is right.
        "colour_p@1": 1.0,
        "colour_p@10": pytest.approx(1 / 5),
        "colour_hit@10": 1.0,
        "colour_map@r": 1.0,
        # Five photos with a kind, three dresses and two belts. The two red dresses find each other, the green belt
        # finds the blue one; the blue ones find each other, and are not of a kind.
        "kind_p@1": pytest.approx(3 / 5),
        # 2 of 4 are right for a dress, 1 of 4 for a belt.
        "kind_p@10": pytest.approx((3 * 2 / 4 + 2 * 1 / 4) / 5),
        "kind_hit@10": 1.0,
        # A red dress: a dress, then the green belt, of R = 2. The green belt: a belt, of R = 1. The blue ones: none.
        "kind_map@r": pytest.approx((1 / 2 + 1 / 2 + 1 + 0 + 0) / 5),
    }


def test_label_heads_are_measured_and_a_label_never_seen_is_wrong(heads: Encoder, dataset: Dataset) -> None:
    figures = evaluate(heads, dataset, "val")
    # Red and green are right, both blue ones are taken for red.
    assert figures["colour_accuracy"] == pytest.approx(4 / 6)
    assert figures["colour_macro_precision"] == pytest.approx((2 / 4 + 1 + 0) / 3)
    assert figures["colour_macro_recall"] == pytest.approx((1 + 1 + 0) / 3)
    assert figures["colour_macro_f1"] == pytest.approx((2 * 2 / (2 + 4) + 1 + 0) / 3)
    # All were given with 90 %.
    assert figures["colour_ece"] == pytest.approx(0.9 - 4 / 6)


def test_rows_without_a_label_are_left_out_of_its_figures(heads: Encoder, dataset: Dataset) -> None:
    assert evaluate(heads, dataset, "val")["kind_accuracy"] == pytest.approx(3 / 5)


def test_words_are_scored_by_row_and_by_distinct_title(words: Encoder, dataset: Dataset) -> None:
    figures = evaluate(words, dataset, "val")
    # "Red dress" is borne by two photos in two spellings: two rows, and one title. The empty title is no query, and
    # its green photo is no wrong answer to "Green belt". Both blue photos tie for both blue titles: a tie is a miss.
    assert (figures["text_queries"], figures["title_queries"]) == (5, 4)
    assert figures["text_r@1"] == pytest.approx(3 / 5)
    assert figures["title_r@1"] == pytest.approx(2 / 4)
    assert figures["text_r@10"] == figures["title_r@10"] == 1.0
    assert figures["text_mrr@10"] == pytest.approx((3 + 1 / 2 + 1 / 2) / 5)
    assert figures["title_mrr@10"] == pytest.approx((2 + 1 / 2 + 1 / 2) / 4)
    assert "colour_accuracy" not in figures


def test_words_are_searched_in_the_photos_of_all_splits(words: Encoder, dataset: Dataset) -> None:
    found = study(words, dataset, Plan("val", all_splits=True)).measured.figures
    # Eight photos with a title. "Red dress" ties with the red belt of the split train, which goes before it; the
    # green belt there bears the title of the query and is right too.
    assert found["text_all_gallery"] == 8
    assert found["text_r@1_all"] == pytest.approx(1 / 5)
    assert found["text_r@10_all"] == 1.0
    assert found["text_mrr@10_all"] == pytest.approx((1 / 2 + 1 / 2 + 1 + 1 / 3 + 1 / 3) / 5)
    assert found["title_r@1_all"] == pytest.approx(1 / 4)
    # The figures of the split itself stay as they are.
    assert {name: found[name] for name in evaluate(words, dataset, "val")} == evaluate(words, dataset, "val")


def test_a_data_set_without_titles_has_no_figures_of_words(words: Encoder, dataset: Dataset) -> None:
    untitled = {split: [Example(row.image, "", row.cells) for row in rows] for split, rows in dataset.examples.items()}
    figures = study(words, dataset.with_examples(untitled), Plan("val", all_splits=True)).measured.figures
    assert not [name for name in figures if name.startswith(("text", "title"))]


def test_one_pass_over_the_photos_gives_vectors_and_labels(complete: Encoder, heads: Encoder, dataset: Dataset) -> None:
    one, two = encode_split(complete, dataset, "val"), encode_split(heads, dataset, "val")
    assert one.labels == two.labels
    assert (complete.calls, heads.calls) == ([6], [6, 6])


def test_every_figure_has_a_protocol(complete: Encoder, dataset: Dataset) -> None:
    plan = Plan("val", all_splits=True, knn="kind", robustness=True)
    found = study(complete, replace(dataset, label_fields=("kind", "colour")), plan).measured
    assert found.figures.keys() >= {
        "kind_knn15",
        "self@1_jpeg",
        "kind_p@10_jpeg",
        "kind_accuracy_jpeg",
        "title_r@1_all",
    }
    for name in found.figures.keys() - set(COUNTS):
        assert protocol(name), name
    assert not [name for name in COUNTS if protocol(name)]
    # The longest ending counts: these three end in that of another figure.
    assert protocol("typed_p@10") != protocol("kind_p@10") != protocol("kind_p@10_jpeg")


def test_a_figure_that_is_a_mean_is_the_mean_of_its_scores(complete: Encoder, dataset: Dataset) -> None:
    measured = measure(complete, dataset, encode_split(complete, dataset, "val"))
    assert {"colour_accuracy", "kind_p@10", "kind_map@r", "text_r@1"} <= measured.scores.keys()
    for name, scores in measured.scores.items():
        assert measured.figures[name] == pytest.approx(scores.mean())


def test_photos_come_in_bounded_batches_and_progress_is_told(
    vision: Encoder, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(vision, dataset, "val")
    monkeypatch.setattr(encode_module, "BATCH", 2)
    told: list[tuple[int, int]] = []
    vision.calls.clear()
    assert evaluate(vision, dataset, "val", progress=lambda done, rows: told.append((done, rows))) == whole
    # The last batch has no readable photo, and asks nothing of the encoder.
    assert vision.calls == [2, 2, 2]
    assert told == [(2, 8), (4, 8), (6, 8), (8, 8)]


def test_limit_takes_the_first_rows(vision: Encoder, dataset: Dataset) -> None:
    assert evaluate(vision, dataset, "val", limit=3)["rows"] == 3


def test_a_single_row_has_no_neighbours_to_measure(vision: Encoder, dataset: Dataset) -> None:
    assert evaluate(vision, dataset, "val", limit=1) == {"rows": 1, "unreadable": 0}


def test_a_split_that_is_not_there_is_named(vision: Encoder, dataset: Dataset) -> None:
    with pytest.raises(InvalidCatalogue, match="'dev'"):
        evaluate(vision, dataset, "dev")


def test_a_label_field_that_no_row_has_gives_no_figure(heads: Encoder, dataset: Dataset) -> None:
    assert evaluate(heads, replace(dataset, label_fields=("brand",)), "val") == {"rows": 6, "unreadable": 2}


def test_photos_that_are_all_unreadable_are_an_error(vision: Encoder, dataset: Dataset) -> None:
    lost = {"val": [Example("gone.png", "", row.cells) for row in dataset.rows("val")]}
    with pytest.raises(InvalidCatalogue, match="none of the 8 photos"):
        evaluate(vision, dataset.with_examples(lost), "val")


@pytest.mark.parametrize(("name", "lines"), [("vision", 3), ("words", 5)])
def test_neighbour_sheet_draws_photos_and_words(
    name: str, lines: int, dataset: Dataset, request: pytest.FixtureRequest
) -> None:
    encoder: Encoder = request.getfixturevalue(name)
    encoded = encode_split(encoder, dataset, "val")
    sheet = neighbour_sheet(encoder, dataset, encoded, photo_queries=3, texts=("red dress", "blue belt"))
    again = neighbour_sheet(encoder, dataset, encoded, photo_queries=3, texts=("red dress", "blue belt"))
    assert sheet.height == contact_sheet([("", None, [])] * lines).height
    assert sheet.tobytes() == again.tobytes()
    colours = {colour for _, colour in sheet.getcolors(maxcolors=2**20) or []}
    assert {(220, 20, 20), (20, 40, 200)} <= colours


def test_contact_sheet_is_as_wide_as_its_longest_row() -> None:
    hit = (
        Image.new("RGB", (30, 40), "red"),
        "0.93  a caption that goes on and on and on and on, far beyond its two lines",
    )
    narrow = contact_sheet([("words", None, [hit])])
    wide = contact_sheet([("words", hit[0], [hit] * 4), ("more words", None, [])])
    assert wide.width - narrow.width == 3 * (wide.width - contact_sheet([("", None, [hit] * 3)]).width)
    assert wide.height > 2 * CELL[1]


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1"])
def test_contact_sheet_takes_any_kind_of_picture(mode: str) -> None:
    picture = Image.new("RGBA", (200, 5), (0, 0, 0, 0)).convert(mode)
    assert contact_sheet([("a strip", picture, [(picture, "")])]).mode == "RGB"


def test_contact_sheet_of_nothing_is_a_blank_page() -> None:
    assert contact_sheet([]).getcolors() is not None


def test_contact_sheet_shortens_one_endless_word() -> None:
    assert contact_sheet([("w" * 500, None, [])]).width == contact_sheet([("w", None, [])]).width
