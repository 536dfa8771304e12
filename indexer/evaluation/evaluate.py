"""Measures an encoder on one split of a labelled table: a flat dictionary of figures, and what each one means."""

from collections.abc import Sequence

import numpy as np

from indexer.evaluation.encode import EncodedSplit, Progress, encode_split
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
from indexer.training.data import LabelledTable
from services.arrays import FloatArray
from services.encoders.protocol import Encoder, TextEncoder

K = 10
TEXT_BATCH = 256

PROTOCOLS = {
    "accuracy": "share of photos whose most likely label is the catalogue's",
    "macro_recall": "recall of each class, averaged over the classes of the split, however rare",
    "macro_f1": "F1 of each class, averaged over the classes of the split, however rare",
    f"p@{K}": f"share of the {K} nearest other photos of the split that bear the query photo's label",
    "text_r@1": "share of distinct titles whose nearest photo is of a product that bears the title",
    f"text_r@{K}": f"share of distinct titles with such a product among the {K} nearest photos",
    f"text_mrr@{K}": f"mean reciprocal rank of the first such product, 0 beyond {K}",
}
"""What a figure means, by the end of its name. Neighbours are exact, by cosine, and the gallery is the split itself."""


def evaluate(
    encoder: Encoder, table: LabelledTable, split: str, limit: int | None = None, progress: Progress | None = None
) -> dict[str, float | int]:
    """Measure `encoder` on `split` (its first `limit` rows).

    The figures: `rows` and `unreadable` photos; for each label field `<field>_p@10`, and where the encoder has a
    head for it `<field>_accuracy`, `<field>_macro_recall` and `<field>_macro_f1`; where it has a text tower
    `text_queries`, `text_r@1`, `text_r@10` and `text_mrr@10`. A figure that nothing in the split can be measured
    by is left out. Raises InvalidCatalogue for a table that has no such split, columns or photos.
    """
    return figures(encoder, table, encode_split(encoder, table, split, limit, progress))


def figures(encoder: Encoder, table: LabelledTable, encoded: EncodedSplit) -> dict[str, float | int]:
    """The figures of a split that is encoded already; see `evaluate`."""
    found: dict[str, float | int] = {"rows": len(encoded.rows), "unreadable": encoded.unreadable}
    for field in table.label_fields:
        found |= _label_figures(field, encoded)
    if isinstance(encoder, TextEncoder):
        found |= _text_figures(encoder, [row[table.title_column] for row in encoded.rows], encoded.vectors)
    return found


def _label_figures(field: str, encoded: EncodedSplit) -> dict[str, float | int]:
    """Figures of the rows that have this label. One never seen in training is not among the predictions: wrong."""
    labelled = [i for i, row in enumerate(encoded.rows) if row[field]]
    truth = [encoded.rows[i][field] for i in labelled]
    found: dict[str, float | int] = {}
    if truth and field in encoded.predicted:
        predicted = [encoded.predicted[field][i] for i in labelled]
        found[f"{field}_accuracy"] = accuracy(truth, predicted)
        found[f"{field}_macro_recall"] = macro_recall(truth, predicted)
        found[f"{field}_macro_f1"] = macro_f1(truth, predicted)
    if len(truth) > 1:
        found[f"{field}_p@{K}"] = precision_at_k(encoded.vectors[labelled], truth, K)
    return found


def _text_figures(encoder: TextEncoder, titles: Sequence[str], vectors: FloatArray) -> dict[str, float | int]:
    """One query a distinct title, as its first bearer writes it; rows without a title are no part of it."""
    groups = [normalise_title(title) for title in titles]
    titled = [i for i, group in enumerate(groups) if group]
    queries = {groups[i]: titles[i] for i in reversed(titled)}
    if not queries:
        return {}
    texts = list(queries.values())
    batches = [encoder.encode_texts(texts[i : i + TEXT_BATCH]) for i in range(0, len(texts), TEXT_BATCH)]
    ranks = first_hit_ranks(np.concatenate(batches), vectors[titled], list(queries), [groups[i] for i in titled])
    return {
        "text_queries": len(queries),
        "text_r@1": recall_at_k(ranks, 1),
        f"text_r@{K}": recall_at_k(ranks, K),
        f"text_mrr@{K}": mrr_at_k(ranks, K),
    }
