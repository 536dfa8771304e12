"""Searches, look-alikes and labels."""

from web.openapi.examples.example import Example
from web.openapi.examples.photo import PIXEL

EXAMPLES = {
    "search.search": (
        Example("Words, inside a filter", json={"text": "red dress", "filter": {"price": {"lt": 50}}, "limit": 10}),
        Example("A photo as a file", form={"filter": {"category": "Dresses"}}, files={"image": "photo.jpg"}),
        Example("A part of a photo", form={"box": [0.1, 0.1, 0.9, 0.9]}, files={"image": "photo.jpg"}),
        Example("A photo in base64", json={"image": {"data": PIXEL}}),
        Example(
            "Like these two, but in red, and not striped",
            json={
                "image": [{"product_id": "sku-1"}, {"product_id": "sku-2", "weight": 0.5}],
                "text": "in red",
                "not": "striped",
            },
        ),
        Example("A name or number, by the letter", json={"text": "sku-1", "mode": "lexical"}),
        Example(
            "How many there are, of which values, and why each hit came",
            json={
                "text": "dress",
                "total": True,
                "facets": ["category", {"field": "price", "ranges": [{"lt": 50}, {"gte": 50}]}],
                "explain": True,
            },
        ),
        Example(
            "The cheapest of the 50 most relevant",
            json={"text": "dress", "sort": {"by": "price", "within": 50}, "exclude": ["sku-2"]},
        ),
        Example("Hits that resemble each other less", json={"text": "dress", "diversity": 0.3}),
    ),
    "search.batch": (
        Example(
            "Two searches at once",
            json={"queries": [{"text": "red dress"}, {"image": {"product_id": "sku-1"}, "limit": 5}]},
        ),
    ),
    "search.similar": (
        Example("Look-alikes", path={"product_id": "sku-1"}, query={"limit": "10"}),
        Example(
            "Inside a filter",
            path={"product_id": "sku-1"},
            query={"filter": '{"category": "Dresses"}', "min_score": "0.2"},
        ),
    ),
    "classify.classify": (
        Example("A photo as a file", files={"image": "photo.jpg"}),
        Example("A photo in base64, the likeliest labels only", json={"image": {"data": PIXEL}, "top": 2}),
        Example(
            "Several at once, a part of one",
            json={"image": [{"data": PIXEL}, {"product_id": "sku-1", "box": [0, 0, 1, 0.5]}]},
        ),
    ),
}
