"""Products in the order of a plan, found as far down as they are asked for, and always in the same order.

An index of neighbours finds others when it is asked for more of them. So it is asked in steps, and what a deeper one
finds goes behind all that came before: whatever the limit and the offset, a place in the order has the same product.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.filters import Filter, matches
from services.products import Record
from services.search.fusion import fuse
from services.search.literal import is_word_for_word
from services.search.plan import Plan
from services.stores.protocol import Match, VectorStore, WordMatch

DEPTHS = (32, 128, 1_100)
"""Products that each step looks for: a page, some pages, and more than anybody may see."""
MAX_BARRED = 100
"""With more products barred than this the index leaves them out; fewer are dropped here, so that queries of others
that are alike can be answered with this one."""
BOOST = {"semantic": 0.1, "lexical": 0.25, "hybrid": 0.25}
"""What fitting every boost is worth beside the value of a rank: a cosine, or a fused value from 0 to 1."""

Attributes = Callable[[Record], Mapping[str, str | int | float | bool]]


@dataclass(frozen=True)
class Candidate:
    """A product that may be a hit. Ranks count from 1; what it was not found by is None.

    `value` is what it is ranked by among others that are, or are not, `exact`: the name of the attribute that is the
    query's text word for word. `stage` counts from 0: the later, the less is known of what the words asked for.
    """

    record: Record
    image: str
    score: float | None = None
    semantic_rank: int | None = None
    lexical_rank: int | None = None
    bm25: float | None = None
    exact: str | None = None
    boosts: tuple[str, ...] = ()
    value: float = 0.0
    stage: int = 0


class Ranking:
    """The order of one plan in one index. `records` finds products that exist; `keep` says which may be hits.

    `attributes` is what filters see of a record. Used by one thread.
    """

    def __init__(
        self,
        plan: Plan,
        store: VectorStore,
        records: Callable[[Sequence[str]], Mapping[str, Record]],
        attributes: Attributes,
        keep: Callable[[Sequence[Candidate]], Sequence[Candidate]],
    ) -> None:
        self._plan, self._store, self._records = plan, store, records
        self._attributes, self._keep = attributes, keep
        self._steps = [(stage, depth) for stage in range(len(plan.stages)) for depth in DEPTHS]
        self._seen: set[str] = set()
        self._ranked: list[Candidate] = []
        self.anything = False
        self.best_score: float | None = None
        self.matched_words: list[Record] = []

    def first(self, number: int) -> list[Candidate]:
        """The first `number` of the order, or as many as there are."""
        while len(self._ranked) < number and self._steps:
            self._deepen(*self._steps.pop(0))
        return self._ranked[:number]

    def _deepen(self, stage: int, depth: int) -> None:
        plan, where = self._plan, self._plan.stages[stage]
        near, worded = self._near(depth, where), self._worded(depth, where)
        # Where everything that passes was near enough already, what the boosts fit is among it.
        complete = plan.mode != "lexical" and len(near) < depth
        boosted = self._near(depth, plan.boosted(where)) if plan.boosts and not complete else []
        if all(len(found) < depth for found in (near, worded, boosted)):
            self._skip(stage)  # there is no more
        fresh = [replace(found, stage=stage) for found in self._candidates(near, worded, boosted)]
        if fresh and not self.anything:
            self.anything = True  # that passes, whether or not it reaches the minima
            self.best_score = max((found.score for found in fresh if found.score is not None), default=None)
            self.matched_words = [found.record for found in fresh if found.lexical_rank is not None][:3]
        kept = self._keep(fresh)
        if len(kept) < len(fresh) and plan.mode == "semantic" and not plan.boosts:
            self._skip(stage)  # best first, so whatever lies deeper is below the minima as well
        self._ranked += kept

    def _skip(self, stage: int) -> None:
        self._steps = [step for step in self._steps if step[0] != stage]

    def _near(self, depth: int, where: Filter | None) -> list[Match]:
        plan = self._plan
        if plan.vector is None or plan.mode == "lexical":
            return []
        (found,) = self._store.search(
            plan.vector.vector[None, :], depth, where, self._shut_out(), plan.deadline.left_s()
        )
        return found

    def _worded(self, depth: int, where: Filter | None) -> list[WordMatch]:
        plan = self._plan
        if plan.mode == "semantic" or not plan.words:
            return []
        (found,) = self._store.search_words([plan.words], depth, where, self._shut_out(), plan.deadline.left_s())
        return found

    def _shut_out(self) -> Sequence[str]:
        return sorted(self._plan.barred) if len(self._plan.barred) > MAX_BARRED else ()

    def _candidates(
        self, near: Sequence[Match], worded: Sequence[WordMatch], boosted: Sequence[Match]
    ) -> list[Candidate]:
        """What this step adds to the order, best first. Products that are deleted or barred are none."""
        found = {word.product_id: word.image for word in worded}
        found |= {match.product_id: match.image for match in (*boosted, *near)}  # the nearest image counts
        ids = [key for key in found if key not in self._plan.barred and key not in self._seen]
        self._seen.update(ids)
        records = self._records(ids)
        made = {key: Candidate(records[key], found[key]) for key in ids if key in records}
        self._place(made, near, worded, boosted)
        values = self._values(near, worded)
        whole = [self._weighed(candidate, values.get(key, 0.0)) for key, candidate in made.items()]
        return sorted(whole, key=_order)

    def _place(
        self,
        made: dict[str, Candidate],
        near: Sequence[Match],
        worded: Sequence[WordMatch],
        boosted: Sequence[Match],
    ) -> None:
        for match in boosted:
            if match.product_id in made:
                made[match.product_id] = replace(made[match.product_id], score=match.score)
        for rank, match in enumerate(near, 1):
            if match.product_id in made:
                made[match.product_id] = replace(made[match.product_id], score=match.score, semantic_rank=rank)
        for rank, word in enumerate(worded, 1):
            if word.product_id in made:
                made[word.product_id] = replace(made[word.product_id], bm25=word.bm25, lexical_rank=rank)

    def _values(self, near: Sequence[Match], worded: Sequence[WordMatch]) -> dict[str, float]:
        cosines = {match.product_id: match.score for match in near}
        if self._plan.mode == "semantic":
            return cosines
        bm25 = {word.product_id: word.bm25 for word in worded}
        if self._plan.mode == "lexical":
            highest = max(bm25.values(), default=1.0) or 1.0
            return {key: value / highest for key, value in bm25.items()}
        return fuse(self._plan.fusion, cosines, bm25)

    def _weighed(self, candidate: Candidate, value: float) -> Candidate:
        plan = self._plan
        if plan.mode == "semantic" and candidate.score is not None:
            value = candidate.score  # also of one that only the boosts brought
        attributes = self._attributes(candidate.record)
        boosts = tuple(term.words for term in plan.boosts if matches(term.where, attributes))
        if boosts:
            value += BOOST[plan.mode] * len(boosts) / len(plan.boosts)
        exact = is_word_for_word(plan.text, candidate.record) if candidate.lexical_rank is not None else None
        return replace(candidate, exact=exact, boosts=boosts, value=value)


def _order(candidate: Candidate) -> tuple[bool, float, str]:
    return candidate.exact is None, -candidate.value, candidate.record.product.id
