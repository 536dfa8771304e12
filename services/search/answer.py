"""What a search answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.facets import Facet
from services.fields import Scalar
from services.products import Record
from services.search.interpretation import Interpretation
from services.search.query import Mode
from services.stores import IndexName


@dataclass(frozen=True)
class PartShare:
    """What one part of a query has in common with a hit: their `cosine`, and its share of the hit's score.

    The shares of all parts add up to the score.
    """

    part: str
    weight: float
    cosine: float
    share: float


@dataclass(frozen=True)
class Explanation:
    """What brought a hit: ranks from 1 by meaning and by words, None where it was not among them; `bm25` of the words.

    `exact` names the attribute that is the text word for word, `boosts` the words that it was moved up for. `agrees`
    are attributes shared with the query's products and interpretation, `differs` the others, as (query's, hit's).
    """

    parts: Sequence[PartShare] = ()
    semantic_rank: int | None = None
    lexical_rank: int | None = None
    bm25: float | None = None
    exact: str | None = None
    boosts: Sequence[str] = ()
    agrees: Mapping[str, Scalar] = field(default_factory=dict)
    differs: Mapping[str, tuple[Scalar, Scalar | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """A product found, the image that matched, and the cosine between that image and the query.

    `score` is None where words were compared letter by letter only. `probability`: how likely the product is of the
    kind that was looked for; None where the model is not calibrated.
    """

    record: Record
    image: str
    score: float | None
    probability: float | None = None
    explanation: Explanation | None = None


@dataclass(frozen=True)
class Answer:
    """Hits, best first, and which model's index, of which generation, they come from.

    `no_good_match`: nothing was found within the filter and the minima, or even the best hit is not close. The
    hits are the nearest there are all the same. A model that is not calibrated cannot tell that they are far.
    `total` and `facets` speak of the products that pass the filter.
    """

    hits: list[Hit]
    model: str
    index: IndexName
    mode: Mode
    no_good_match: bool = False
    interpretation: Interpretation | None = None
    total: int | None = None
    facets: Sequence[Facet] = ()
