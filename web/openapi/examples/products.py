"""One product at a time."""

from web.openapi.examples.example import Example
from web.openapi.examples.photo import PIXEL

SKU = {"product_id": "sku-1"}
FRONT = {"product_id": "sku-1", "name": "front"}

EXAMPLES = {
    "products.put": (
        Example(
            "With photos as files",
            path=SKU,
            query={"wait": "10"},
            form={"json": {"title": "Red wrap dress", "category": "Dresses", "price": 49.9}},
            files={"images": ("front.jpg", "back.jpg")},
        ),
        Example(
            "With a photo in base64",
            path=SKU,
            query={"wait": "10"},
            json={
                "title": "Red wrap dress",
                "category": "Dresses",
                "price": 49.9,
                "images": [{"name": "front", "data": PIXEL}],
            },
        ),
        Example(
            "Photos that it has already, and the sender's number of the change",
            path=SKU,
            query={"version": "7"},
            json={"title": "Red wrap dress", "price": 39.9, "images": [{"name": "front"}]},
        ),
    ),
    "products.patch": (Example("A new price, and no brand any more", path=SKU, json={"price": 39.9, "brand": None}),),
    "products.get": (
        Example("A record", path=SKU),
        Example("An id with a slash", path={"product_id": "summer/7"}),
    ),
    "products.delete": (Example("Gone from searches at once", path=SKU),),
    "products.put_image": (Example("A photo more", path={"product_id": "sku-1", "name": "back"}, upload="back.jpg"),),
    "products.delete_image": (Example("A photo less", path={"product_id": "sku-1", "name": "side"}),),
    "images.image": (
        Example("As it was stored", path=FRONT, save="front.jpg"),
        Example("A thumbnail", path=FRONT, query={"size": "320"}, save="small.jpg"),
    ),
}
