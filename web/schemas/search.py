"""Searches as the API answers them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from web.schemas.base import ABSENT, AnswerModel, Scalar
from web.schemas.labels import LabelAnswer, Probability
from web.schemas.problem import ProblemAnswer
from web.schemas.products import ProductFields

Number = Annotated[int, Field(ge=0)]
Milliseconds = Annotated[float, Field(ge=0, description="How long the search took, in milliseconds.")]


class HitProduct(ProductFields):
    """The product of a hit. `predicted` is what the model suggests for fields that the shop left empty."""

    predicted: Annotated[
        dict[str, LabelAnswer], Field(description="Labels for fields that the shop left empty, where there are any.")
    ] = Field(default=ABSENT)


class PartAnswer(AnswerModel):
    """What a part of the query has to do with a hit. The shares of all parts add up to the score."""

    part: Annotated[str, Field(examples=["text 'red'"])]
    weight: float
    cosine: Annotated[float, Field(ge=-1.001, le=1.001)]
    share: float


class Difference(AnswerModel):
    """The query's value of an attribute, and the hit's: null where it has none."""

    query: Scalar
    hit: Scalar | None


class ExplainAnswer(AnswerModel):
    """What brought a hit. Ranks count from 1; null is not among them."""

    parts: list[PartAnswer]
    semantic_rank: Annotated[int | None, Field(ge=1, description="Place by meaning.")]
    lexical_rank: Annotated[int | None, Field(ge=1, description="Place by words.")]
    bm25: Annotated[float | None, Field(description="The score of the words.")]
    exact: Annotated[str | None, Field(description="The attribute that is the text, word for word.")]
    boosts: Annotated[list[str], Field(description="Words that it was moved up for.")]
    agrees: Annotated[dict[str, Scalar], Field(description="Attributes that it shares with the query.")]
    differs: Annotated[dict[str, Difference], Field(description="Attributes that it does not.")]


class HitAnswer(AnswerModel):
    """A product found, and the photo that matched."""

    product_id: str
    image: Annotated[str, Field(description="The name of the photo that matched.")]
    image_url: str
    score: Annotated[
        float | None,
        Field(ge=-1.001, le=1.001, description="The cosine between the query and the photo; null by the letter only."),
    ]
    probability: Annotated[
        Probability | None,
        Field(description="That the product is of the kind looked for; null where the model is not calibrated."),
    ]
    product: HitProduct
    explain: Annotated[ExplainAnswer, Field(description="With `explain`.")] = Field(default=ABSENT)


class TermAnswer(AnswerModel):
    """Words that were read as a filter. One that is not `sure` moves hits up, and leaves none out."""

    words: Annotated[str, Field(examples=["under 50"])]
    field: Annotated[str, Field(examples=["price"])]
    kind: Literal["value", "range", "negation"]
    filter: Annotated[dict[str, Any], Field(examples=[{"price": {"lt": 50}}])]
    sure: bool


class InterpretationAnswer(AnswerModel):
    """How the words were read."""

    text: Annotated[str, Field(description="What was left to search by meaning.")]
    terms: list[TermAnswer]
    rest: Annotated[list[str], Field(description="Words that stand for no filter.")]
    unknown_unwanted: Annotated[list[str], Field(description="Unwanted words that are no value of the catalogue.")]


class FacetValue(AnswerModel):
    """A value, and the number of products that have it."""

    value: Scalar
    products: Number


class FacetRange(AnswerModel):
    """From `gte` up to, and without, `lt`; null is open."""

    gte: float | None
    lt: float | None
    products: Number


class FacetAnswer(AnswerModel):
    """A field's values, most frequent first, or the ranges asked for. `products` have the field at all."""

    field: str
    products: Number
    values: list[FacetValue] = Field(default=ABSENT)
    ranges: list[FacetRange] = Field(default=ABSENT)


class IndexAnswer(AnswerModel):
    """Which model's index answered, of which generation."""

    model: Annotated[str, Field(examples=["lookalike-efficientnet-lite2@3+1f0c9a3b"])]
    generation: Annotated[int, Field(ge=0)]


class FoundAnswer(AnswerModel):
    """Hits, best first. `total` and `facets` speak of the products that pass the filter."""

    hits: list[HitAnswer]
    mode: Literal["semantic", "lexical", "hybrid"]
    no_good_match: Annotated[
        bool, Field(description="Nothing was found, or not even the best hit is close; hits come all the same.")
    ]
    interpretation: Annotated[InterpretationAnswer, Field(description="Where words were read as filters.")] = Field(
        default=ABSENT
    )
    total: Annotated[Number, Field(description="With `total`.")] = Field(default=ABSENT)
    facets: Annotated[list[FacetAnswer], Field(description="Those asked for, in their order.")] = Field(default=ABSENT)
    index: IndexAnswer


class SearchAnswer(FoundAnswer):
    """The answer to a search: hits, best first."""

    took_ms: Milliseconds


class BatchProblem(AnswerModel):
    """A search of a batch that could not be answered; the others are."""

    problem: ProblemAnswer


class BatchAnswer(AnswerModel):
    """Answers in the order of the queries."""

    answers: list[FoundAnswer | BatchProblem]
    took_ms: Milliseconds
