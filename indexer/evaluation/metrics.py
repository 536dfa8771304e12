"""Figures of merit as pure functions: definition, formula, source, shapes and a worked example in each docstring."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from indexer.evaluation.nearest import IndexArray, nearest, score_chunks
from services.arrays import FloatArray


def accuracy(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Share of N items whose predicted label is the true one: sum(truth == predicted) / N.

    Large classes dominate it; read it beside `macro_recall`.

    >>> accuracy(["dress", "dress", "dress", "belt"], ["dress", "dress", "dress", "dress"])
    0.75
    """
    _check_pairs(truth, predicted)
    return sum(true == guess for true, guess in zip(truth, predicted, strict=True)) / len(truth)


def macro_recall(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean over classes of the share of the class's items that are found: mean_c TP_c / (TP_c + FN_c).

    Every class that occurs in `truth` weighs the same, however rare, which is what shows the long tail. Also
    called balanced accuracy (Brodersen et al., "The Balanced Accuracy and Its Posterior Distribution", ICPR 2010).

    All three dresses are found (1.0), the belt is not (0.0):

    >>> macro_recall(["dress", "dress", "dress", "belt"], ["dress", "dress", "dress", "dress"])
    0.5
    """
    _check_pairs(truth, predicted)
    items = Counter(truth)
    right = Counter(true for true, guess in zip(truth, predicted, strict=True) if true == guess)
    return sum(right[label] / count for label, count in items.items()) / len(items)


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean over classes of F1, the harmonic mean of precision and recall: mean_c 2 TP_c / (2 TP_c + FP_c + FN_c).

    The mean is over the classes that occur in `truth`, so a guess outside them costs recall only. This is the mean
    of F1 scores, not the F1 of mean precision and recall (Opitz and Burst, "Macro F1 and Macro F1", 2019).

    Dress: 3 right, 1 false alarm, F1 = 6 / 7. Belt: 0.

    >>> round(macro_f1(["dress", "dress", "dress", "belt"], ["dress", "dress", "dress", "dress"]), 4)
    0.4286
    """
    _check_pairs(truth, predicted)
    items, guesses = Counter(truth), Counter(predicted)
    right = Counter(true for true, guess in zip(truth, predicted, strict=True) if true == guess)
    return sum(2 * right[label] / (count + guesses[label]) for label, count in items.items()) / len(items)


def precision_at_k(vectors: FloatArray, labels: Sequence[str], k: int = 10) -> float:
    """Share of the k nearest neighbours of an item that bear its label, averaged over all items.

    mean_q |{i in top_k(q) : label_i = label_q}| / k, where each of the N items is a query in turn, and the gallery
    is the other N - 1. `vectors` is (N, D) with unit rows, ranked by cosine. With fewer than k others, k is their
    number. An item whose class has fewer than k others cannot reach 1, so figures compare on one split only.
    As in image retrieval since Salton and McGill, "Introduction to Modern Information Retrieval", 1983.

    The first two are each other's neighbours; the third's nearest is the second, which has another label:

    >>> vectors = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    >>> round(precision_at_k(vectors, ["dress", "dress", "belt"], k=1), 4)
    0.6667
    """
    if len(vectors) != len(labels) or len(labels) < 2 or k < 1:
        raise ValueError(
            f"need two or more vectors, a label for each, and k >= 1; got {len(vectors)}, {len(labels)}, {k}"
        )
    classes = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)[1]  # (N,)
    neighbours = nearest(vectors, vectors, k, own_rows=np.arange(len(vectors)))  # (N, K)
    return float((classes[neighbours] == classes[:, None]).mean())


def normalise_title(title: str) -> str:
    """`title` without case, spacing and punctuation; titles that come out equal are one title.

    >>> normalise_title("Nike Men's T-Shirt") == normalise_title("NIKE  mens tshirt")
    True
    >>> normalise_title(" - ")
    ''
    """
    folded = unicodedata.normalize("NFKC", title).casefold()
    # Letters, their marks (Devanagari vowels are marks) and numbers.
    return "".join(char for char in folded if unicodedata.category(char)[0] in "LMN")


def first_hit_ranks(
    queries: FloatArray, gallery: FloatArray, query_groups: Sequence[str], gallery_groups: Sequence[str]
) -> IndexArray:
    """For each query the rank, from 1, of the first gallery item of the query's group: int64 (Q,).

    rank_q = 1 + |{i : group_i != group_q, s_qi >= max(s_qj : group_j = group_q)}|, with s the cosine of `queries`
    (Q, D) and `gallery` (N, D), both with unit rows. A wrong item that ties with the best right one goes before it,
    so that an encoder which maps everything to one point scores nothing. Every query must have a right item.

    The text points along the first axis; the nearest item is another's, the second nearest its own:

    >>> gallery = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    >>> first_hit_ranks(gallery[:1], gallery, ["red belt"], ["blue belt", "red belt", "red belt"]).tolist()
    [2]
    """
    if len(queries) != len(query_groups) or len(gallery) != len(gallery_groups):
        raise ValueError("need one group for each query and for each gallery item")
    numbers = {group: number for number, group in enumerate(dict.fromkeys(gallery_groups))}
    if lone := next((group for group in query_groups if group not in numbers), None):
        raise ValueError(f"no gallery item is of group {lone!r}, so no answer to it could be right")
    wanted = np.array([numbers[group] for group in query_groups], np.int64)  # (Q,)
    groups = np.array([numbers[group] for group in gallery_groups], np.int64)  # (N,)
    ranks = np.empty(len(queries), np.int64)  # (Q,)
    for chunk, scores in score_chunks(queries, gallery):
        right = wanted[chunk, None] == groups[None, :]  # (B, N)
        best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)  # (B, 1)
        ranks[chunk] = 1 + ((scores >= best) & ~right).sum(axis=1)
    return ranks


def recall_at_k(ranks: IndexArray, k: int) -> float:
    """Share of queries with a right answer among the first k: |{q : rank_q <= k}| / Q.

    `ranks` (Q,) comes from `first_hit_ranks`. This is what image-text retrieval calls R@K (Faghri et al., "VSE++",
    BMVC 2018), and others hit rate or success at k: one right answer is enough, further ones add nothing.

    >>> recall_at_k(np.array([1, 3, 12]), k=10)
    0.6666666666666666
    """
    _check_ranks(ranks, k)
    return float((ranks <= k).mean())


def mrr_at_k(ranks: IndexArray, k: int) -> float:
    """Mean reciprocal rank of the first right answer, counted as 0 beyond k: mean_q [rank_q <= k] / rank_q.

    `ranks` (Q,) comes from `first_hit_ranks`. Source: Voorhees, "The TREC-8 Question Answering Track Report", 1999.

    (1 + 1/2 + 0) / 3:

    >>> mrr_at_k(np.array([1, 2, 12]), k=10)
    0.5
    """
    _check_ranks(ranks, k)
    return float(np.where(ranks <= k, 1 / ranks, 0.0).mean())


def _check_pairs(truth: Sequence[str], predicted: Sequence[str]) -> None:
    if not truth or len(truth) != len(predicted):
        raise ValueError(
            f"need as many predictions as true labels, and at least one; got {len(predicted)}, {len(truth)}"
        )


def _check_ranks(ranks: IndexArray, k: int) -> None:
    if ranks.ndim != 1 or not len(ranks) or ranks.min() < 1 or k < 1:
        raise ValueError(f"need one rank from 1 up for at least one query, and k >= 1; got shape {ranks.shape}, k {k}")
