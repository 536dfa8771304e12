"""The figures agree with naive implementations of their definitions, and refuse what they cannot measure."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

import indexer.evaluation.nearest as nearest_module
from indexer.evaluation.metrics import (
    accuracy,
    first_hit_ranks,
    macro_f1,
    macro_recall,
    mrr_at_k,
    normalise_title,
    precision_at_k,
    recall_at_k,
)
from indexer.evaluation.nearest import nearest, score_chunks
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


def naive_class_figures(truth: Sequence[str], predicted: Sequence[str]) -> tuple[float, float]:
    recalls, f1s = [], []
    for label in sorted(set(truth)):
        hit = sum(t == p == label for t, p in zip(truth, predicted, strict=True))
        recall = hit / truth.count(label)
        precision = hit / predicted.count(label) if label in predicted else 0.0
        recalls.append(recall)
        f1s.append(2 * precision * recall / (precision + recall) if hit else 0.0)
    return sum(recalls) / len(recalls), sum(f1s) / len(f1s)


@pytest.mark.parametrize("seed", SEEDS)
def test_macro_figures_agree_with_their_definition(seed: int) -> None:
    truth, predicted = random_labels(60, seed), random_labels(60, seed + 1)
    assert (macro_recall(truth, predicted), macro_f1(truth, predicted)) == pytest.approx(
        naive_class_figures(truth, predicted)
    )


@pytest.mark.parametrize("figure", [accuracy, macro_recall, macro_f1])
def test_label_figures_span_zero_to_one(figure: Callable[[Sequence[str], Sequence[str]], float]) -> None:
    assert figure(["a", "b", "b"], ["a", "b", "b"]) == 1.0
    assert figure(["a", "b", "b"], ["b", "c", "a"]) == 0.0


def test_a_guess_outside_the_true_classes_is_no_class_of_its_own() -> None:
    assert macro_recall(["a", "a", "b"], ["a", "z", "b"]) == pytest.approx((0.5 + 1) / 2)
    assert macro_f1(["a", "a", "b"], ["a", "z", "b"]) == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize("figure", [accuracy, macro_recall, macro_f1])
@pytest.mark.parametrize(("truth", "predicted"), [([], []), (["a"], []), (["a"], ["a", "b"])])
def test_label_figures_refuse_what_does_not_pair(
    figure: Callable[[Sequence[str], Sequence[str]], float], truth: list[str], predicted: list[str]
) -> None:
    with pytest.raises(ValueError, match="as many predictions"):
        figure(truth, predicted)


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
def test_precision_agrees_with_its_definition(seed: int) -> None:
    vectors, labels = random_units(50, seed), random_labels(50, seed)
    shares = [sum(labels[i] == labels[query] for i in naive_neighbours(vectors, query, 10)) / 10 for query in range(50)]
    assert precision_at_k(vectors, labels, 10) == pytest.approx(sum(shares) / 50)


def test_precision_counts_over_the_neighbours_that_there_are() -> None:
    assert precision_at_k(random_units(3, 0), ["a", "a", "b"], k=10) == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)


@pytest.mark.parametrize(("rows", "labels", "k"), [(1, ["a"], 1), (2, ["a"], 1), (2, ["a", "b"], 0)])
def test_precision_refuses_what_has_no_neighbours(rows: int, labels: list[str], k: int) -> None:
    with pytest.raises(ValueError, match="two or more"):
        precision_at_k(random_units(rows, 0), labels, k)


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
    assert recall_at_k(ranks, 10) == 0.0


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
    assert recall_at_k(ranks, k) == pytest.approx(recall)
    assert mrr_at_k(ranks, k) == pytest.approx(mrr)


@pytest.mark.parametrize("figure", [recall_at_k, mrr_at_k])
@pytest.mark.parametrize(("ranks", "k"), [([], 1), ([0, 1], 1), ([1, 2], 0)])
def test_ranks_start_at_one(figure: Callable[..., float], ranks: list[int], k: int) -> None:
    with pytest.raises(ValueError, match="one rank from 1 up"):
        figure(np.array(ranks, np.int64), k)
