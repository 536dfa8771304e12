"""Random changes of a few products, so few that they often meet."""

from convergence.photos import STORED, WEB, digest
from hypothesis import strategies as st

from services.catalogue import Change, Delete, Patch, Put
from services.products import ImageRef, Product

IDS = ["a", "ü'] or id != '' or id in ['c"]
NAMES = st.sampled_from(["1", "2"])
VALUES = st.sampled_from(["red", "Kleid", "größer"])
VERSIONS = st.none() | st.integers(0, 5)


def changes(ids: st.SearchStrategy[str]) -> st.SearchStrategy[Change]:
    """Anything that can be asked of a product, also what cannot be done."""
    products = st.builds(Product, ids, _attributes(VALUES), _images(1))
    patches = st.builds(
        Patch,
        ids,
        _attributes(VALUES | st.none()),
        _images(0),
        st.lists(NAMES, max_size=1).map(tuple),
        VERSIONS,
        st.booleans(),
    )
    return st.builds(Put, products, VERSIONS, st.booleans()) | patches | st.builds(Delete, ids, VERSIONS)


def _attributes(values: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from(["title", "category", "fit"]), values, max_size=2)


def _images(least: int) -> st.SearchStrategy[tuple[ImageRef, ...]]:
    """Photos by their digest, or by their URL, or by nothing but the name of one that is stored already."""
    stored = st.builds(ImageRef, NAMES, digest=st.sampled_from([digest(data) for data in STORED]))
    linked = st.builds(ImageRef, NAMES, url=st.sampled_from(list(WEB)))
    kinds = stored | linked | st.builds(ImageRef, NAMES)
    return st.lists(kinds, min_size=least, max_size=2, unique_by=lambda image: image.name).map(tuple)
