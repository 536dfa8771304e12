"""What a search and a classification may be asked with, as JSON or as a form."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

Weight = Annotated[float, Field(ge=-100, le=100, description="How much it counts; below 0 it leads away.")]
BoxBody = Annotated[
    list[Annotated[float, Field(ge=0, le=1)]],
    Field(
        min_length=4,
        max_length=4,
        description="The part that matters: [x1, y1, x2, y2] as fractions of the photo, from the upper left corner.",
    ),
]
# The grammar has a parser of its own, and so a schema of its own: the description puts it in the place of this one.
FilterBody = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "format": "filter"})]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class QueryImageBody(_Strict):
    """A photo to search by: base64 `data`, a `url`, or a stored `product_id`, with `image` for another than its first.

    Just one of the three.
    """

    data: Annotated[str, Field(description="The photo's bytes in base64, with or without a data: prefix.")] = ""
    url: Annotated[str, Field(max_length=4000, description="Its host must be among those allowed.")] = ""
    product_id: Annotated[str, Field(max_length=1000)] = ""
    image: Annotated[str, Field(max_length=1000, description="The name of one of the product's photos.")] = ""
    box: BoxBody | None = None
    weight: Weight = 1.0


class QueryTextBody(_Strict):
    """Words with a weight."""

    text: Annotated[str, Field(max_length=2000)]
    weight: Weight = 1.0


Images = QueryImageBody | Annotated[list[QueryImageBody], Field(max_length=20)]
Texts = Annotated[str, Field(max_length=2000)] | Annotated[list[QueryTextBody], Field(max_length=20)]


class AwayBody(_Strict):
    """What to lead away from."""

    image: Images | None = None
    text: Texts | None = None


class FusionBody(_Strict):
    """How the ranks by meaning and by words become one."""

    method: Literal["rrf", "weighted"] = "rrf"
    semantic: Annotated[float, Field(ge=0, le=100)] = 1.0
    lexical: Annotated[float, Field(ge=0, le=100)] = 1.0


class SortBody(_Strict):
    """Order the `within` most relevant products by an attribute."""

    by: Annotated[str, Field(max_length=200)]
    order: Literal["asc", "desc"] = "asc"
    within: Annotated[int, Field(ge=1, le=1000)] = 100


class RangeBody(_Strict):
    """From `gte` up to, and without, `lt`."""

    gte: float | None = None
    lt: float | None = None


class FacetBody(_Strict):
    """The `top` values of a field, or how many products lie in each range."""

    field: Annotated[str, Field(max_length=200)]
    top: Annotated[int, Field(ge=1, le=200)] = 10
    ranges: Annotated[list[RangeBody], Field(max_length=50)] = []


class SearchBody(_Strict):
    """A search: photos, stored products and words, towards and away from, inside a filter."""

    image: Images | None = None
    text: Texts = ""
    away: Annotated[
        AwayBody | Annotated[str, Field(max_length=2000)] | None,
        Field(alias="not", description="What hits should not be like: words, or photos and words."),
    ] = None
    filter: FilterBody | None = None
    mode: Annotated[
        Literal["semantic", "lexical", "hybrid"] | None,
        Field(description="By meaning, by the letter, or both; left out, the search chooses."),
    ] = None
    fusion: FusionBody = FusionBody()
    interpret: Annotated[bool, Field(description="Read words as filters where they are the catalogue's own.")] = True
    limit: int = 20
    offset: int = 0
    exclude: Annotated[list[str], Field(max_length=1000, description="Products that are no hits.")] = []
    include_self: Annotated[bool, Field(description="Products of the query may be among its hits.")] = False
    min_score: float | None = None
    min_probability: float | None = None
    sort: SortBody | None = None
    diversity: Annotated[float, Field(ge=0, le=1, description="Above 0, hits resemble each other less.")] = 0.0
    explain: bool = False
    total: bool = False
    facets: Annotated[list[Annotated[str, Field(max_length=200)] | FacetBody], Field(max_length=20)] = []


class BatchBody(_Strict):
    """Up to 100 searches at once."""

    queries: Annotated[list[SearchBody], Field(min_length=1, max_length=100)]


class ClassifyBody(_Strict):
    """Photos to label: one, or up to 100."""

    image: QueryImageBody | Annotated[list[QueryImageBody], Field(min_length=1, max_length=100)]
    top: Annotated[int, Field(ge=1, le=50, description="Labels told of each field.")] = 5
