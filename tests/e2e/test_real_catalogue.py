"""Real photos through the real queue: everything arrives, filters hold, and words find what they name."""

import io
import zipfile
from collections.abc import Iterator

import pytest
from components import wait_for
from real_data import fashion_products, rows

from indexer.local_import import LocalFile
from web.app import create_app

ROWS = 400
# Words, and the article types that answer them.
QUERIES = {
    "blue t-shirt": {"Tshirts"},
    "mens sports shoes": {"Sports Shoes", "Casual Shoes"},
    "handbag": {"Handbags"},
    "watch": {"Watches"},
    "sunglasses": {"Sunglasses"},
}


@pytest.fixture
def client(open_shop) -> Iterator:
    """The API of a shop that holds the first rows of the catalogue."""
    folder = fashion_products()
    shop = open_shop(task_time_limit_s=30.0, lease_s=40.0, visibility_timeout_s=45.0, chunk_size=64)
    shop.start("worker")
    mapping = {"category": "article_type"}
    file = LocalFile(folder / "catalogue.csv", str(folder / "images.zip"), mapping=mapping, limit=ROWS)
    import_id = file.begin(shop.platform)
    file.run(shop.platform, shop.queue.send, import_id, lambda _: None)
    wait_for("the import", lambda: shop.platform.imports.progress(import_id).settled, 180)
    assert shop.platform.imports.progress(import_id).indexed == ROWS
    assert shop.platform.index.store().count() == ROWS, "one photo each, none lost, none doubled"
    return create_app(shop.platform, shop.queue).test_client()


def types(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [hit["product"]["attributes"]["article_type"] for hit in answer.json["hits"]]


def test_photos_filters_and_words(client) -> None:
    folder = fashion_products()
    with zipfile.ZipFile(folder / "images.zip") as archive:
        for row in rows(folder, "test", 5):
            photo = archive.read(row["image"])
            for wanted in ("Tshirts", "Watches"):
                form = {"image": (io.BytesIO(photo), "q.jpg"), "filter": f'{{"article_type": "{wanted}"}}'}
                assert set(types(client.post("/v1/search", data=form))) == {wanted}
    for text, right in QUERIES.items():
        found = types(client.post("/v1/search", json={"text": text, "limit": 5}))
        assert sum(kind in right for kind in found) >= 4, f"{text}: {found}"
