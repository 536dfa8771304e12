"""What a query comes to once its parts are vectors and its words are read: all that ranking needs to know."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.deadline import Deadline
from services.encoders import Encoder, TextEncoder
from services.errors import InvalidRequest, Unsupported
from services.filters import All, Any, Exists, Filter, Not, fields_of
from services.products import Record
from services.search.interpretation import Interpretation, Term
from services.search.interpreter import Interpreter
from services.search.query import Fusion, Mode, Query
from services.search.reading import as_boosts, read
from services.search.vectors import PartVectors, QueryVector, combined
from services.stores import VectorStore


@dataclass(frozen=True)
class Plan:
    """How to rank: by `vector`, by `words`, or both, among what passes `where`; `boosts` move up what they fit.

    `barred` products are no hits. `text` is what was typed, for hits that are it word for word, `given` the filter
    without what was read from the words, and `products` the records of stored products that lead towards something.
    """

    mode: Mode
    vector: QueryVector | None
    words: str
    text: str
    given: Filter | None
    interpretation: Interpretation | None
    fusion: Fusion
    barred: frozenset[str]
    products: tuple[Record, ...]
    deadline: Deadline

    @property
    def stages(self) -> list[Filter | None]:
        """What hits pass: first the filter that was given and what was surely meant, then also what is not labelled.

        A product without a colour may be red; what is labelled otherwise is not.
        """
        sure = [term for term in self.interpretation.terms if term.sure] if self.interpretation else []
        strict = _all(self.given, [term.where for term in sure])
        lenient = _all(self.given, [_or_unlabelled(term) for term in sure])
        return [strict] if strict == lenient else [strict, lenient]

    @property
    def where(self) -> Filter | None:
        """What every hit passes."""
        return self.stages[-1]

    @property
    def boosts(self) -> tuple[Term, ...]:
        """What was perhaps meant."""
        return tuple(term for term in self.interpretation.terms if not term.sure) if self.interpretation else ()

    @property
    def leads_away(self) -> bool:
        """Whether something was taken away from the vector."""
        return self.vector is not None and any(part.weight < 0 for part in self.vector.parts)

    def boosted(self, where: Filter | None) -> Filter | None:
        """What passes `where`, and fits at least one of the boosts."""
        return _all(where, [Any(tuple(term.where for term in self.boosts))])

    def relaxed(self) -> "Plan | None":
        """The same plan, in which words keep less out; None where they keep out nothing.

        Bounds go first: a shop without prices, or with none so low, may still have the dress.
        """
        sure = [term for term in self.interpretation.terms if term.sure] if self.interpretation else []
        if self.interpretation is None or not sure:
            return None
        bounds = [term for term in sure if term.kind == "range"]
        return replace(self, interpretation=as_boosts(self.interpretation, bounds or sure))


def _all(first: Filter | None, others: Sequence[Filter]) -> Filter | None:
    parts = [part for part in (first, *others) if part is not None]
    return parts[0] if len(parts) == 1 else All(tuple(parts)) if parts else None


def _or_unlabelled(term: Term) -> Filter:
    """What fits the term, or has none of the fields that it is about."""
    fields = sorted(fields_of(term.where))
    if term.kind != "value" or not fields or term.everywhere:
        return term.where
    return Any((term.where, Not(Any(tuple(Exists(field) for field in fields)))))


class Planner:
    """Makes plans. Safe to share between threads."""

    def __init__(self, parts: PartVectors, encoder: Encoder, interpreter: Interpreter) -> None:
        self._parts, self._encoder, self._interpreter = parts, encoder, interpreter

    def plan(self, query: Query, store: VectorStore, deadline: Deadline) -> Plan:
        """The plan of a query that passed its check. Raises what Search.run does."""
        mode = choose_mode(query, isinstance(self._encoder, TextEncoder), self._encoder.model.key)
        reading = read(query, self._interpreter)
        images, records = self._parts.of_images(query.images, store, deadline.left_s())
        parts = [*images, *self._parts.of_texts(reading.texts)]
        own = {part.product_id for part in query.images if part.product_id}
        towards = {part.product_id for part in query.images if part.weight > 0}
        return Plan(
            mode=mode,
            vector=combined(parts) if parts else None,
            words=" ".join(part.text for part in reading.texts if part.weight > 0),
            text=query.wanted_text,
            given=query.where,
            interpretation=reading.interpretation,
            fusion=query.fusion,
            barred=frozenset(query.exclude) | (frozenset() if query.include_self else own),
            products=tuple(record for record in records if record.product.id in towards),
            deadline=deadline,
        )


def choose_mode(query: Query, understands_text: bool, model: str) -> Mode:
    """How the query is to be answered; see Query.mode.

    Raises InvalidRequest for a mode that the query has no use for, Unsupported where words are to be taken by their
    meaning and the model understands none.
    """
    if not query.wanted_text:
        if query.mode in ("lexical", "hybrid"):
            raise InvalidRequest(f"mode {query.mode!r} needs words; give text, or leave mode out")
        return "semantic"
    if query.mode == "lexical" and query.images:
        raise InvalidRequest("mode 'lexical' compares words only; leave the images out, or use mode 'hybrid'")
    if query.mode == "semantic" and not understands_text:
        raise Unsupported(f"the model {model} has no text tower; use mode 'lexical', or leave mode out")
    if any(part.weight > 0 for part in query.images):
        return query.mode or ("semantic" if understands_text else "hybrid")
    return (query.mode or "hybrid") if understands_text else "lexical"
