"""What becomes of the figures when query photos are worse than the shop's own."""

import numpy as np

from indexer.datasets import Dataset
from indexer.evaluation.degrade import DEGRADATIONS
from indexer.evaluation.encode import EncodedSplit, Labels, Progress, embed_and_classify, photo_batches
from indexer.evaluation.nearest import IndexArray, ScoreArray, nearest
from indexer.evaluation.protocols import K
from indexer.evaluation.titles import first_hit_ranks, hits_at_k
from services.arrays import FloatArray
from services.encoders.protocol import Encoder

COLOUR = "base_colour"


def degraded_scores(
    encoder: Encoder, dataset: Dataset, encoded: EncodedSplit, progress: Progress | None = None
) -> dict[str, ScoreArray]:
    """Search the photos of `encoded` by degraded copies of themselves: one score a query, by figure.

    For each way of DEGRADATIONS: `self@1_<way>`, where a photo that ties with the undegraded twin goes before it; and
    for the first label field and `base_colour` `<field>_p@10_<way>`, where the twin is left out so that it compares
    with `<field>_p@10`, and `<field>_accuracy_<way>` where the encoder has a head for it.
    """
    fields = dict.fromkeys([*dataset.label_fields[:1], *(name for name in dataset.label_fields if name == COLOUR)])
    found: dict[str, ScoreArray] = {}
    for way, (numbers, part) in _degraded(encoder, dataset, encoded, progress).items():
        twins = [str(number) for number in range(len(encoded.rows))]
        ranks = first_hit_ranks(part.vectors, encoded.vectors, [twins[i] for i in numbers], twins)
        found[f"self@1_{way}"] = hits_at_k(ranks, 1)
        for name in fields:
            scores = _label_scores(name, part, encoded, np.array(numbers, np.int64))
            found |= {f"{name}_{figure}_{way}": values for figure, values in scores.items()}
    return found


def _degraded(
    encoder: Encoder, dataset: Dataset, encoded: EncodedSplit, progress: Progress | None
) -> dict[str, tuple[list[int], EncodedSplit]]:
    """By way: the numbers of the rows whose photo can still be read, and what the encoder makes of it degraded."""
    kept: list[int] = []
    vectors: dict[str, list[FloatArray]] = {way: [] for way in DEGRADATIONS}
    labels = {way: Labels() for way in DEGRADATIONS}
    for done, numbers, photos in photo_batches(dataset, encoded.rows):
        kept += numbers
        for way, degradation in DEGRADATIONS.items():
            if photos:
                rows, predictions = embed_and_classify(encoder, [degradation.apply(photo) for photo in photos])
                vectors[way].append(rows)
                labels[way].add(predictions)
        if progress is not None:
            progress(done, len(encoded.rows))
    if not kept:  # the photos have gone since they were encoded
        return {}
    rows_kept = [encoded.rows[number] for number in kept]
    return {way: (kept, EncodedSplit(rows_kept, np.concatenate(vectors[way]), labels[way], 0)) for way in DEGRADATIONS}


def _label_scores(name: str, part: EncodedSplit, encoded: EncodedSplit, numbers: IndexArray) -> dict[str, ScoreArray]:
    """P@10 by label of the degraded queries `part`, which are the rows `numbers` of `encoded`, and accuracy."""
    queries, gallery = part.labelled(name), encoded.labelled(name)
    truth = np.array(part.truth(name))  # (Q,)
    found: dict[str, ScoreArray] = {}
    if len(queries) and len(gallery) > 1:
        own = np.searchsorted(gallery, numbers[queries])  # (Q,): where the query's twin lies in the gallery
        hits = nearest(part.vectors[queries], encoded.vectors[gallery], K, own_rows=own)  # (Q, K)
        found[f"p@{K}"] = (np.array(encoded.truth(name))[hits] == truth[:, None]).mean(axis=1)
    if len(queries) and name in part.labels.predicted:
        found["accuracy"] = (np.array(part.guesses(name)) == truth).astype(np.float64)
    return found
