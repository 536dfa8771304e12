"""Every runtime gives what torch gives."""

import numpy as np
import pytest
import torch

from services.encoders.network import Architecture, JointNetwork
from services.encoders.preprocess import Preprocessing
from services.encoders.runtime import OpenVinoRuntime, PixelTower, TorchRuntime, image_runtime

SIZE = Preprocessing(64, 48)


@pytest.fixture(scope="module")
def tower() -> PixelTower:
    torch.manual_seed(3)
    return PixelTower(JointNetwork(Architecture(dimensions=32)), SIZE).eval()


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_openvino_agrees_with_torch(tower: PixelTower, batch: int) -> None:
    pixels = np.random.default_rng(batch).integers(0, 256, (batch, 64, 48, 3), dtype=np.uint8)
    expected = TorchRuntime(tower, torch.device("cpu"))(pixels)
    found = OpenVinoRuntime(tower, SIZE)(pixels)
    assert found.shape == (batch, 32)
    assert (found * expected).sum(axis=1).min() > 0.999


def test_a_result_outlives_the_next_call(tower: PixelTower) -> None:
    run = OpenVinoRuntime(tower, SIZE)
    white = run(np.full((1, 64, 48, 3), 255, np.uint8))
    kept = white.copy()
    run(np.zeros((1, 64, 48, 3), np.uint8))
    assert (white == kept).all()


def test_without_openvino_torch_takes_over(tower: PixelTower, monkeypatch, caplog) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    run = image_runtime(tower.network, SIZE, torch.device("cpu"))
    assert isinstance(run, TorchRuntime)
    assert "openvino is not installed" in caplog.text
