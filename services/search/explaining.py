"""Why a hit is one: what each part of the query has in common with it, and which attributes they share."""

from collections.abc import Mapping, Sequence

import numpy as np

from services.arrays import FloatArray
from services.fields import Fields, FieldType, Scalar
from services.filters import OneOf
from services.products import Record
from services.search.answer import Explanation, PartShare
from services.search.interpretation import Interpretation
from services.search.ranking import Candidate
from services.search.vectors import QueryVector

Wanted = Mapping[str, Sequence[Scalar]]


def wanted_attributes(products: Sequence[Record], interpretation: Interpretation | None, fields: Fields) -> Wanted:
    """What hits are compared with: keywords of the query's products, and values that its words were read as.

    The words go before the products, since "this, but in red" asks for another colour.
    """
    wanted: dict[str, list[Scalar]] = {}
    for record in products:
        for name, value in record.product.attributes.items():
            if fields.get(name) is FieldType.KEYWORD and value not in wanted.setdefault(name, []):
                wanted[name].append(value)
    terms = [term for term in interpretation.terms if term.kind == "value"] if interpretation else []
    for term in sorted(terms, key=lambda term: term.sure):  # what is sure has the last word
        if isinstance(term.where, OneOf):
            wanted[term.field] = list(term.where.values)
    return wanted


def explain(
    candidate: Candidate,
    attributes: Mapping[str, Scalar],
    query: QueryVector | None,
    vector: FloatArray | None,
    wanted: Wanted,
) -> Explanation:
    """The explanation of a hit with these attributes and this image's unit `vector` (D,), where it is known."""
    agrees = {name: attributes[name] for name, values in wanted.items() if attributes.get(name) in values}
    return Explanation(
        parts=_shares(query, vector) if query is not None and vector is not None else (),
        semantic_rank=candidate.semantic_rank,
        lexical_rank=candidate.lexical_rank,
        bm25=candidate.bm25,
        exact=candidate.exact,
        boosts=candidate.boosts,
        agrees=agrees,
        differs={name: (values[0], attributes.get(name)) for name, values in wanted.items() if name not in agrees},
    )


def _shares(query: QueryVector, vector: FloatArray) -> list[PartShare]:
    """The score is the cosine with a sum, hence a sum itself: of what each part brings."""
    cosines = [float(np.dot(part.vector, vector)) for part in query.parts]
    return [
        PartShare(part.name, part.weight, cosine, part.weight * cosine / query.length)
        for part, cosine in zip(query.parts, cosines, strict=True)
    ]
