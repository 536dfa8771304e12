"""The loop: precisions by name, rates that rise and fall, batches that teach nothing, memory that is kept."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training import losses, silent

from indexer.datasets import Dataset
from indexer.training.build import build_network
from indexer.training.loop import precision
from indexer.training.memory import keep_freed_memory
from indexer.training.module import TrainingModule
from indexer.training.objectives import ClassifyObjective
from indexer.training.recipes import SCRATCH, Classify, Joint
from indexer.training.run import train
from services.errors import InvalidRequest

RECIPE = Classify(
    **{"backbone": "shufflenet_v2_x0_5", "start": SCRATCH, "height": 32, "width": 32, "dimensions": 8},
    **{"batch_size": 16, "epochs": 1.0, "thumbnails": 0.0},
)


def module(recipe: Classify, steps: int = 100) -> TrainingModule:
    network = build_network({"kind": ["belt", "dress"]}, None, recipe)
    return TrainingModule(ClassifyObjective(network, recipe), recipe, steps, None)


@pytest.mark.parametrize(("name", "expected"), [("32", "32-true"), ("bf16", "bf16-mixed"), ("16", "16-mixed")])
def test_a_precision_has_lightnings_name(name: str, expected: str) -> None:
    assert precision(name) == expected


@pytest.mark.parametrize(("gpu", "bf16", "expected"), [(False, True, "32-true"), (True, True, "bf16-mixed")])
def test_auto_is_bf16_where_a_gpu_has_it(gpu: bool, bf16: bool, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bf16)
    assert precision("auto") == expected


@pytest.mark.parametrize("name", ["", "8", "fp32", "32-true"])
def test_another_precision_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(InvalidRequest, match="allowed are auto, 32, bf16, 16"):
        precision(name)


def test_rates_rise_as_a_line_and_fall_as_a_cosine_to_nothing() -> None:
    of = module(replace(RECIPE, warmup=0.1))
    shares = [of._share_of_rate(step) for step in range(101)]
    assert shares[:10] == pytest.approx([0.1 * step for step in range(1, 11)])
    assert shares[10] == pytest.approx(1.0)
    assert shares[55] == pytest.approx(0.5)
    assert shares[100] == pytest.approx(0.0)
    assert all(0 <= share <= 1 for share in shares)


def test_the_backbone_and_the_rest_have_their_own_rates_and_only_matrices_decay() -> None:
    of = module(replace(RECIPE, backbone_lr=0.25, head_lr=0.5, weight_decay=0.125))
    groups = of.configure_optimizers()["optimizer"].param_groups
    rates = {
        id(parameter): (group["initial_lr"], group["weight_decay"]) for group in groups for parameter in group["params"]
    }
    named = dict(of.objective.network.named_parameters())
    assert len(rates) == len(named)
    for name, parameter in named.items():
        expected = (0.25 if name.startswith("backbone.") else 0.5, 0.125 if parameter.ndim > 1 else 0.0)
        assert rates[id(parameter)] == expected, name


def test_batches_without_any_label_are_passed_over(dataset: Dataset, tmp_path: Path) -> None:
    """A third of the photos has a colour, and batches are small: some have none."""
    rows = dataset.rows("train")
    bare = [replace(row, cells={**row.cells, "base_colour": ""}) for row in rows[16:]]
    sparse = replace(dataset, label_fields=("base_colour",), examples={"train": [*rows[:16], *bare]})
    train(sparse, replace(RECIPE, batch_size=4), tmp_path, silent)
    told = losses(tmp_path / "training", "loss")
    assert len(told) == 12
    assert 0.0 in told
    assert max(told) > 0.5


def test_gradients_of_several_batches_make_one_step(dataset: Dataset, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    recipe = replace(RECIPE, batch_size=8, accumulate=3, epochs=2.0)
    train(dataset, recipe, tmp_path, lambda *what: told.append(what))
    assert told[-1][1:] == (4, 4)  # 12 batches


def test_the_last_step_is_reported_with_the_terms_of_the_loss(dataset: Dataset, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    train(dataset, RECIPE, tmp_path, lambda *what: told.append(what))
    steps = [what for what in told if "images/s" in what[0]]
    assert steps[-1][1:] == (3, 3)
    assert all(term in steps[-1][0] for term in ("article_type ", "base_colour ", "loss "))
    (epoch,) = [what[0] for what in told if what[0].startswith("epoch 1: ")]
    assert "val_article_type_p@1" in epoch
    assert "val_base_colour_accuracy" in epoch


@pytest.mark.parametrize("rows", [0, 1])
def test_a_val_that_tells_nothing_does_not_end_training(rows: int, dataset: Dataset, tmp_path: Path) -> None:
    val = [replace(row, cells={"article_type": "Never seen"}) for row in dataset.rows("val")[:rows]]
    found = dataset.with_examples({"train": dataset.rows("train"), "val": val})
    train(found, replace(RECIPE, patience=1, epochs=2.0), tmp_path, silent)
    assert len(losses(tmp_path / "training", "loss")) == 6


def test_logs_are_a_table_and_tensorboards(dataset: Dataset, joint_recipe: Joint, tmp_path: Path) -> None:
    train(dataset, replace(joint_recipe, epochs=0.34), tmp_path, silent)
    found = {path.name.split(".")[0] for path in (tmp_path / "training" / "logs" / "version_0").iterdir()}
    assert {"metrics", "events"} <= found


def test_keeping_freed_memory_is_asked_for_where_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert keep_freed_memory() in (True, False)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory() is False


def test_an_allocator_without_the_setting_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    assert keep_freed_memory() is False
