"""The same whole queries over Milvus Lite and over the exact store: mixes, filters, offsets, orders; the same hits."""

import random
import uuid
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import platform_of_fakes
from PIL import Image

from services.arrays import FloatArray, unit_rows
from services.bootstrap import Platform
from services.catalogue import Outcome
from services.confidence import Minima
from services.encoders import ModelInfo
from services.filters import All, Any, Compare, Filter, Not, OneOf
from services.products import ImageRef, Product
from services.search import Answer, FacetRequest, Fusion, ImagePart, Query, Sort, TextPart
from services.stores import Row
from services.stores.memory import MemoryIndexServer
from services.stores.milvus import MilvusIndexServer

PRODUCTS, DIMENSIONS, QUERIES = 700, 24, 240
COLOURS = ["Red", "Blue", "Navy Blue", "Black"]
KINDS = ["Dresses", "Shirts", "Boots", "Bags"]
WORDS = ["red", "dress", "blue shirt", "boots under 50", "bag not black", "navy", "number 17", "something nice"]
NOISE = 2e-5


class NumberedEncoder:
    """Places a photo by its first pixel, and a text by its letters: at random, and always in the same place."""

    model = ModelInfo("numbers", "1", "3" * 64, DIMENSIONS)

    def encode_images(self, images: Sequence[Image.Image]) -> FloatArray:
        return self._rows([int.from_bytes(bytes(image.getpixel((0, 0))[:3])) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        return self._rows([zlib.crc32(text.encode()) for text in texts])

    @staticmethod
    def _rows(seeds: Sequence[int]) -> FloatArray:
        rows = [np.random.default_rng(seed).standard_normal(DIMENSIONS) for seed in seeds]
        return unit_rows(rows) if rows else np.empty((0, DIMENSIONS), np.float32)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, milvus_uri: str) -> Iterator[tuple[Platform, Platform]]:
    """Two platforms over one catalogue, the one with Milvus Lite, the other with the exact store."""
    folder = tmp_path_factory.mktemp("pair")
    platforms = platform_over(folder, None), platform_over(folder, milvus_uri)
    products = [product(number, random.Random(number)) for number in range(PRODUCTS)]
    catalogue, claims = platforms[0].catalogue, platforms[0].claims
    accepted = catalogue.put(products)
    claims.take([one.id for one in products], "w")
    claims.finish("w", [Outcome(one.product_id, one.revision, indexed=True) for one in accepted])
    rows = [row for one in products for row in rows_of(one)]
    for platform in platforms:
        platform.index.store().upsert(rows)
    yield platforms
    for platform in platforms:
        platform.close()


def platform_over(folder: Path, milvus_uri: str | None) -> Platform:
    platform = platform_of_fakes(folder, NumberedEncoder(), search_timeout_s=60)
    fields = platform.settings.fields
    if milvus_uri is None:
        platform.__dict__["indexes"] = MemoryIndexServer(fields)
    else:
        platform.__dict__["indexes"] = MilvusIndexServer(milvus_uri, f"pair{uuid.uuid4().hex[:8]}", fields)
    return platform


def product(number: int, chance: random.Random) -> Product:
    colour, kind = chance.choice(COLOURS), chance.choice(KINDS)
    attributes = {"title": f"{colour} {kind} number {number}", "category": kind, "price": chance.randrange(100)}
    if chance.random() < 0.9:
        attributes["base_colour"] = colour
    if chance.random() < 0.5:
        attributes["fabric"] = chance.choice(["silk", "wool"])
    images = tuple(ImageRef(str(image), f"{number}-{image}") for image in range(chance.choice([1, 1, 3])))
    return Product(f"p{number:04}", attributes, images)


def rows_of(one: Product) -> list[Row]:
    model = NumberedEncoder.model.key
    seeds = [zlib.crc32(image.digest.encode()) for image in one.images]
    vectors = NumberedEncoder._rows(seeds)
    return [
        Row(one.id, image.name, 1, image.digest, model, one.attributes, vector)
        for image, vector in zip(one.images, vectors, strict=True)
    ]


def random_filter(chance: random.Random) -> Filter | None:
    leaves: list[Filter] = [
        OneOf("category", tuple(chance.sample(KINDS, 2))),
        OneOf("base_colour", (chance.choice(COLOURS),)),
        Not(OneOf("base_colour", (chance.choice(COLOURS),))),
        Compare("price", chance.choice(["lt", "gte"]), float(chance.randrange(100))),
        OneOf("fabric", ("silk",)),
        Compare("price", "lt", 1.0),
    ]
    one, other = chance.sample(leaves, 2)
    return chance.choice([None, one, All((one, other)), Any((one, other)), Not(one)])


def random_image(chance: random.Random, weight: float) -> ImagePart:
    if chance.random() < 0.5:
        return ImagePart(product_id=f"p{chance.randrange(PRODUCTS):04}", weight=weight)
    return ImagePart(Image.new("RGB", (8, 8), (chance.randrange(256), 1, 2)), weight=weight)


def random_query(seed: int) -> Query:
    """A mix of everything. What is by the letter alone is compared elsewhere: Milvus Lite counts words by file."""
    chance = random.Random(seed)
    images = [random_image(chance, chance.choice([1.0, 0.5, 2.0])) for _ in range(chance.choice([0, 1, 1, 2]))]
    texts = [TextPart(chance.choice(WORDS), chance.choice([1.0, 0.7]))] if not images or chance.random() < 0.5 else []
    if chance.random() < 0.3:
        images.append(random_image(chance, -0.3))
    if chance.random() < 0.3:
        texts.append(TextPart(chance.choice(["red", "boots", "sleeves"]), -0.3))
    base = Query(
        images=images,
        texts=texts,
        where=random_filter(chance),
        limit=chance.choice([1, 7, 20, 60]),
        offset=chance.choice([0, 0, 5, 30, 200]),
        mode="semantic",
        interpret=chance.random() < 0.6,
        exclude=[f"p{chance.randrange(PRODUCTS):04}" for _ in range(chance.choice([0, 3, 150]))],
        include_self=chance.random() < 0.3,
        explain=chance.random() < 0.2,
        total=True,
        facets=[FacetRequest("base_colour")],
    )
    order = chance.choice(["relevance", "relevance", "sort", "diversity", "minima"])
    if order == "sort":
        return replace(base, sort=Sort("price", chance.random() < 0.5, chance.choice([10, 100])))
    if order == "diversity":
        return replace(base, diversity=0.4)
    return replace(base, minima=Minima(score=0.2)) if order == "minima" else base


def outline(answer: Answer) -> list[tuple[str, str]]:
    return [(hit.record.product.id, hit.image) for hit in answer.hits]


@pytest.mark.parametrize("start", range(0, QUERIES, 40))
def test_whole_queries_have_the_same_hits(pair: tuple[Platform, Platform], start: int) -> None:
    exact, lite = pair
    for seed in range(start, start + 40):
        query = random_query(seed)
        expected, found = exact.search.run(query), lite.search.run(query)
        assert outline(found) == outline(expected), (seed, query)
        scores = [hit.score for hit in expected.hits]
        assert [hit.score for hit in found.hits] == pytest.approx(scores, abs=NOISE), (seed, query)
        assert (found.total, list(found.facets)) == (expected.total, list(expected.facets))
        assert (found.no_good_match, found.interpretation) == (expected.no_good_match, expected.interpretation)


@pytest.mark.parametrize("method", ["rrf", "weighted"])
def test_fused_queries_have_nearly_the_same_hits(pair: tuple[Platform, Platform], method: str) -> None:
    shared = []
    for text in (*WORDS, "blue boots", "red bag number 4", "silk navy dress"):
        for interpret in (True, False):
            query = Query(texts=[TextPart(text)], interpret=interpret, fusion=Fusion(method), limit=10)  # type: ignore[arg-type]
            expected, found = (set(outline(platform.search.run(query))) for platform in pair)
            shared.append(len(found & expected) / max(len(expected), 1))
    assert np.mean(shared) >= 0.9, shared


def test_pages_of_a_query_are_its_whole(pair: tuple[Platform, Platform]) -> None:
    for platform in pair:
        for mode in ("semantic", "hybrid"):
            query = Query(texts=[TextPart("something nice")], interpret=False, mode=mode)  # type: ignore[arg-type]
            whole = outline(platform.search.run(replace(query, limit=600)))
            pages = [outline(platform.search.run(replace(query, limit=50, offset=at))) for at in range(0, 600, 50)]
            assert [hit for page in pages for hit in page] == whole
            assert len({product_id for product_id, _ in whole}) == 600
