"""The shop and the files that the examples of the API's description, and the pages under docs/, speak of."""

import base64
import io
import zipfile
from hashlib import sha256

import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image

from services.bootstrap import Platform
from services.catalogue import Line
from services.catalogue.tables import api_keys
from services.products import Problem

IMPORT_ID = "3f2a9c0b17de"
KEY = "lk_0123456789ab_this-is-an-example-and-opens-nothing-at-all"


def photo(colour: str, kind: str = "JPEG", size: tuple[int, int] = (60, 80)) -> bytes:
    """A plain photo."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def files() -> dict[str, bytes]:
    """The files that a reader of the docs would have beside them."""
    table = "id,title,article_type,price,image\nrow-1,Blue shirt,Shirts,19,one.jpg\nrow-2,Red skirt,Skirts,29,two.jpg\n"
    line = '{"id": "row-3", "title": "Green top", "image": "data:image/jpeg;base64,%s"}\n'
    photos = {"one.jpg": photo("blue"), "two.jpg": photo("red")}
    return {
        "front.jpg": photo("red"),
        "back.jpg": photo("maroon"),
        "photo.jpg": photo("red"),
        "shop.csv": table.encode(),
        "catalogue.csv": table.encode(),
        "photos.zip": _zip(photos),
        "shop.jsonl": (line % base64.b64encode(photo("green")).decode()).encode(),
    }


def stock(client: FlaskClient, platform: Platform) -> None:
    """Fill an empty catalogue with what is spoken of."""
    for product_id, colour, attributes in (
        ("sku-1", "red", {"title": "Red wrap dress", "category": "Dresses", "brand": "Brandt", "price": 49.9}),
        ("sku-2", "maroon", {"title": "Dark red dress", "category": "Dresses", "brand": "Brandt", "price": 79}),
        ("sku-3", "blue", {"title": "Blue t-shirt", "category": "Tops", "price": 15, "in_stock": True}),
        ("summer%2F7", "yellow", {"title": "Yellow skirt", "category": "Skirts", "price": 25, "year": 2025}),
    ):
        images = [
            {"name": name, "data": base64.b64encode(photo(colour)).decode()} for name in ("front", "side", "back")
        ]
        put = client.put(f"/v1/products/{product_id}?wait=5", json={**attributes, "images": images})
        assert put.status_code == 200, put.text
    platform.imports.begin("shop.csv", import_id=IMPORT_ID)
    lines = [Line(1, "sku-1", 1), Line(2, problem=Problem("schema", "line 2: three cells; the header has four"))]
    with platform.database.write() as connection:
        platform.imports.add(connection, IMPORT_ID, lines)
    platform.imports.complete(IMPORT_ID)
    platform.refused.keep("lookalike.v1.upsert", "sku-9", Problem("schema", "no images"), '{"id": "sku-9"}')
    _add_key(platform)


def _add_key(platform: Platform) -> None:
    """The key that the docs show, which no shop has."""
    _, key_id, secret = KEY.split("_")
    digest = sha256(secret.encode()).hexdigest()
    values = {"id": key_id, "name": "docs", "digest": digest, "scopes": ["admin"], "created_at": 0.0}
    with platform.database.write() as connection:
        connection.execute(sa.insert(api_keys).values(**values))


def _zip(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()
