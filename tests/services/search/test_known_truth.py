"""Known truth: what a query's words keep out is wrong, and what a search answers in its first row is right."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
import real_data
from fakes import InlineQueue, platform_of_fakes
from known_truth import Truth, all_truths

from indexer.evaluation.typed import typed_queries
from indexer.sample import render, sample_products
from services.encoders import load_encoder
from services.filters import matches
from services.products import ImageRef, Product
from services.search import Query, Search, TextPart
from services.search.interpreter import Interpreter
from services.search.vocabulary import vocabulary_of
from services.settings import FASHION_FIELDS

ROW = 6
PRODUCTS = sample_products()
TRUTHS = all_truths()


def interpreter(rows: Sequence[dict[str, object]]) -> Interpreter:
    vocabulary = vocabulary_of(rows, FASHION_FIELDS)
    return Interpreter(lambda: vocabulary, FASHION_FIELDS)


READER = interpreter([dict(product.attributes) for product in PRODUCTS])


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.query)
def test_every_right_product_passes_what_is_sure(truth: Truth) -> None:
    sure = [term.where for term in READER.read(truth.query).terms if term.sure]
    right = [product.attributes for product in PRODUCTS if truth.right(product.attributes)]
    assert right
    kept_out = [found["title"] for found in right if not all(matches(where, found) for where in sure)]
    assert not kept_out


def test_nearly_every_query_is_read_so_well_that_only_right_products_pass() -> None:
    leaky = {}
    for truth in TRUTHS:
        sure = [term.where for term in READER.read(truth.query).terms if term.sure]
        passing = [p.attributes for p in PRODUCTS if all(matches(where, p.attributes) for where in sure)]
        # Blue lets navy blue pass, on purpose; what is just blue comes first by the boost.
        wrong = [found["title"] for found in passing if not truth.right(found)]
        if wrong:
            leaky[truth.query] = f"{len(wrong)} of {len(passing)} are wrong"
    assert len(TRUTHS) >= 150
    assert len(leaky) <= 0.15 * len(TRUTHS), json.dumps(leaky, indent=1)


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Search]:
    """The shipped model over the front view of every product of the sample catalogue."""
    platform = platform_of_fakes(tmp_path_factory.mktemp("truth"), load_encoder(), search_timeout_s=60)
    try:
        platform.catalogue.put([_stored(platform.images.add, product) for product in PRODUCTS])
        queue = InlineQueue(platform)
        for start in range(0, len(PRODUCTS), 100):
            queue.send([product.product_id for product in PRODUCTS[start : start + 100]])
        yield platform.search
    finally:
        platform.close()


def _stored(add, product) -> Product:
    encoded = io.BytesIO()
    render(product, "front").save(encoded, "JPEG")
    return Product(product.product_id, product.attributes, (ImageRef("front", add(encoded.getvalue())),))


@dataclass(frozen=True)
class Missed:
    query: str
    wrong: list[str]


def test_the_first_row_is_right_for_95_queries_of_100(search: Search) -> None:
    missed = [found for truth in TRUTHS if (found := _missed(search, truth)) is not None]
    report = "\n".join(f"{found.query}: {'; '.join(found.wrong)}" for found in missed)
    assert len(missed) <= 0.05 * len(TRUTHS), report


def _missed(search: Search, truth: Truth, interpret: bool = True) -> Missed | None:
    possible = sum(truth.right(product.attributes) for product in PRODUCTS)
    hits = search.run(Query(texts=[TextPart(truth.query)], limit=ROW, interpret=interpret)).hits[: min(ROW, possible)]
    wrong = [
        str(hit.record.product.attributes["title"]) for hit in hits if not truth.right(hit.record.product.attributes)
    ]
    if len(hits) < min(ROW, possible):
        wrong.append(f"only {len(hits)} of {possible} were found")
    return Missed(truth.query, wrong) if wrong else None


def test_the_same_queries_unread_miss_often(search: Search) -> None:
    missed = [truth for truth in TRUTHS if _missed(search, truth, interpret=False) is not None]
    assert len(missed) > 0.3 * len(TRUTHS), f"{len(missed)} of {len(TRUTHS)}: these queries need no reading"


def test_words_never_keep_out_all_that_is_right_in_a_real_catalogue() -> None:
    rows = [
        row for split in ("train", "val", "test") for row in real_data.rows(real_data.fashion_products(), split, 40_000)
    ]
    reader = interpreter([dict(row) for row in rows])
    precisions = {}
    for typed in typed_queries():
        sure = [term.where for term in reader.read(typed.query).terms if term.sure]
        right = [row for row in rows if all(row[name] in values for name, values in typed.want.items())]
        passing = [row for row in rows if all(matches(where, row) for where in sure)]
        kept = [row for row in right if all(matches(where, row) for where in sure)]
        assert kept, f"{typed.query}: all {len(right)} right products are kept out"
        if sure:
            precisions[typed.query] = len(kept) / len(passing)
    helped = [query for query, precision in precisions.items() if precision > 0.9]
    assert len(helped) >= 60, f"{len(precisions)} of {len(typed_queries())} queries have a sure filter: {precisions}"
