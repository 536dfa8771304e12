"""The model that ships: its card tells what its files hold, it is small, and it knows a dress from a watch."""

import pytest

from indexer.sample import render, sample_products
from indexer.training.card import model_card
from services.encoders import Classifier, Encoder, TextEncoder, load_encoder
from services.encoders.bundle import read_bundle
from services.encoders.load import SHIPPED

SEEN_IN_THE_SAMPLE = {"Tshirts": "Topwear", "Watches": "Watches", "Jeans": "Bottomwear", "Handbags": "Bags"}


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


def test_the_card_is_made_of_the_bundles_own_facts() -> None:
    bundle, _ = read_bundle(SHIPPED)
    assert (SHIPPED / "MODEL_CARD.md").read_text("utf-8") == model_card(bundle)
    assert {"val", "test"} <= bundle.facts["metrics"].keys()


def test_it_is_under_fifteen_megabytes() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 15_000_000


def test_it_labels_even_drawn_garments(encoder: Encoder) -> None:
    """The drawings are far from its training photos, so this asks for the coarse label among the first three."""
    assert isinstance(encoder, Classifier)
    wanted = {}
    for product in sample_products():
        wanted.setdefault(product.attributes["category"], product)
    for category, expected in SEEN_IN_THE_SAMPLE.items():
        (prediction,) = encoder.classify([render(wanted[category], "front")])
        assert expected in [label for label, _ in prediction["sub_category"][:3]]


def test_words_near_in_meaning_are_near_in_space(encoder: Encoder) -> None:
    assert isinstance(encoder, TextEncoder)
    texts = ["blue t-shirt", "blue tee shirt", "blue tshirts", "silver watch"]
    first, *others = encoder.encode_texts(texts)
    near = [float(first @ other) for other in others]
    assert min(near[:2]) > near[2] + 0.3
