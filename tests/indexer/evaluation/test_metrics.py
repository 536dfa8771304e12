"""Retrieval figures agree with naive implementations of their definitions, and refuse what they cannot measure."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN

import indexer.evaluation.nearest as nearest_module
from indexer.datasets.titles import normalise_title
from indexer.evaluation.metrics import average_precisions_at_r, neighbour_matches
from indexer.evaluation.nearest import ScoreArray, nearest, score_chunks
from indexer.evaluation.titles import first_hit_ranks, hits_at_k, reciprocal_ranks
from services.arrays import FloatArray, unit_rows

SEEDS = range(5)


def random_units(rows: int, seed: int, dimensions: int = 8) -> FloatArray:
    return unit_rows(np.random.default_rng(seed).normal(size=(rows, dimensions)))


def random_labels(rows: int, seed: int, classes: str = "abcd") -> list[str]:
    return [
        str(label) for label in np.random.default_rng(seed + 100).choice(list(classes), rows, p=[0.6, 0.2, 0.15, 0.05])
    ]


def naive_neighbours(vectors: FloatArray, query: int, k: int) -> list[int]:
    others = [i for i in range(len(vectors)) if i != query]
    return sorted(others, key=lambda i: (-float(vectors[i] @ vectors[query]), i))[:k]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scores_at_once", [1, 90, 2**25])
def test_nearest_agrees_with_sorting_everything(
    seed: int, scores_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest_module, "CHUNK_SCORES", scores_at_once)
    vectors = random_units(40, seed)
    found = nearest(vectors, vectors, 7, own_rows=np.arange(40))
    assert found.tolist() == [naive_neighbours(vectors, query, 7) for query in range(40)]


def test_nearest_finds_a_copy_first_but_never_the_query_itself() -> None:
    vectors = random_units(5, 0)[[0, 1, 2, 3, 4, 1]]
    found = nearest(vectors, vectors, 3, own_rows=np.arange(6))
    assert found[1, 0] == 5
    assert found[5, 0] == 1
    assert all(row not in found[row] for row in range(6))


@pytest.mark.parametrize(("k", "own", "expected"), [(9, False, 4), (9, True, 3), (3, True, 3), (1, False, 1)])
def test_nearest_gives_what_the_gallery_has(k: int, own: bool, expected: int) -> None:
    vectors = random_units(4, 0)
    assert nearest(vectors, vectors, k, np.arange(4) if own else None).shape == (4, expected)


def test_nearest_of_a_lone_item_and_of_no_queries_is_empty() -> None:
    assert nearest(random_units(1, 0), random_units(1, 0), 3, np.arange(1)).shape == (1, 0)
    assert nearest(random_units(2, 0)[:0], random_units(2, 0), 1).shape == (0, 1)


def test_scores_come_in_chunks_that_cover_every_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_module, "CHUNK_SCORES", 25)
    chunks = list(score_chunks(random_units(7, 0), random_units(10, 1)))
    assert [(chunk.start, chunk.stop) for chunk, _ in chunks] == [(0, 2), (2, 4), (4, 6), (6, 7)]
    assert np.concatenate([scores for _, scores in chunks]).shape == (7, 10)


def test_scores_refuse_vectors_of_two_spaces() -> None:
    with pytest.raises(ValueError, match=r"\(Q, D\) and \(N, D\)"):
        list(score_chunks(random_units(2, 0, dimensions=3), random_units(2, 0, dimensions=4)))


@pytest.mark.parametrize("seed", SEEDS)
def test_matches_agree_with_their_definition(seed: int) -> None:
    vectors, labels = random_units(50, seed), random_labels(50, seed)
    walked = [[labels[i] == labels[query] for i in naive_neighbours(vectors, query, 10)] for query in range(50)]
    assert neighbour_matches(vectors, labels, 10).tolist() == walked


def test_matches_are_counted_over_the_neighbours_that_there_are() -> None:
    assert neighbour_matches(random_units(3, 0), ["a", "a", "b"], k=10).mean() == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)


@pytest.mark.parametrize(("rows", "labels"), [(1, ["a"]), (2, ["a"]), (0, [])])
def test_label_retrieval_refuses_what_has_no_neighbours(rows: int, labels: list[str]) -> None:
    vectors = random_units(3, 0)[:rows]
    for figure in (neighbour_matches, average_precisions_at_r):
        with pytest.raises(ValueError, match="two or more"):
            figure(vectors, labels)


def test_matches_refuse_to_look_at_no_neighbour() -> None:
    with pytest.raises(ValueError, match="k >= 1"):
        neighbour_matches(random_units(2, 0), ["a", "b"], 0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scores_at_once", [1, 200, 2**25])
def test_label_retrieval_agrees_with_pytorch_metric_learning(
    seed: int, scores_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest_module, "CHUNK_SCORES", scores_at_once)
    # One item is alone in its class: it is a neighbour of others, but has no precision at R itself.
    vectors, labels = random_units(60, seed), [*random_labels(59, seed), "alone"]
    calculator = AccuracyCalculator(
        include=("mean_average_precision_at_r", "precision_at_1"),
        k="max_bin_count",
        knn_func=CustomKNN(CosineSimilarity()),
    )
    numbers = torch.from_numpy(np.unique(labels, return_inverse=True)[1])
    theirs = calculator.get_accuracy(torch.from_numpy(vectors), numbers)
    ours = average_precisions_at_r(vectors, labels)
    assert len(ours) == sum(labels.count(label) > 1 for label in labels) < 60
    assert ours.mean() == pytest.approx(theirs["mean_average_precision_at_r"])
    lone = [labels.count(label) > 1 for label in labels]
    assert neighbour_matches(vectors, labels, 1)[lone].mean() == pytest.approx(theirs["precision_at_1"])


def test_average_precision_is_one_where_each_class_is_a_point() -> None:
    vectors = random_units(3, 0)[[0, 0, 0, 1, 1, 2, 2, 2]]
    assert average_precisions_at_r(vectors, list("aaabbccc")).tolist() == [1.0] * 8


def test_no_item_with_company_has_no_average_precision() -> None:
    assert average_precisions_at_r(random_units(3, 0), ["a", "b", "c"]).shape == (0,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nike Men's T-Shirt", "NIKE  mens\ttshirt"),
        ("Straße", "STRASSE"),
        ("ｆｕｌｌ width", "full-width"),
        ("a/b & c", "abc"),
    ],
)
def test_titles_equal_but_for_case_spacing_and_punctuation_are_one(one: str, other: str) -> None:
    assert normalise_title(one) == normalise_title(other)


@pytest.mark.parametrize(("one", "other"), [("shirt 1", "shirt 2"), ("कि", "का"), ("cafe", "café")])
def test_titles_that_differ_in_letters_stay_apart(one: str, other: str) -> None:
    assert normalise_title(one) != normalise_title(other)


@pytest.mark.parametrize("empty", ["", "   ", "\u00a0", "--- !", "★"])
def test_a_title_without_letters_is_no_title(empty: str) -> None:
    assert normalise_title(empty) == ""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scores_at_once", [1, 2**25])
def test_ranks_agree_with_walking_down_the_list(
    seed: int, scores_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest_module, "CHUNK_SCORES", scores_at_once)
    gallery, queries, groups = random_units(30, seed), random_units(4, seed + 50), random_labels(30, seed)
    wanted = [groups[i] for i in range(4)]
    walked = [
        next(rank for rank, i in enumerate(np.argsort(-(gallery @ query)), start=1) if groups[i] == group)
        for query, group in zip(queries, wanted, strict=True)
    ]
    assert first_hit_ranks(queries, gallery, wanted, groups).tolist() == walked


def test_an_encoder_that_maps_everything_to_one_point_scores_nothing() -> None:
    same = unit_rows(np.ones((20, 4)))
    groups = [f"title {i}" for i in range(20)]
    ranks = first_hit_ranks(same, same, groups, groups)
    assert hits_at_k(ranks, 10).mean() == 0.0


def test_any_item_of_the_group_is_a_right_answer() -> None:
    gallery = random_units(6, 3)
    ranks = first_hit_ranks(gallery[2:3], gallery, ["a"], ["b", "b", "a", "a", "a", "b"])
    assert ranks.tolist() == [1]


def test_a_query_without_a_right_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="'c'"):
        first_hit_ranks(random_units(2, 0), random_units(2, 1), ["a", "c"], ["a", "b"])
    with pytest.raises(ValueError, match="one group for each"):
        first_hit_ranks(random_units(2, 0), random_units(2, 1), ["a"], ["a", "b"])


@pytest.mark.parametrize(("k", "recall", "mrr"), [(1, 0.25, 0.25), (2, 0.5, 0.375), (10, 0.75, 0.4)])
def test_recall_and_reciprocal_rank_by_hand(k: int, recall: float, mrr: float) -> None:
    ranks = np.array([1, 2, 10, 11])
    assert hits_at_k(ranks, k).mean() == pytest.approx(recall)
    assert reciprocal_ranks(ranks, k).mean() == pytest.approx(mrr)


@pytest.mark.parametrize("figure", [hits_at_k, reciprocal_ranks])
@pytest.mark.parametrize(("ranks", "k"), [([], 1), ([0, 1], 1), ([1, 2], 0)])
def test_ranks_start_at_one(figure: Callable[..., ScoreArray], ranks: list[int], k: int) -> None:
    with pytest.raises(ValueError, match="one rank from 1 up"):
        figure(np.array(ranks, np.int64), k)
