"""A run that is killed goes on from its last whole epoch, and ends where an undisturbed one does."""

import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import killed_training
import pytest
import torch
from killed_training import RECIPE
from safetensors.torch import load_file
from training import silent

from indexer.datasets import Dataset
from indexer.training.run import train
from services.errors import ModelError


@pytest.fixture(scope="module")
def killed(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run leaves that was killed in its third epoch."""
    out = tmp_path_factory.mktemp("killed")
    done = subprocess.run([sys.executable, killed_training.__file__, shop, out], timeout=300, cwd=Path.cwd())
    assert done.returncode == -signal.SIGKILL
    return out


def test_a_killed_run_goes_on_wherever_its_folder_is_and_ends_alike(
    killed: Path, dataset: Dataset, tmp_path: Path
) -> None:
    shutil.copytree(killed, tmp_path / "killed")
    assert not (tmp_path / "killed" / "model.json").exists()
    told: list[tuple[str, int]] = []
    train(dataset, RECIPE, tmp_path / "killed", lambda what, done, total: told.append((what, done)))
    # The second epoch's checkpoint had not been written yet, or just had: never anything in between.
    assert ("going on from the last checkpoint", 3) in told or ("going on from the last checkpoint", 6) in told
    train(dataset, RECIPE, tmp_path / "whole", silent)
    one, other = (load_file(tmp_path / name / "weights.safetensors") for name in ("killed", "whole"))
    for name in one:
        assert torch.allclose(one[name].float(), other[name].float(), atol=2e-3), name


def test_another_runs_checkpoint_is_refused(killed: Path, dataset: Dataset) -> None:
    for other in (replace(RECIPE, seed=8), replace(RECIPE, batch_size=12)):
        with pytest.raises(ModelError, match="other numbers or other photos"):
            train(dataset, other, killed, silent)


def test_a_damaged_checkpoint_is_told(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "last.ckpt").write_bytes(b"PK\x03\x04 half a checkpoint")
    with pytest.raises(ModelError, match="not a readable checkpoint"):
        train(dataset, RECIPE, tmp_path, silent)


def test_a_seed_repeats_itself_and_another_does_not(dataset: Dataset, tmp_path: Path) -> None:
    short: dict[str, Any] = {"epochs": 0.67}
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        train(dataset, replace(RECIPE, seed=seed, **short), tmp_path / name, silent)
    a, b, c = (load_file(tmp_path / name / "weights.safetensors") for name in "abc")
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.allclose(a[name].float(), c[name].float(), atol=1e-3) for name in a)
