"""Figures of searching photos by title, a query a row and a query a distinct title."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.datasets import Example
from indexer.datasets.titles import normalise_title
from indexer.evaluation.encode import EncodedSplit
from indexer.evaluation.nearest import IndexArray, ScoreArray
from indexer.evaluation.protocols import K
from indexer.evaluation.titles import first_hit_ranks, hits_at_k, reciprocal_ranks
from services.arrays import FloatArray
from services.encoders.protocol import TextEncoder

TEXT_BATCH = 256


@dataclass(frozen=True)
class TitleRanks:
    """The rank of the first right photo: of each row's title (Q,), and of each distinct title (T,)."""

    rows: IndexArray
    titles: IndexArray

    def scores(self, suffix: str = "") -> dict[str, ScoreArray]:
        """One score a query, by the figure that is its mean; `suffix` ends the figures' names."""
        found: dict[str, ScoreArray] = {}
        for prefix, ranks in (("text", self.rows), ("title", self.titles)):
            found[f"{prefix}_r@1{suffix}"] = hits_at_k(ranks, 1)
            found[f"{prefix}_r@{K}{suffix}"] = hits_at_k(ranks, K)
            found[f"{prefix}_mrr@{K}{suffix}"] = reciprocal_ranks(ranks, K)
        return found


def title_ranks(encoder: TextEncoder, rows: Sequence[Example], gallery: EncodedSplit) -> TitleRanks | None:
    """Search the photos of `gallery`, which holds those of `rows` too, by the titles of `rows`.

    Any photo whose product bears the title is right (titles equal but for case, spacing and punctuation are one).
    A distinct title is asked for as its first bearer writes it. Rows without a title are neither queries nor in the
    gallery. None where no row has one.
    """
    groups = {row.title: normalise_title(row.title) for row in (*rows, *gallery.rows)}
    queries = [row.title for row in rows if groups[row.title]]
    if not queries:
        return None
    titled = [i for i, row in enumerate(gallery.rows) if groups[row.title]]
    spellings = {title: number for number, title in enumerate(dict.fromkeys(queries))}
    ranks = first_hit_ranks(
        embed_texts(encoder, list(spellings)),
        gallery.vectors[titled],
        [groups[title] for title in spellings],
        [groups[gallery.rows[i].title] for i in titled],
    )  # (spellings,)
    first = {groups[title]: number for title, number in reversed(spellings.items())}
    return TitleRanks(ranks[[spellings[title] for title in queries]], ranks[sorted(first.values())])


def embed_texts(encoder: TextEncoder, texts: Sequence[str]) -> FloatArray:
    """Unit rows (N, D) of at least one text, in batches."""
    batches = [encoder.encode_texts(texts[i : i + TEXT_BATCH]) for i in range(0, len(texts), TEXT_BATCH)]
    return np.concatenate(batches)
