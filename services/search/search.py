"""Answers queries: photos, stored products, words, or a mix, inside a filter."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from services.catalogue import Facets
from services.confidence import Confidence
from services.deadline import Deadline
from services.encoders import Classifier, Encoder, TextEncoder
from services.encoders.protocol import Prediction
from services.errors import DeadlineExceeded, LookalikeError, Unavailable, Unsupported
from services.index import LiveIndex
from services.search.answer import Answer
from services.search.execution import Execution
from services.search.plan import Plan, Planner
from services.search.query import Query, check
from services.search.shop import Shop

BATCH_THREADS = 16
"""Queries of a batch that are under way at once. They are gathered on their way to the model and to Milvus."""


class Search:
    """The search of one platform. Safe to share between threads."""

    def __init__(
        self,
        shop: Shop,
        planner: Planner,
        encoder: Encoder,
        index: LiveIndex,
        facets: Facets,
        timeout_s: float = 5.0,
    ) -> None:
        self._shop, self._planner, self._encoder, self._index = shop, planner, encoder, index
        self._facets, self._timeout_s = facets, timeout_s
        self._batch = ThreadPoolExecutor(BATCH_THREADS, thread_name_prefix="batch")

    def run(self, query: Query, deadline: Deadline | None = None) -> Answer:
        """Find the products nearest to `query`. The stored products of a query never answer it, unless they may.

        Raises InvalidRequest for a query with nothing to look for or limits out of range, NotFound for an unknown
        product, Unsupported for what the model cannot do, DeadlineExceeded when the time is over, and Unavailable
        when a part is away.
        """
        check(query)
        deadline = deadline or Deadline(self._timeout_s)
        try:
            return self._answer(query, deadline)
        except DeadlineExceeded:
            raise
        except Unavailable:
            # A rebuild may have dropped the index that was live a moment ago; if Milvus is away this fails again.
            self._index.forget()
            return self._answer(query, deadline)

    def run_many(self, queries: Sequence[Query]) -> list[Answer | LookalikeError]:
        """An answer for each query, or what is wrong with it; one that is wrong does not keep the others back."""
        deadline = Deadline(self._timeout_s * (1 + len(queries) / BATCH_THREADS))
        return list(self._batch.map(lambda query: self._outcome(query, deadline), queries))

    def classify(self, images: Sequence[Image.Image]) -> list[Prediction]:
        """Label each image with every field the model knows. Raises Unsupported when it has no label heads."""
        if not isinstance(self._encoder, Classifier):
            raise Unsupported(f"the model {self._encoder.model.key} has no label heads, so it cannot classify")
        return self._encoder.classify(images)

    def ready(self) -> None:
        """Raise what a search would raise now: Unavailable, or IndexMismatch."""
        self._index.store().count()

    def _outcome(self, query: Query, deadline: Deadline) -> Answer | LookalikeError:
        try:
            return self.run(query, deadline)
        except LookalikeError as exc:
            return exc

    def _answer(self, query: Query, deadline: Deadline) -> Answer:
        store = self._index.store(deadline)
        plan = self._planner.plan(query, store, deadline)
        confidence = self._confidence(query, plan)
        execution = Execution(query, plan, store, self._shop, confidence)
        while execution.empty and (relaxed := plan.relaxed()) is not None:
            # The words were read as something that the shop does not have: let them say what comes first instead.
            plan = relaxed
            execution = Execution(query, plan, store, self._shop, confidence)
        return Answer(
            hits=execution.hits(),
            model=self._encoder.model.key,
            index=store.name,
            mode=plan.mode,
            no_good_match=execution.nothing_close(),
            interpretation=plan.interpretation,
            total=self._facets.total(plan.where, deadline.left_s()) if query.total else None,
            facets=self._facets.count(plan.where, query.facets, deadline.left_s()) if query.facets else (),
        )

    def _confidence(self, query: Query, plan: Plan) -> Confidence:
        confidence = Confidence(self._encoder, query.kind, plan.leads_away)
        confidence.check(query.minima)
        if query.minima.any and not query.images and not isinstance(self._encoder, TextEncoder):
            raise Unsupported(
                f"the model {self._encoder.model.key} has no text tower, so hits by words have no score; "
                "leave out min_score"
            )
        return confidence
