"""Milvus Lite and the exact store answer hundreds of random queries alike: the same rows, filters, words and limits.

Milvus runs as the stack runs it, which moves rows to files early: some are in files, some were rewritten or deleted
since, some are in none yet. There BM25 knows each file's words alone (see `MilvusStore.search_words`), so that scores
are compared on rows that are all in one file, and ranks on those that are not.
"""

import random
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from milvus_process import MilvusProcess
from pymilvus import MilvusClient

from services.arrays import FloatArray, unit_rows
from services.fields import TEXT_FIELDS, Fields, FieldType, Scalar
from services.filters import All, Any, Compare, Exists, Filter, Not, OneOf, Prefix, matches
from services.stores.bm25 import TermStatistics
from services.stores.memory import MemoryIndexServer
from services.stores.milvus import MilvusIndexServer
from services.stores.protocol import IndexName, Row, VectorStore
from services.stores.text import joined_text, query_text

FIELDS: Fields = {"category": FieldType.KEYWORD, "price": FieldType.NUMBER, "in_stock": FieldType.BOOLEAN}
NAME, DIMENSIONS, PRODUCTS = IndexName("model", 1), 48, 2_000
BRANDS = ["Nike", "Nikon", "Adidas", "Zara", "Levi's", "50% off", "Über"]
KINDS = ["dress", "shirt", "shoes", "boots", "jeans", "bag"]
COLOURS = ["red", "blue", "navy blue", "black", "white"]
NOISE = 1e-5
"""What float32 sums may differ by."""


@dataclass(frozen=True)
class Pair:
    """The same rows twice."""

    milvus: VectorStore
    exact: VectorStore
    rows: Sequence[Row]


