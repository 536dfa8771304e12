"""Every recipe, trained for a few steps on a small drawn shop: its loss falls, and it leaves a bundle that loads."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training import losses, silent

from indexer.datasets import Dataset
from indexer.training.clip_run import train_clip
from indexer.training.recipes import RECIPES, SCRATCH, Classify, Clip, Joint, Recipe, Siamese, Triplet
from indexer.training.run import train
from services.encoders import Classifier, TextEncoder, load_encoder
from services.errors import InvalidCatalogue, InvalidRequest, ModelError

SMALL: dict[str, Any] = {"start": SCRATCH, "height": 32, "width": 32, "batch_size": 12, "epochs": 10, "thumbnails": 0.0}
RECIPES_FOR_TORCHVISION: list[Recipe] = [
    Classify(**SMALL, dimensions=16),
    Classify(**SMALL, dimensions=16, mixup=0.4, balance=0.5, erase=0.5),
    Siamese(**SMALL, backbone="mobilenet_v3_small"),
    Triplet(**SMALL),
    Joint(**SMALL, dimensions=16, text_width=16, ngram_buckets=64, small_share=0.3, typos=0.1),
]


@pytest.mark.parametrize("recipe", RECIPES_FOR_TORCHVISION, ids=lambda recipe: type(recipe).__name__)
def test_the_loss_falls_and_a_bundle_is_left(recipe: Recipe, dataset: Dataset, tmp_path: Path) -> None:
    bundle = train(dataset, recipe, tmp_path, silent, name="drawn", version="2")
    told = losses(tmp_path / "training", "loss")
    assert len(told) == (60 if hasattr(recipe, "per_class") else 40)  # those take whole batches of classes
    assert np.mean(told[-8:]) < 0.9 * np.mean(told[:8]), told
    encoder = load_encoder(str(tmp_path))
    assert encoder.model == bundle.info
    photos = [dataset.photo(example) for example in dataset.rows("val")]
    vectors = encoder.encode_images([photo for photo in photos if photo])
    assert vectors.shape == (12, recipe.dimensions)
    assert isinstance(encoder, TextEncoder) is isinstance(recipe, Joint)
    heads = {"article_type", "base_colour"} if isinstance(recipe, Classify | Joint) else set()
    assert isinstance(encoder, Classifier)
    assert set(encoder.classify([photos[0]])[0]) == heads  # type: ignore[list-item]
    assert bundle.facts["recipe"] == type(recipe).__name__.lower()
    assert bundle.facts["hyperparameters"]["batch_size"] == 12
    assert not (tmp_path / "training" / "last.ckpt").exists()


def test_joint_lowers_every_term(dataset: Dataset, tmp_path: Path) -> None:
    train(dataset, replace(RECIPES_FOR_TORCHVISION[-1], epochs=12), tmp_path, silent)
    for term in ("article_type", "base_colour", "alike_article_type", "alike_base_colour", "words"):
        told = losses(tmp_path / "training", term)
        assert np.mean(told[-8:]) < np.mean(told[:8]), term


def test_an_open_clip_model_is_fine_tuned_in_both_towers(tiny_clip: str, dataset: Dataset, tmp_path: Path) -> None:
    recipe = Clip(backbone=tiny_clip, start=SCRATCH, batch_size=12, epochs=6, backbone_lr=2e-3, head_lr=1e-3)
    bundle = train_clip(dataset, recipe, tmp_path, silent, name="drawn-clip")
    told = losses(tmp_path / "training", "loss")
    assert np.mean(told[-6:]) < 0.9 * np.mean(told[:6]), told
    encoder = load_encoder(str(tmp_path))
    assert isinstance(encoder, TextEncoder)
    assert encoder.model == bundle.info
    assert encoder.encode_texts(["red belt"]).shape == (1, 16)
    photo = dataset.photo(dataset.rows("val")[0])
    assert photo is not None
    assert encoder.encode_images([photo]).shape == (1, 16)
    assert "open_clip's lookalike-tiny-clip" in (tmp_path / "MODEL_CARD.md").read_text("utf-8")


def test_a_damaged_open_clip_bundle_is_told(tiny_clip: str, dataset: Dataset, tmp_path: Path) -> None:
    train_clip(dataset, Clip(backbone=tiny_clip, start=SCRATCH, batch_size=12, epochs=0.25), tmp_path, silent)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ModelError, match="does not match the hash"):
        load_encoder(str(tmp_path))
    weights.unlink()
    with pytest.raises(ModelError, match="is missing"):
        load_encoder(str(tmp_path))


def test_early_stopping_stops(dataset: Dataset, tmp_path: Path) -> None:
    recipe = Classify(**{**SMALL, "epochs": 40}, dimensions=8, patience=1, backbone_lr=0.0, head_lr=0.0)
    train(dataset, recipe, tmp_path, silent)
    assert len(losses(tmp_path / "training", "loss")) < 4 * 5


def test_every_number_is_explained() -> None:
    for kind in RECIPES.values():
        assert all(number.metadata.get("help", "").endswith(".") for number in fields(kind)), kind


def test_a_label_without_values_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InvalidCatalogue, match="season"):
        train(replace(dataset, label_fields=("season",)), RECIPES_FOR_TORCHVISION[0], tmp_path / "out", silent)
    assert not (tmp_path / "out").exists()


def test_numbers_that_mean_nothing_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="semihard"):
        train(dataset, Triplet(**SMALL, mine="easy"), tmp_path, silent)
    with pytest.raises(InvalidRequest, match="bf16"):
        train(dataset, Classify(**SMALL, precision="8"), tmp_path, silent)
    with pytest.raises(ModelError, match="close to it: resnet50"):
        train(dataset, Classify(**SMALL, backbone="resnet-50"), tmp_path, silent)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ({"batch_size": 0}, "batch_size 0"),
        ({"epochs": -1.0}, "epochs"),
        ({"epochs": float("nan")}, "epochs nan"),
        ({"ema": 1.5}, "ema 1.5"),
        ({"height": -1}, "height"),
        ({"accumulate": 0}, "accumulate"),
    ],
)
def test_a_number_that_no_training_can_run_with_is_refused(number: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        Joint(**number)
