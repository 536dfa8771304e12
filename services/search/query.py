"""What can be looked for: photos, stored products and words, towards and away from, inside a filter."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from PIL import Image

from services.confidence import Minima
from services.encoders.calibration import QueryKind
from services.errors import InvalidRequest
from services.facets import FacetRequest
from services.filters import Filter
from services.search.boxes import Box

MAX_HITS = 1000
MAX_PARTS = 20
MAX_EXCLUDED = 1000
MAX_WEIGHT = 100.0

Mode: TypeAlias = Literal["semantic", "lexical", "hybrid"]
Method: TypeAlias = Literal["rrf", "weighted"]


@dataclass(frozen=True)
class ImagePart:
    """A photo, or the one of a stored product (`image` names which; its first when empty), cut to `box`.

    A negative `weight` leads away from it.
    """

    photo: Image.Image | None = None
    product_id: str = ""
    image: str = ""
    box: Box | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class TextPart:
    """Words. A negative `weight` leads away from what they mean."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True)
class Fusion:
    """How the ranks by meaning and by words become one: by reciprocal rank, or by scores, each scaled to 0..1."""

    method: Method = "rrf"
    semantic: float = 1.0
    lexical: float = 1.0


@dataclass(frozen=True)
class Sort:
    """Order the `within` most relevant products by an attribute; those without it come last."""

    by: str
    descending: bool = False
    within: int = 100


@dataclass(frozen=True)
class Query:
    """What to look for. At least one image or text leads towards something.

    `mode` None lets the search choose. `interpret` reads words such as "red dress under 50" as filters, where they
    are the catalogue's own. Products among `images` are no hits unless `include_self`. `diversity` 0 ranks by
    relevance alone, towards 1 hits that resemble each other less. Hits below the `minima` are left out.
    """

    images: Sequence[ImagePart] = ()
    texts: Sequence[TextPart] = ()
    where: Filter | None = None
    limit: int = 20
    offset: int = 0
    mode: Mode | None = None
    fusion: Fusion = field(default_factory=Fusion)
    interpret: bool = True
    exclude: Sequence[str] = ()
    include_self: bool = False
    minima: Minima = field(default_factory=Minima)
    sort: Sort | None = None
    diversity: float = 0.0
    explain: bool = False
    total: bool = False
    facets: Sequence[FacetRequest] = ()

    @property
    def kind(self) -> QueryKind:
        """Photos and stored products, however many, are an image query; with words beside them it is a mixed one."""
        if not self.wanted_text:
            return "image"
        return "mixed" if any(part.weight > 0 for part in self.images) else "text"

    @property
    def wanted_text(self) -> str:
        """The words that lead towards something, as one text."""
        return " ".join(part.text.strip() for part in self.texts if part.weight > 0).strip()

    @property
    def unwanted(self) -> list[str]:
        """Texts that lead away."""
        return [part.text.strip() for part in self.texts if part.weight < 0 and part.text.strip()]


def check(query: Query) -> None:
    """Raise InvalidRequest for a query with nothing to look for, or with numbers out of range."""
    _check_parts(query)
    if not any(part.weight > 0 for part in query.images) and not query.wanted_text:
        raise InvalidRequest("nothing to look for: give an image, a product_id or text that leads towards something")
    _check_page(query)
    fusion = query.fusion
    if not (0 <= fusion.semantic <= MAX_WEIGHT and 0 <= fusion.lexical <= MAX_WEIGHT):
        raise InvalidRequest(f"fusion: semantic and lexical must lie between 0 and {MAX_WEIGHT:g}")
    if not fusion.semantic + fusion.lexical:
        raise InvalidRequest("fusion: semantic and lexical are both 0; give one of them a weight")


def _check_parts(query: Query) -> None:
    number = len(query.images) + len(query.texts)
    if number > MAX_PARTS:
        raise InvalidRequest(f"{number} images and texts; at most {MAX_PARTS} make up a query")
    for weight in (*(part.weight for part in query.images), *(part.weight for part in query.texts)):
        if not 0 < abs(weight) <= MAX_WEIGHT:  # NaN fails as well
            raise InvalidRequest(f"weight {weight}: from -{MAX_WEIGHT:g} to {MAX_WEIGHT:g}, and not 0")
    if len(query.exclude) > MAX_EXCLUDED:
        raise InvalidRequest(f"exclude: {len(query.exclude)} products; at most {MAX_EXCLUDED} can be left out")


def _check_page(query: Query) -> None:
    if query.limit < 1 or query.offset < 0 or query.limit + query.offset > MAX_HITS:
        raise InvalidRequest(
            f"limit {query.limit}, offset {query.offset}: limit must be at least 1, limit + offset at most {MAX_HITS}"
        )
    if query.sort is not None and not 1 <= query.sort.within <= MAX_HITS:
        raise InvalidRequest(f"sort: within {query.sort.within} products; 1 to {MAX_HITS} are allowed")
    if query.sort is not None and query.diversity:
        raise InvalidRequest("sort and diversity are two orders; give one of them")
    if not 0 <= query.diversity <= 1:
        raise InvalidRequest(f"diversity {query.diversity}: must lie between 0 and 1")
