"""One planned query on its way to the page that was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from services.arrays import FloatArray
from services.confidence import Confidence
from services.products import Record
from services.search.answer import Hit
from services.search.explaining import explain, wanted_attributes
from services.search.literal import bears
from services.search.ordering import DIVERSE_POOL, by_attribute, diversely
from services.search.plan import Plan
from services.search.query import Query
from services.search.ranking import Candidate, Ranking
from services.search.shop import Shop
from services.stores import VectorStore
from services.words import terms

Vectors = Mapping[tuple[str, str], FloatArray]
"""The vector (D,) of an image, by product id and the image's name."""


class Execution:
    """Runs one plan of `query` in one index. Used by one thread; its methods raise what Search.run does."""

    def __init__(self, query: Query, plan: Plan, store: VectorStore, shop: Shop, confidence: Confidence) -> None:
        self._query, self._plan, self._store, self._shop = query, plan, store, shop
        self._confidence = confidence
        self._ranking = Ranking(plan, store, shop.records, shop.seen, self._allowed)

    @property
    def empty(self) -> bool:
        """Whether no product passes; those that do may all be below the minima."""
        return not self._ranking.first(1) and not self._ranking.anything

    def hits(self) -> list[Hit]:
        """The page that was asked for."""
        query = self._query
        page = self._ordered()[query.offset : query.offset + query.limit]
        vectors = self._vectors(page) if query.explain else {}
        page = self._scored(page, vectors)
        chances = self._confidence.probabilities([found.score for found in page])
        hits = [
            Hit(found.record, found.image, found.score, chance) for found, chance in zip(page, chances, strict=True)
        ]
        return self._explained(hits, page, vectors) if query.explain else hits

    def nothing_close(self) -> bool:
        """Whether the answer is none, on whatever page: see Answer.no_good_match."""
        first = self._ranking.first(1)
        if not first:
            return True
        read = self._plan.interpretation
        if read is not None and read.says_all and not self._plan.products and not first[0].stage:
            return False  # the words were the shop's own, and the hits are what they say
        wanted = terms(self._plan.words)
        if wanted and any(bears(record, wanted, self._shop.text_fields) for record in self._ranking.matched_words):
            return False
        return self._confidence.far(self._ranking.best_score)

    def _ordered(self) -> list[Candidate]:
        query, need = self._query, self._query.offset + self._query.limit
        if query.sort is not None:
            relevant = self._relevant(self._ranking.first(query.sort.within))
            return by_attribute(relevant, query.sort, lambda found: self._shop.seen(found.record))
        if query.diversity:
            found = self._ranking.first(max(need, DIVERSE_POOL))
            return diversely(found, self._vectors(found[:DIVERSE_POOL]), query.diversity)
        return self._ranking.first(need)

    def _relevant(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Those that are close; all of them where none is, or where the model cannot tell."""
        close = [found for found in candidates if found.exact or not self._confidence.far(found.score)]
        return close or list(candidates)

    def _allowed(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Those that reach the minima."""
        minima = self._query.minima
        if not minima.any:
            return candidates
        scored = self._scored(candidates, {})
        chances = self._confidence.probabilities([found.score for found in scored])
        return [found for found, chance in zip(scored, chances, strict=True) if minima.allow(found.score, chance)]

    def _scored(self, candidates: Sequence[Candidate], vectors: Vectors) -> list[Candidate]:
        """The same with the score of those that were found by their words only: of their nearest image."""
        query = self._plan.vector
        unscored = [found for found in candidates if found.score is None]
        if query is None or not unscored:
            return list(candidates)
        known = vectors or self._vectors(unscored)
        best: dict[str, tuple[float, str]] = {}
        for (product_id, image), vector in known.items():
            score = min(float(np.dot(query.vector, vector)), 1.0)
            best[product_id] = max(best.get(product_id, (-2.0, "")), (score, image))
        return [
            replace(found, score=best[found.record.product.id][0], image=best[found.record.product.id][1])
            if found.score is None and found.record.product.id in best
            else found
            for found in candidates
        ]

    def _vectors(self, candidates: Sequence[Candidate]) -> dict[tuple[str, str], FloatArray]:
        """The vectors of all images of these products."""
        ids = [found.record.product.id for found in candidates]
        if not ids:
            return {}
        rows = self._store.rows_of(ids, with_vectors=True, timeout_s=self._plan.deadline.left_s())
        return {(row.product_id, row.image): row.vector for row in rows if row.vector is not None}

    def _explained(self, hits: Sequence[Hit], page: Sequence[Candidate], vectors: Vectors) -> list[Hit]:
        plan = self._plan
        wanted = wanted_attributes(plan.products, plan.interpretation, self._shop.fields)
        return [
            replace(
                hit, explanation=explain(found, self._seen(hit.record), plan.vector, vectors.get(_key(hit)), wanted)
            )
            for hit, found in zip(hits, page, strict=True)
        ]

    def _seen(self, record: Record) -> Mapping[str, str | int | float | bool]:
        return self._shop.seen(record)


def _key(hit: Hit) -> tuple[str, str]:
    return hit.record.product.id, hit.image
