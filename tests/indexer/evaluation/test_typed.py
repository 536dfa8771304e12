"""Typed queries are scored by what could be right, and those that ship are sound; a vote is counted as it is cast."""

import csv

import numpy as np
import pytest
from real_data import fashion_products

from indexer.datasets import Dataset, Example
from indexer.evaluation.encode import EncodedSplit, Labels, encode_split
from indexer.evaluation.study import Plan, study
from indexer.evaluation.typed import TypedQuery, typed_queries, typed_results
from indexer.evaluation.vote import vote_scores
from services.arrays import unit_rows
from services.encoders.protocol import TextEncoder
from services.errors import InvalidCatalogue

COLUMNS = {"article_type", "base_colour", "gender", "sub_category", "usage"}


def test_a_right_product_has_one_of_the_values_in_every_column() -> None:
    query = TypedQuery("red or blue belt", {"kind": ["belt"], "colour": ["red", "blue"]})
    assert query.right(Example("", "", {"kind": "belt", "colour": "blue"}))
    assert not query.right(Example("", "", {"kind": "belt", "colour": "green"}))
    assert not query.right(Example("", "", {"kind": "belt"}))


def test_precision_is_of_what_could_be_right(words: TextEncoder, dataset: Dataset) -> None:
    gallery = encode_split(words, dataset, "val")
    queries = [
        TypedQuery("red thing", {"colour": ["red"]}),
        TypedQuery("green dress", {"kind": ["dress"], "colour": ["red"]}),
        TypedQuery("blue hat", {"kind": ["hat"]}),
    ]
    found = typed_results(words, gallery, queries, k=2)
    # Nothing in the split is a hat, so that nobody can answer it.
    assert [result.query.query for result in found] == ["red thing", "green dress"]
    assert [result.precision for result in found] == [1.0, 0.0]
    assert found[0].right == [True, True]
    # With six hits, four of which are wrong, both that are right are there.
    assert typed_results(words, gallery, queries[:1], k=6)[0].precision == 1.0


def test_queries_without_an_answer_give_no_figure(words: TextEncoder, dataset: Dataset) -> None:
    found = study(words, dataset, Plan("val", typed=True))
    assert found.typed == []
    assert "typed_p@10" not in found.measured.figures


def test_shipped_queries_are_many_and_of_every_length() -> None:
    queries = typed_queries()
    assert len(queries) >= 70
    assert len({query.query for query in queries}) == len(queries)
    lengths = {len(query.query.split()) for query in queries}
    assert min(lengths) == 1
    assert max(lengths) >= 10
    for query in queries:
        assert query.want
        assert query.want.keys() <= COLUMNS
        assert all(isinstance(values, list) and values for values in query.want.values())


def test_shipped_queries_ask_for_what_the_public_table_has() -> None:
    with (fashion_products() / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        rows = [Example("", "", row) for row in csv.DictReader(file)]
    known = {column: {row.cells[column] for row in rows} for column in COLUMNS}
    for query in typed_queries():
        for column, values in query.want.items():
            assert set(values) <= known[column], query
        assert sum(query.right(row) for row in rows) >= 10, query


def voters(labels: str, angles: list[float]) -> EncodedSplit:
    rows = [Example(f"{i}.jpg", "", {"kind": label.strip()}) for i, label in enumerate(labels)]
    return EncodedSplit(rows, unit_rows([[np.cos(angle), np.sin(angle)] for angle in angles]), Labels(), 0)


def test_the_majority_of_the_nearest_wins_and_the_unlabelled_have_no_vote() -> None:
    reference = voters("aab bb", [0.0, 0.1, 0.2, 0.0, 2.0, 2.1])
    queries = voters("ab b", [0.0, 0.0, 0.1, 2.0])
    assert vote_scores("kind", queries, reference, k=3)["kind_knn15"].tolist() == [1.0, 0.0, 1.0]


def test_with_fewer_voters_than_asked_for_all_vote() -> None:
    assert vote_scores("kind", voters("ab", [0, 1]), voters("aab", [0, 0, 1]))["kind_knn15"].tolist() == [1.0, 0.0]


def test_a_vote_needs_a_label_on_both_sides() -> None:
    assert vote_scores("kind", voters("a", [0]), voters(" ", [0])) == {}
    assert vote_scores("brand", voters("a", [0]), voters("a", [0])) == {}


def test_a_vote_that_cannot_be_held_is_refused_before_any_photo_is_encoded(
    words: TextEncoder, dataset: Dataset
) -> None:
    with pytest.raises(InvalidCatalogue, match="'brand'"):
        study(words, dataset, Plan("val", knn="brand"))
    with pytest.raises(InvalidCatalogue, match="another one must be measured"):
        study(words, dataset, Plan("train", knn="kind"))
    assert words.calls == []


def test_the_vote_of_the_train_split_is_a_figure(words: TextEncoder, dataset: Dataset) -> None:
    found = study(words, dataset, Plan("val", knn="colour")).measured.figures
    # Three voters of three colours for every photo: red, blue and green have one vote each, and blue comes first.
    assert found["colour_knn15"] == pytest.approx(2 / 6)
    assert "text_r@1_all" not in found
