"""Photos by URL: fetched once, embedded, tried again while the host is away, given up in the end."""

import io
import time
from collections.abc import Iterator

import pytest
from fakes import COLOURS, platform_of_fakes
from photo_host import PhotoHost
from PIL import Image

from indexer.fetching import PhotoFetcher
from indexer.pipeline import Pipeline
from indexer.rows import RowBuilder
from services.bootstrap import Platform
from services.catalogue import Claims
from services.products import ImageRef, Product, Record


def photo(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 40), COLOURS[colour]).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def host() -> Iterator[PhotoHost]:
    with PhotoHost().serving() as serving:
        yield serving


class Shop:
    """A platform that may fetch from the host, and the worker's pipeline, on a clock of its own."""

    def __init__(self, platform: Platform) -> None:
        self.platform, self.now = platform, time.time()
        settings = platform.settings
        self.claims = Claims(platform.database, settings.lease_s, max_attempts=3, clock=lambda: self.now)
        builder = RowBuilder(platform.encoder, platform.images, platform.limits, max_attempts=3)
        fetcher = PhotoFetcher(platform.fetcher, platform.images, threads=2)
        self.pipeline = Pipeline(self.claims, builder, platform.index, fetcher)

    def put(self, product_id: str, **urls: str) -> None:
        images = tuple(ImageRef(name, url=url) for name, url in urls.items())
        self.platform.catalogue.put([Product(product_id, {}, images)])

    def record(self, product_id: str) -> Record:
        return self.platform.catalogue.get(product_id)

    def rows(self, product_id: str) -> set[str]:
        return {row.image for row in self.platform.index.store().rows_of([product_id])}


@pytest.fixture
def shop(tmp_path, host: PhotoHost) -> Iterator[Shop]:
    platform = platform_of_fakes(tmp_path, image_hosts=[host.name], private_image_hosts=[host.name])
    yield Shop(platform)
    platform.close()


def test_a_photo_is_fetched_kept_and_embedded_once(shop: Shop, host: PhotoHost) -> None:
    host.answers["/red.png"] = (200, photo("red"))
    shop.put("p", front=host.url("/red.png"))
    assert shop.pipeline.run(["p"]) == 1
    record = shop.record("p")
    assert (record.state, shop.rows("p")) == ("indexed", {"front"})
    (image,) = record.product.images
    assert shop.platform.images.read(image.digest) == photo("red")
    shop.platform.catalogue.put([Product("p", {"title": "new"}, (ImageRef("front", url=image.url),))])
    shop.pipeline.run(["p"])
    assert (host.asked["/red.png"], shop.platform.encoder.encoded) == (1, 1)


def test_one_url_of_many_products_is_fetched_once(shop: Shop, host: PhotoHost) -> None:
    host.answers["/red.png"] = (200, photo("red"))
    for product_id in "abc":
        shop.put(product_id, front=host.url("/red.png"))
    assert shop.pipeline.run(["a", "b", "c"]) == 3
    assert (host.asked["/red.png"], shop.platform.encoder.encoded) == (1, 1)


def test_a_host_that_is_away_is_asked_again_and_given_up_in_the_end(shop: Shop, host: PhotoHost) -> None:
    host.answers["/red.png"] = (503, b"")
    shop.put("p", front=host.url("/red.png"))
    for attempt in (1, 2):
        shop.pipeline.run(["p"])
        record = shop.record("p")
        assert (record.state, record.attempts, record.problem.code) == ("queued", attempt, "unreachable_url")
        shop.now += 1000
        assert shop.claims.due(1) == ["p"]
    shop.pipeline.run(["p"])
    record = shop.record("p")
    assert (record.state, record.attempts, host.asked["/red.png"]) == ("failed", 3, 3)
    assert record.image_problems["front"].code == "unreachable_url"


def test_what_was_there_stays_until_the_new_photo_came(shop: Shop, host: PhotoHost) -> None:
    host.answers = {"/red.png": (200, photo("red")), "/blue.png": (503, b"")}
    shop.put("p", front=host.url("/red.png"))
    shop.pipeline.run(["p"])
    shop.put("p", front=host.url("/blue.png"))
    shop.pipeline.run(["p"])
    assert (shop.record("p").state, shop.rows("p")) == ("queued", {"front"}), "found as it was, while it waits"
    host.answers["/blue.png"] = (200, photo("blue"))
    shop.now += 1000
    shop.pipeline.run(["p"])
    (row,) = shop.platform.index.store().rows_of(["p"])
    assert (shop.record("p").state, row.content_hash) == ("indexed", shop.record("p").product.images[0].digest)


@pytest.mark.parametrize(
    ("path", "answer", "code"),
    [("/gone.png", (404, b""), "unreachable_url"), ("/page.png", (200, b"\xff\xd8 no photo"), "bad_image")],
)
def test_what_will_not_get_better_is_not_tried_again(
    shop: Shop, host: PhotoHost, path: str, answer: tuple[int, bytes], code: str
) -> None:
    host.answers = {path: answer, "/red.png": (200, photo("red"))}
    shop.put("bad", front=host.url(path))
    shop.put("half", front=host.url("/red.png"), back=host.url(path))
    assert shop.pipeline.run(["bad", "half"]) == 2
    assert (shop.record("bad").state, shop.record("bad").problem.code) == ("failed", code)
    half = shop.record("half")
    assert (half.state, shop.rows("half"), list(half.image_problems)) == ("indexed", {"front"}, ["back"])
    assert half.problem.code == code


def test_hosts_that_are_not_allowed_are_not_asked(shop: Shop) -> None:
    shop.put("p", front="http://169.254.169.254/latest/meta-data/")
    shop.pipeline.run(["p"])
    assert (shop.record("p").state, shop.record("p").problem.code) == ("failed", "blocked_address")


def test_when_time_is_short_what_had_no_turn_does_not_count_as_tried(shop: Shop, host: PhotoHost) -> None:
    """Two threads, a host that keeps them waiting, four products: two were asked for, two were not."""
    for number in range(4):
        host.answers[f"/{number}.png"] = (200, photo("red"))
        shop.put(f"p{number}", front=host.url(f"/{number}.png"))
    host.hold.clear()
    shop.pipeline.run([f"p{number}" for number in range(4)], max_s=0.5)
    attempts = sorted(shop.record(f"p{number}").attempts for number in range(4))
    assert attempts == [0, 0, 1, 1]
    host.hold.set()
    shop.now += 1000
    shop.pipeline.run([f"p{number}" for number in range(4)], max_s=10)
    assert {shop.record(f"p{number}").state for number in range(4)} == {"indexed"}