def make_rows(chance: random.Random, vectors: FloatArray, products: int) -> list[Row]:
    """One to four images a product, near each other; of each ten products one looks exactly like another."""
    rows = []
    for number in range(products):
        attributes = make_attributes(chance, number)
        base = vectors[number if number % 10 else number // 2]  # (D,)
        for image in range(chance.choice([1, 1, 2, 4])):
            noise = np.random.default_rng([number, image]).standard_normal(DIMENSIONS) * (0.03 * image)
            vector = unit_rows((base + noise)[np.newaxis])[0]
            rows.append(Row(f"p{number:05}", f"{image}.jpg", 1, "hash", "model@1", attributes, vector))
    return rows


def make_attributes(chance: random.Random, number: int) -> dict[str, Scalar]:
    kind, colour, brand = chance.choice(KINDS), chance.choice(COLOURS), chance.choice(BRANDS)
    values: dict[str, Scalar] = {
        "title": f"{brand} {colour} {kind}" + chance.choice(["", " for women", f" no {number}"]),
        "category": kind,
        "brand": brand,
        "price": chance.random(),
        "in_stock": chance.random() < 0.5,
        "heel": chance.choice([3, 5.5, "5", True]),
    }
    return {name: value for name, value in values.items() if name in ("title", "price") or chance.random() < 0.8}


def write(store: VectorStore, rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), 500):
        store.upsert(rows[start : start + 500])


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Milvus Lite with the memory that the stack gives it."""
    process = MilvusProcess(tmp_path_factory.mktemp("congruence"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES", "100000")
        process.start()
    yield process.uri
    process.kill()


@pytest.fixture(scope="module")
def pair(lite: str) -> Iterator[Pair]:
    """Rows in several files and in none yet, of which some were rewritten and some deleted."""
    chance, server = random.Random(5), MilvusIndexServer(lite, "congruence", FIELDS, timeout_s=60)
    centres = np.random.default_rng(5).standard_normal((60, DIMENSIONS))
    spread = np.random.default_rng(6).standard_normal((PRODUCTS, DIMENSIONS)) * 0.6
    vectors = unit_rows((centres[np.random.default_rng(7).integers(0, 60, PRODUCTS)] + spread).astype(np.float32))
    stores = server.create(NAME, DIMENSIONS), MemoryIndexServer(FIELDS).create(NAME, DIMENSIONS)
    rows = {row.key: row for row in make_rows(chance, vectors, PRODUCTS)}
    rewritten = [
        replace(row, attributes=make_attributes(chance, 0), vector=vectors[chance.randrange(PRODUCTS)])
        for row in chance.sample(list(rows.values()), 300)
    ]
    gone = chance.sample(sorted(rows), 200)
    for store in stores:
        write(store, list(rows.values()))
        write(store, rewritten)
        store.delete(gone)
    rows |= {row.key: row for row in rewritten}
    yield Pair(*stores, [row for key, row in rows.items() if key not in gone])
    server.close()


@pytest.fixture(scope="module")
def in_one_file(milvus_uri: str) -> Iterator[Pair]:
    """Rows that were written once, and are in one file."""
    alias = f"t{uuid.uuid4().hex[:12]}"
    server, client = MilvusIndexServer(milvus_uri, alias, FIELDS), MilvusClient(milvus_uri, dedicated=True)
    stores = server.create(NAME, DIMENSIONS), MemoryIndexServer(FIELDS).create(NAME, DIMENSIONS)
    vectors = unit_rows(np.random.default_rng(8).standard_normal((1_000, DIMENSIONS)).astype(np.float32))
    rows = make_rows(random.Random(8), vectors, 1_000)
    for store in stores:
        write(store, rows)
    client.flush(NAME.collection(alias))
    yield Pair(*stores, rows)
    client.close()
    server.close()


def random_filter(chance: random.Random, depth: int = 0) -> Filter:
    """Any node, over declared and undeclared fields, present and absent."""
    choice = chance.randrange(10 if depth < 2 else 7)
    match choice:
        case 0:
            return OneOf("category", tuple(chance.sample(KINDS, 2)))
        case 1:
            return Compare("price", chance.choice(["gt", "gte", "lt", "lte"]), chance.random())
        case 2:
            return OneOf("in_stock", (chance.random() < 0.5,))
        case 3:
            return Exists(chance.choice(["category", "brand", "heel", "price", "absent"]))
        case 4:
            return Prefix(chance.choice(["category", "brand"]), chance.choice(["", "N", "Nik", "50%", "b", "s", "Ü"]))
        case 5:
            return OneOf("heel", (chance.choice([3, 5.5, "5", True]),))
        case 6:
            return Compare("brand", "gte", chance.choice(BRANDS))
        case 7:
            return Not(random_filter(chance, depth + 1))
    parts = tuple(random_filter(chance, depth + 1) for _ in range(2))
    return All(parts) if choice == 8 else Any(parts)


def random_query(chance: random.Random, rows: Sequence[Row]) -> FloatArray:
    """Something like a photo of a product, or of none, (1, D)."""
    seed = np.random.default_rng(chance.randrange(2**32))
    vector = chance.choice(rows).vector
    assert vector is not None
    noise = seed.standard_normal(DIMENSIONS) * chance.choice([0.0, 0.02, 0.1, 10.0])
    return unit_rows((vector + noise)[np.newaxis].astype(np.float32))


def random_text(chance: random.Random) -> str:
    words = [
        *KINDS,
        *COLOURS,
        *BRANDS,
        "women",
        "plaid",
        f"p{chance.randrange(PRODUCTS):05}",
        f"no {chance.randrange(99)}",
    ]
    return " ".join(chance.sample(words, chance.randrange(1, 4)))


@pytest.mark.parametrize("seed", range(5))
def test_the_same_products_are_near(pair: Pair, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(50):
        query, limit = random_query(chance, pair.rows), chance.choice([1, 3, 10, 48, 200])
        where = random_filter(chance) if chance.random() < 0.8 else None
        exclude = [row.product_id for row in chance.sample(pair.rows, chance.choice([0, 0, 1, 30]))]
        (found,), (expected,) = (store.search(query, limit, where, exclude) for store in (pair.milvus, pair.exact))
        scores = [hit.score for hit in found]
        assert scores == pytest.approx([min(hit.score, 1.0) for hit in expected], abs=NOISE), where
        truth = {(hit.product_id, hit.image): hit.score for hit in expected}
        differing = [hit for hit in found if (hit.product_id, hit.image) not in truth]
        ties = [sum(abs(score - hit.score) < NOISE for score in scores) for hit in differing]
        assert all(tied > 1 or hit.score - scores[-1] < NOISE for hit, tied in zip(differing, ties, strict=True)), where
        assert len({hit.product_id for hit in found}) == len(found)
        offset = chance.randrange(limit)
        assert [hit.product_id for hit in pair.milvus.search(query, offset + 1, where, exclude)[0]] == [
            hit.product_id for hit in found[: offset + 1]
        ], "what comes first depends on how many are asked for"


@pytest.mark.parametrize("seed", range(2))
def test_filters_keep_the_same_rows(pair: Pair, seed: int) -> None:
    chance = random.Random(100 + seed)
    for _ in range(40):
        where = random_filter(chance)
        expected = sum(matches(where, row.attributes) for row in pair.rows)
        assert pair.milvus.count(where) == pair.exact.count(where) == expected, where


def test_recall_behind_filters_of_every_strictness(pair: Pair) -> None:
    """Recall at 10 of products, against the exact store."""
    chance, table = random.Random(9), []
    prices = sorted(float(row.attributes["price"]) for row in pair.rows)
    for kept in (0.001, 0.01, 0.1, 0.5, 1.0):
        where = Compare("price", "lte", prices[round(kept * len(prices)) - 1])
        found = wanted = 0
        for _ in range(40):
            query = random_query(chance, pair.rows)
            (near,), (truth,) = (store.search(query, 10, where) for store in (pair.milvus, pair.exact))
            worst = truth[-1].score - NOISE
            found, wanted = found + sum(hit.score >= worst for hit in near), wanted + len(truth)
        table.append((kept, pair.milvus.count(where), found / wanted))
    lines = [f"{kept:6.1%} {rows:5}  {recall:.4f}" for kept, rows, recall in table]
    sys.stdout.write("\n".join(["", "kept    rows  recall@10", *lines, ""]))
    assert all(recall >= 0.98 for _, _, recall in table), table


def test_words_score_the_same_in_one_file(in_one_file: Pair) -> None:
    chance = random.Random(10)
    for _ in range(100):
        text, limit = random_text(chance), chance.choice([1, 10, 100, 1_200])
        where = random_filter(chance) if chance.random() < 0.7 else None
        exclude = [row.product_id for row in chance.sample(in_one_file.rows, chance.choice([0, 5]))]
        (found,), (expected,) = (
            store.search_words([text], limit, where, exclude) for store in (in_one_file.milvus, in_one_file.exact)
        )
        assert [hit.bm25 for hit in found] == pytest.approx([hit.bm25 for hit in expected], rel=1e-4), (text, where)
        last = expected[-1].bm25 + 1e-4 if expected else 0
        assert {hit.product_id for hit in found if hit.bm25 > last} == {
            hit.product_id for hit in expected if hit.bm25 > last
        }


def test_words_find_the_same_products_in_many_files(pair: Pair) -> None:
    """The same ones match, and what Milvus Lite ranks first is about as good by the statistics of all files."""
    chance, quality = random.Random(11), []
    texts = {row.key: joined_text(row.product_id, row.attributes, TEXT_FIELDS).split() for row in pair.rows}
    statistics = TermStatistics([{term: text.count(term) for term in text} for text in texts.values()])
    by_image = {(row.product_id, row.image): texts[row.key] for row in pair.rows}
    for _ in range(60):
        text, where = random_text(chance), random_filter(chance)
        (found,), (expected,) = (store.search_words([text], 1_200, where) for store in (pair.milvus, pair.exact))
        if len(expected) < 1_200:
            assert {hit.product_id for hit in found} == {hit.product_id for hit in expected}, (text, where)
        terms = query_text(text).split()
        bears = [by_image[hit.product_id, hit.image] for hit in found[:10]]
        scores = [statistics.score(terms, {term: words.count(term) for term in words}) for words in bears]
        ideal = [hit.bm25 for hit in expected[:10]]
        if ideal:
            quality.append(sum(scores) / sum(ideal))
    sys.stdout.write(f"\nBM25 of the first ten, of the best: {np.mean(quality):.4f}, at worst {min(quality):.3f}\n")
    assert np.mean(quality) > 0.95
