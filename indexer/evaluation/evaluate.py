"""Measures an encoder on one split of a data set: a flat dictionary of figures, and the scores that they average."""

from dataclasses import dataclass, field

import numpy as np

from indexer.datasets import Dataset
from indexer.datasets.titles import normalise_title
from indexer.evaluation.calibration import calibration_error
from indexer.evaluation.classes import macro_figures
from indexer.evaluation.encode import EncodedSplit, Progress, encode_split
from indexer.evaluation.metrics import average_precisions_at_r, neighbour_matches
from indexer.evaluation.nearest import ScoreArray
from indexer.evaluation.protocols import PROTOCOLS, K
from indexer.evaluation.text import title_ranks
from services.encoders.protocol import Encoder, TextEncoder

__all__ = ["PROTOCOLS", "Figures", "Measured", "evaluate", "figures", "measure"]

Figures = dict[str, float | int]


@dataclass
class Measured:
    """`figures` by name; `scores` holds those that are a mean over queries, as one score a query, (Q,)."""

    figures: Figures = field(default_factory=dict)
    scores: dict[str, ScoreArray] = field(default_factory=dict)

    def add(self, scores: dict[str, ScoreArray], **counts: int) -> None:
        """Add the means of `scores`; one without a query is left out."""
        self.figures |= counts
        for name, values in scores.items():
            if len(values):
                self.scores[name] = values
                self.figures[name] = float(values.mean())


def evaluate(
    encoder: Encoder, dataset: Dataset, split: str, limit: int | None = None, progress: Progress | None = None
) -> Figures:
    """Measure `encoder` on `split` (its first `limit` rows).

    The figures: `rows` and `unreadable` photos; for each label field `<field>_p@1`, `_p@10`, `_hit@10` and `_map@r`,
    and where the encoder has a head for it `<field>_accuracy`, `_macro_precision`, `_macro_recall`, `_macro_f1` and
    `_ece`; where it has a text tower and the rows have titles `text_queries`, `text_r@1`, `text_r@10` and
    `text_mrr@10`, and the same with `title_`. PROTOCOLS says what each means. A figure that nothing in the split can
    be measured by is left out. Raises InvalidCatalogue for a data set that has no such split or photos.
    """
    return figures(encoder, dataset, encode_split(encoder, dataset, split, limit, progress))


def figures(encoder: Encoder, dataset: Dataset, encoded: EncodedSplit) -> Figures:
    """The figures of a split that is encoded already; see `evaluate`."""
    return measure(encoder, dataset, encoded).figures


def measure(encoder: Encoder, dataset: Dataset, encoded: EncodedSplit, gallery: EncodedSplit | None = None) -> Measured:
    """Figures and their scores of an encoded split; with `gallery`, which holds the split too, the titles in it too."""
    measured = Measured({"rows": len(encoded.rows), "unreadable": encoded.unreadable})
    for name in dataset.label_fields:
        _add_head(measured, name, encoded)
        _add_neighbours(measured, name, encoded)
    if isinstance(encoder, TextEncoder):
        _add_titles(measured, encoder, encoded, encoded, "")
        if gallery is not None:
            _add_titles(measured, encoder, encoded, gallery, "_all")
    return measured


def _add_head(measured: Measured, name: str, encoded: EncodedSplit) -> None:
    """Figures of the rows that have this label. One never seen in training is not among the guesses: wrong."""
    truth = encoded.truth(name)
    if not truth or name not in encoded.labels.predicted:
        return
    guesses = encoded.guesses(name)
    right = [true == guess for true, guess in zip(truth, guesses, strict=True)]
    measured.add({f"{name}_accuracy": np.array(right, np.float64)})
    measured.figures |= {f"{name}_{figure}": value for figure, value in macro_figures(truth, guesses).items()}
    confidence = encoded.confidences(name)
    measured.figures[f"{name}_ece"] = calibration_error(confidence, right)


def _add_neighbours(measured: Measured, name: str, encoded: EncodedSplit) -> None:
    """Figures by the neighbours that rows with this label have among themselves."""
    truth = encoded.truth(name)
    if len(truth) < 2:
        return
    vectors = encoded.vectors[encoded.labelled(name)]
    matches = neighbour_matches(vectors, truth, K)  # (N, K)
    measured.add(
        {
            f"{name}_p@1": matches[:, 0],
            f"{name}_p@{K}": matches.mean(axis=1),
            f"{name}_hit@{K}": matches.max(axis=1),
            f"{name}_map@r": average_precisions_at_r(vectors, truth),
        }
    )


def _add_titles(
    measured: Measured, encoder: TextEncoder, encoded: EncodedSplit, gallery: EncodedSplit, suffix: str
) -> None:
    ranks = title_ranks(encoder, encoded.rows, gallery)
    if ranks is None:
        return
    if suffix:
        measured.add({}, text_all_gallery=sum(1 for row in gallery.rows if normalise_title(row.title)))
    else:
        measured.add({}, text_queries=len(ranks.rows), title_queries=len(ranks.titles))
    measured.add(ranks.scores(suffix))
