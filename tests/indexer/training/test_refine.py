"""Refining moves everything above the backbone and nothing in it, whether training came before or a bundle did."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from training import losses, silent

from indexer.datasets import Dataset
from indexer.datasets.dataset import label_sets
from indexer.training.batches import BatchSource
from indexer.training.build import build_network, build_tokenizer
from indexer.training.loop import Run
from indexer.training.photos import load_photos
from indexer.training.recipes import Joint
from indexer.training.refine import FeatureSource, View, refine, see_view
from indexer.training.run import caption_of, train
from services.encoders.bundle import WEIGHTS
from services.encoders.network import JointNetwork
from services.encoders.preprocess import Preprocessing
from services.encoders.tokenizer import Tokenizer
from services.errors import LookalikeError


@pytest.fixture(scope="module")
def recipe(joint_recipe: Joint) -> Joint:
    return replace(joint_recipe, refine_epochs=16.0, refine_views=2, refine_batch_size=16, refine_lr=5e-3)


def prepared(dataset: Dataset, recipe: Joint, folder: Path) -> tuple[JointNetwork, Tokenizer, Run]:
    """A network with random weights, and the run that might have trained it."""
    rows = dataset.rows("train")
    labels = label_sets(rows, dataset.label_fields)
    tokenizer, sees = build_tokenizer(rows, dataset.label_fields, recipe), Preprocessing(recipe.height, recipe.width)
    photos = load_photos(dataset, rows, labels, sees, silent)
    source = BatchSource(photos, recipe, sees, dataset.label_fields[0], caption_of(photos, recipe))
    return build_network(labels, tokenizer, recipe), tokenizer, Run(recipe, source, folder, silent)


def test_the_backbone_stays_and_all_above_it_moves(dataset: Dataset, recipe: Joint, tmp_path: Path) -> None:
    network, tokenizer, run = prepared(dataset, recipe, tmp_path)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    refine(network, tokenizer, recipe, run)
    after = network.state_dict()
    assert after.keys() == before.keys()
    for name in before:
        assert torch.equal(before[name], after[name]) is name.startswith("backbone."), name
    told = losses(tmp_path / "refine", "words")
    assert len(told) == 48
    assert np.mean(told[-6:]) < 0.95 * np.mean(told[:6]), told


def test_a_share_of_the_refined_weights_lies_between_before_and_after(
    dataset: Dataset, recipe: Joint, tmp_path: Path
) -> None:
    states = []
    for share in (0.0, 0.25, 1.0):
        network, tokenizer, run = prepared(dataset, recipe, tmp_path / str(share))
        refine(network, tokenizer, replace(recipe, refine_epochs=1.0, refine_share=share), run)
        states.append(network.state_dict())
    before, between, after = states
    for name in (name for name in before if before[name].is_floating_point()):
        assert torch.allclose(between[name], before[name].lerp(after[name], 0.25), atol=1e-6), name
    assert torch.equal(before["project.weight"], prepared(dataset, recipe, tmp_path)[0].state_dict()["project.weight"])
    assert not torch.equal(before["project.weight"], after["project.weight"])


def test_the_backbone_is_put_back_when_refining_fails(dataset: Dataset, recipe: Joint, tmp_path: Path) -> None:
    network, tokenizer, run = prepared(dataset, replace(recipe, precision="8"), tmp_path)
    backbone = network.backbone
    with pytest.raises(LookalikeError, match="precision"):
        refine(network, tokenizer, replace(recipe, precision="8"), run)
    assert network.backbone is backbone


def test_features_are_those_of_each_row_and_views_differ(dataset: Dataset, recipe: Joint, tmp_path: Path) -> None:
    network, _, run = prepared(dataset, replace(recipe, zoom=0.0, shift=0.0, erase=0.0), tmp_path)
    assert isinstance(run.source, BatchSource)
    one, again, other = (see_view(network, run.source, number, run, None).features for number in (0, 0, 1))
    assert one.shape == (48, 512)
    assert one.dtype == torch.float16
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    seen = torch.cat([batch.pixels for _, batch in run.source.in_order(1_000_003)])
    with torch.inference_mode():
        expected = network.eval().backbone(seen)
    assert torch.allclose(one.float(), expected, atol=1e-2 * float(expected.abs().max()))


def test_an_epoch_of_features_sees_each_photo_once_with_its_own_labels(
    dataset: Dataset, recipe: Joint, tmp_path: Path
) -> None:
    _, _, run = prepared(dataset, recipe, tmp_path)
    photos = run.source.photos
    numbered = torch.arange(48.0).repeat(3, 1)[:, :, None] + torch.tensor([0.0, 0.25, 0.5])[:, None, None]  # (V, N, 1)
    source = FeatureSource(
        [View(view, None) for view in numbered], photos, replace(recipe, batch_size=16), caption_of(photos, recipe)
    )
    batches = list(source.epoch(0, small=False))
    assert len(batches) == len(source.epoch(0, small=True)) == source.steps_per_epoch == 3
    seen = torch.cat([batch.pixels for batch in batches]).squeeze(1)
    rows = seen.floor().long()
    assert sorted(rows.tolist()) == list(range(48))
    assert len(set((seen - rows).tolist())) == 3, "every view is drawn from"
    found = torch.cat([batch.targets["base_colour"] for batch in batches])
    assert found.tolist() == photos.targets["base_colour"][rows.numpy()].tolist()
    again, other = (torch.cat([b.pixels for b in source.epoch(n, small=False)]).squeeze(1) for n in (0, 1))
    assert torch.equal(seen, again)
    assert not torch.equal(seen, other)


def test_a_batch_larger_than_the_photos_is_all_of_them(dataset: Dataset, recipe: Joint, tmp_path: Path) -> None:
    _, _, run = prepared(dataset, recipe, tmp_path)
    source = FeatureSource([View(torch.zeros(48, 4), None)], run.source.photos, replace(recipe, batch_size=2048), None)
    assert source.steps_per_epoch == 1
    assert [len(batch.pixels) for batch in source.epoch(0, small=False)] == [48]


def test_a_bundle_is_refined_without_training_its_backbone(
    dataset: Dataset, recipe: Joint, bundle_folder: Path, tmp_path: Path
) -> None:
    numbers = replace(recipe, start=str(bundle_folder), epochs=0.0, refine_epochs=2.0, refine_views=1)
    train(dataset, numbers, tmp_path, silent)
    before, after = (load_file(folder / WEIGHTS) for folder in (bundle_folder, tmp_path))
    assert before.keys() == after.keys()
    for name in before:
        if name.startswith("backbone."):
            assert torch.equal(before[name], after[name]), name
    assert not torch.equal(before["text.project.weight"], after["text.project.weight"])
    assert not torch.equal(before["heads.base_colour.weight"], after["heads.base_colour.weight"])
    assert not list(tmp_path.rglob("*.ckpt"))


def test_a_run_that_dies_between_training_and_refining_ends_as_an_undisturbed_one(
    dataset: Dataset, recipe: Joint, tmp_path: Path
) -> None:
    """The moving average that training ended with must survive."""
    numbers = replace(recipe, epochs=2.0, ema=0.8, refine_epochs=2.0)

    def die(told: str, done: int, total: int) -> None:
        if told.startswith("view 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(dataset, numbers, tmp_path / "killed", die)
    train(dataset, numbers, tmp_path / "killed", silent)
    train(dataset, numbers, tmp_path / "whole", silent)
    killed, whole = (load_file(tmp_path / name / WEIGHTS) for name in ("killed", "whole"))
    for name in whole:
        assert torch.allclose(killed[name].float(), whole[name].float(), atol=2e-3), name
