"""An encoder whose answers are known gets the figures that they deserve, whatever it can and cannot do."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import indexer.evaluation.encode as encode_module
from indexer.evaluation.encode import encode_split
from indexer.evaluation.evaluate import PROTOCOLS, evaluate
from indexer.evaluation.neighbours import neighbour_sheet
from indexer.evaluation.sheet import CELL, contact_sheet
from indexer.training.data import LabelledTable
from services.arrays import FloatArray, unit_rows
from services.encoders.protocol import Encoder, ModelInfo, Prediction
from services.errors import InvalidCatalogue

COLOURS = {"red": (220, 20, 20), "green": (20, 160, 40), "blue": (20, 40, 200), "grey": (120, 120, 120)}
COLUMNS = ("title", "colour", "kind", "image", "split")
ROWS = [
    ("Red dress", "red", "dress", "a.png", "val"),
    ("red DRESS!", "red", "dress", "b.png", "val"),
    ("Green belt", "green", "", "c.png", "val"),
    ("", "green", "belt", "d.png", "val"),
    ("Blue belt", "blue", "belt", "e.png", "val"),
    ("Blue dress", "blue", "dress", "f.png", "val"),
    ("Grey belt", "grey", "belt", "missing.png", "val"),
    ("Grey dress", "grey", "dress", "damaged.png", "val"),
    ("Red belt", "red", "belt", "a.png", "test"),
]


class Vision:
    """Embeds a photo as its mean colour."""

    model = ModelInfo("mean colour", "1", "0" * 64, 3)

    def __init__(self) -> None:
        self.calls: list[int] = []

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        self.calls.append(len(images))
        return unit_rows([np.asarray(image.convert("RGB")).reshape(-1, 3).mean(axis=0) for image in images])


class VisionAndWords(Vision):
    """Places a text at the first colour that it names."""

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        return unit_rows([COLOURS[text.casefold().split()[0]] for text in texts])


class VisionAndLabels(Vision):
    """Knows red and green, and takes everything else for red; takes everything for a dress."""

    def classify(self, images: Sequence[Image.Image]) -> list[Prediction]:
        greens = [row[1] > row[0] and row[1] > row[2] for row in self.encode_images(images)]
        return [
            {
                "colour": [("green", 0.9), ("red", 0.1)] if green else [("red", 0.9), ("green", 0.1)],
                "kind": [("dress", 1)],
            }
            for green in greens
        ]


@pytest.fixture
def table(tmp_path: Path) -> LabelledTable:
    photos = tmp_path / "photos"
    photos.mkdir()
    for index, (_, colour, _, name, split) in enumerate(ROWS):
        if split == "val" and name not in ("missing.png", "damaged.png"):
            Image.new("RGB", (6 + index, 9), COLOURS[colour]).save(photos / name)
    (photos / "damaged.png").write_bytes(b"\x89PNG not really")
    with (tmp_path / "catalogue.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *ROWS])
    return LabelledTable(tmp_path / "catalogue.csv", photos, ("colour", "kind"))


def test_vision_alone_is_measured_by_its_neighbours(table: LabelledTable) -> None:
    figures = evaluate(Vision(), table, "val")
    assert figures == {
        "rows": 6,
        "unreadable": 2,
        # Six photos, two of each colour: one of the five others is right.
        "colour_p@10": pytest.approx(1 / 5),
        # Five photos with a kind, three dresses and two belts: 2 of 4 are right for a dress, 1 of 4 for a belt.
        "kind_p@10": pytest.approx((3 * 2 / 4 + 2 * 1 / 4) / 5),
    }


def test_label_heads_are_measured_and_a_label_never_seen_is_wrong(table: LabelledTable) -> None:
    figures = evaluate(VisionAndLabels(), table, "val")
    # Red and green are right, both blue ones are taken for red.
    assert figures["colour_accuracy"] == pytest.approx(4 / 6)
    assert figures["colour_macro_recall"] == pytest.approx((1 + 1 + 0) / 3)
    assert figures["colour_macro_f1"] == pytest.approx((2 * 2 / (2 + 4) + 1 + 0) / 3)


def test_rows_without_a_label_are_left_out_of_its_figures(table: LabelledTable) -> None:
    assert evaluate(VisionAndLabels(), table, "val")["kind_accuracy"] == pytest.approx(3 / 5)


def test_words_are_scored_by_distinct_title(table: LabelledTable) -> None:
    figures = evaluate(VisionAndWords(), table, "val")
    # "Red dress" is borne by two photos in two spellings, and is one query; the empty title is none, and its green
    # photo is no wrong answer to "Green belt". Both blue photos tie for both blue titles: a tie is a miss.
    assert figures["text_queries"] == 4
    assert figures["text_r@1"] == pytest.approx(2 / 4)
    assert figures["text_r@10"] == 1.0
    assert figures["text_mrr@10"] == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)
    assert "colour_accuracy" not in figures


def test_every_figure_has_a_protocol(table: LabelledTable) -> None:
    figures = {**evaluate(VisionAndWords(), table, "val"), **evaluate(VisionAndLabels(), table, "val")}
    counts = {"rows", "unreadable", "text_queries"}
    for name in figures.keys() - counts:
        assert [ending for ending in PROTOCOLS if name.endswith(ending)], name


def test_photos_come_in_bounded_batches_and_progress_is_told(
    table: LabelledTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(Vision(), table, "val")
    monkeypatch.setattr(encode_module, "BATCH", 2)
    encoder, told = Vision(), []
    assert evaluate(encoder, table, "val", progress=lambda done, rows: told.append((done, rows))) == whole
    # The last batch has no readable photo, and asks nothing of the encoder.
    assert encoder.calls == [2, 2, 2]
    assert told == [(2, 8), (4, 8), (6, 8), (8, 8)]


def test_limit_takes_the_first_rows(table: LabelledTable) -> None:
    assert evaluate(Vision(), table, "val", limit=3)["rows"] == 3


def test_a_single_row_has_no_neighbours_to_measure(table: LabelledTable) -> None:
    assert evaluate(Vision(), table, "val", limit=1) == {"rows": 1, "unreadable": 0}


def test_a_split_or_a_column_that_is_not_there_is_named(table: LabelledTable) -> None:
    with pytest.raises(InvalidCatalogue, match="'dev'"):
        evaluate(Vision(), table, "dev")
    with pytest.raises(InvalidCatalogue, match="brand"):
        evaluate(Vision(), LabelledTable(table.table, table.images, ("brand",)), "val")


def test_photos_that_are_all_unreadable_are_an_error(table: LabelledTable, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidCatalogue, match="none of the 8 photos"):
        evaluate(Vision(), LabelledTable(table.table, tmp_path / "empty", ("colour",)), "val")


@pytest.mark.parametrize(("encoder", "lines"), [(Vision(), 3), (VisionAndWords(), 5)])
def test_neighbour_sheet_draws_photos_and_words(table: LabelledTable, encoder: Encoder, lines: int) -> None:
    encoded = encode_split(encoder, table, "val")
    sheet = neighbour_sheet(encoder, table, encoded, photo_queries=3, texts=("red dress", "blue belt"))
    again = neighbour_sheet(encoder, table, encoded, photo_queries=3, texts=("red dress", "blue belt"))
    assert sheet.height == contact_sheet([("", None, [])] * lines).height
    assert sheet.tobytes() == again.tobytes()
    colours = {colour for _, colour in sheet.getcolors(maxcolors=2**20) or []}
    assert {COLOURS["red"], COLOURS["blue"]} <= colours


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
